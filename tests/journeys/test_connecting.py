"""A connection is tested before it is saved; what is wrong is told on the field it is wrong in."""

import socket
from collections.abc import Callable

import pytest

from journeys.billing_site import KEY
from journeys.rig import Rig
from standfast.contract.errors import CallFailed, SettingsRefused
from standfast.store.connections import find_connection


@pytest.fixture
def database_url() -> None:
    """What is checked here comes before any database."""


def _saved(rig: Rig):
    with rig.house.database.reading() as reader:
        return find_connection(reader, rig.shop.app, "chargify")


WRONG = {
    "a wrong key": ({"api_key": "not-the-key"}, "api_key"),
    "a key with a space inside": ({"api_key": "key of standfast"}, "api_key"),
    "a key with a line break inside": ({"api_key": "key\nof"}, "api_key"),
    "no key": ({"api_key": ""}, "api_key"),
    "a key with its password": ({"api_key": f"{KEY}:x"}, "api_key"),
    "no domain": ({"domain": " "}, "domain"),
    "a host that is not Chargify's": ({"domain": "https://acme.example.com"}, "domain"),
    "a host that only looks like Chargify's": ({"domain": "chargify.com.evil.io"}, "domain"),
    "Chargify's name in the path": ({"domain": "evil.io/acme.chargify.com"}, "domain"),
    "a private address": ({"domain": "http://169.254.169.254"}, "domain"),
    "a simulator nobody has allowed": ({"domain": "127.0.0.1:9"}, "domain"),
    "an unknown form of id": ({"billing_id_holds": "e-mail"}, "billing_id_holds"),
}


@pytest.mark.parametrize(("settings", "field"), WRONG.values(), ids=WRONG.keys())
def test_wrong_settings_are_told_on_their_field_and_nothing_is_saved(
    rig: Rig, settings: dict[str, str], field: str
) -> None:
    with pytest.raises(SettingsRefused) as refused:
        rig.connect(**settings)

    assert list(refused.value.fields) == [field]
    assert _saved(rig) is None


def test_a_host_that_does_not_exist_is_told_on_the_domain(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def nobody_knows_it(host: str, *_: object, **__: object) -> None:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody_knows_it)

    with pytest.raises(SettingsRefused) as refused:
        rig.connect(domain="nobody-has-this-name")

    assert asked == ["nobody-has-this-name.chargify.com"]
    assert refused.value.fields == {"domain": "No such host. Check the spelling."}
    assert _saved(rig) is None


def test_an_address_without_a_site_is_told_on_the_domain(rig: Rig) -> None:
    rig.site.chargify.fault(
        "GET", "/site.json", "status", status=404, body="<html>Not found</html>"
    )

    with pytest.raises(SettingsRefused) as refused:
        rig.connect()

    assert list(refused.value.fields) == ["domain"]
    assert _saved(rig) is None


SILENCE: dict[str, Callable[[Rig], object]] = {
    "it is down": lambda rig: rig.site.chargify.down(),
    "it fails": lambda rig: rig.site.chargify.fault("GET", "/site.json", "status", status=500),
    "it is busy": lambda rig: rig.site.chargify.fault("GET", "/site.json", "status", status=429),
}


@pytest.mark.parametrize("fall_silent", SILENCE.values(), ids=SILENCE.keys())
def test_nothing_is_saved_when_the_site_cannot_be_asked(
    rig: Rig, fall_silent: Callable[[Rig], object]
) -> None:
    fall_silent(rig)

    with pytest.raises(CallFailed):
        rig.connect()

    assert _saved(rig) is None


def test_a_good_connection_tells_its_site(rig: Rig) -> None:
    saved = rig.connect(api_key=f"  {KEY}\n")

    assert (saved.site.subdomain, saved.site.currency, saved.site.is_test) == ("acme", "USD", True)
    assert _saved(rig) == saved


def test_a_wrong_new_key_leaves_the_old_one_at_work(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create())

    with pytest.raises(SettingsRefused):
        rig.connect(api_key="not-the-key")

    assert rig.accept(ada)["runs"][0]["state"] == "succeeded"


def test_a_key_left_out_keeps_the_stored_one(rig: Rig) -> None:
    ada = rig.customer(plan=None)
    rig.offer(rig.create())

    rig.connect(api_key="")

    assert rig.accept(ada)["runs"][0]["state"] == "succeeded"
