import json
import signal
import subprocess
import sys

import httpx2
import pytest

from chargify_simulator.cli import main


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_serve_prints_one_line_and_ends_when_told(signal_number):
    command = [sys.executable, "-m", "chargify_simulator.cli", "serve", "--api-key", "k"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())

        answer = httpx2.get(f"{ready['url']}/site.json", auth=(ready["api_key"], "x"))
        process.send_signal(signal_number)

        assert answer.json()["site"]["subdomain"] == ready["subdomain"] == "acme"
        assert process.stdout.read() == ""
        assert process.wait(timeout=10) == 0


def test_a_port_in_use_is_told_in_one_line(chargify, capsys):
    port = chargify.url.rsplit(":", 1)[1]

    assert main(["serve", "--port", port, "--seed", "empty"]) == 1

    assert "cannot listen" in capsys.readouterr().err


def test_help_explains_itself(capsys):
    with pytest.raises(SystemExit):
        main(["serve", "--help"])

    assert "--seed-number" in capsys.readouterr().out
