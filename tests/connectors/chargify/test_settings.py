import pytest

from standfast.connectors.chargify.connector import ChargifyConnector
from standfast.contract.errors import CallFailed, HostUnknown, SettingsRefused
from standfast.contract.transport import Answer

ACME = "https://acme.chargify.com"


def address(domain="acme", key="secret-key", *, simulators=(), **more):
    settings = {"api_key": key, "domain": domain, **more}
    return ChargifyConnector().address(settings, simulators=simulators)


@pytest.mark.parametrize(
    ("domain", "base_url"),
    [
        ("acme", ACME),
        ("  ACME  ", ACME),
        ("acme.chargify.com", ACME),
        ("Acme.Chargify.COM.", ACME),
        ("acme.ebilling.maxio.com", "https://acme.ebilling.maxio.com"),
        ("https://acme.chargify.com", ACME),
        ("http://acme.chargify.com/", ACME),
        ("https://acme.chargify.com/dashboard?x=1#top", ACME),
        ("acme-eu-2", "https://acme-eu-2.chargify.com"),
    ],
)
def test_a_sites_domain_is_understood_in_every_usual_form(domain, base_url):
    assert address(domain).base_url == base_url


@pytest.mark.parametrize(
    "domain",
    [
        "",
        "   ",
        "example.com",
        "acme.example.com",
        "acme.chargify.com.evil.test",
        "evilchargify.com",
        "chargify.com",
        ".chargify.com",
        "a.b.chargify.com",
        "app.chargify.com",
        "www",
        "https://acme.chargify.com@evil.test",
        "https://evil.test/acme.chargify.com",
        "https://evil.test#acme.chargify.com",
        "https://evil.test\\.chargify.com",
        "acme.chargify.com:8443",
        "acme.chargify.com:443",
        "acme.chargify.com:http",
        "127.0.0.1",
        "127.0.0.1:4010",
        "localhost:4010",
        "[::1]",
        "https://[::1",
        "169.254.169.254",
        "ftp://acme.chargify.com",
        "file:///etc/passwd",
        "ac me",
        "-acme",
        "ɑcme.chargify.com",
        "a" * 64,
    ],
)
def test_what_is_no_chargify_site_is_an_error_on_the_domain(domain):
    with pytest.raises(SettingsRefused) as refused:
        address(domain)

    assert set(refused.value.fields) == {"domain"}


@pytest.mark.parametrize("domain", ["127.0.0.1:4010", "http://127.0.0.1:4010/", "127.0.0.1:4010/x"])
def test_a_listed_simulator_is_reached_over_plain_http(domain):
    assert address(domain, simulators=("127.0.0.1:4010",)).base_url == "http://127.0.0.1:4010"


def test_a_simulator_that_is_not_listed_is_refused():
    with pytest.raises(SettingsRefused):
        address("127.0.0.1:4011", simulators=("127.0.0.1:4010",))


@pytest.mark.parametrize(
    "key", ["", "   ", "two words", "tab\tkey", "new\nline", "k\u200bey", "schlüssel", "key:x"]
)
def test_a_key_that_cannot_be_one_is_an_error_on_the_key(key):
    with pytest.raises(SettingsRefused) as refused:
        address(key=key)

    assert set(refused.value.fields) == {"api_key"}
    assert not key.strip() or key not in str(refused.value)


def test_blanks_around_a_pasted_key_are_forgiven():
    assert address(key=" secret-key\n").username == "secret-key"


def test_what_chargify_id_holds_is_one_of_three_things():
    with pytest.raises(SettingsRefused) as refused:
        address(billing_id_holds="email")

    assert set(refused.value.fields) == {"billing_id_holds"}


def test_all_wrong_fields_are_told_at_once():
    with pytest.raises(SettingsRefused) as refused:
        address("example.com", "two words")

    assert set(refused.value.fields) == {"domain", "api_key"}


def test_a_check_tells_the_sites_facts(site):
    facts = site.connector.check(site.transport())

    assert (facts.subdomain, facts.currency, facts.is_test) == ("acme", "USD", True)
    assert facts.name


def test_a_wrong_key_is_an_error_on_the_key(site):
    with pytest.raises(SettingsRefused) as refused:
        site.connector.check(site.transport(api_key="wrong-key"))

    assert set(refused.value.fields) == {"api_key"}
    assert "wrong-key" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "Your Chargify account has been canceled. Please contact support.",
        "Your trial has ended, please contact sales.",
        "Site data clearing is in progress. Please try later.",
        "This site has been deleted.",
    ],
)
def test_a_blocked_account_is_told_with_what_to_do(site, text):
    site.will_say("GET", "/site.json", 422, {"errors": [text]})

    with pytest.raises(SettingsRefused) as refused:
        site.connector.check(site.transport())

    assert "Settle this with Chargify" in refused.value.fields["api_key"]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, "<html>Not found</html>"),
        (404, " "),
        (200, "<html>Welcome</html>"),
        (200, '{"hello": 1}'),
        (302, ""),
    ],
)
def test_another_program_at_the_address_is_an_error_on_the_domain(site, status, body):
    site.simulator.fault("GET", "/site.json", "status", status=status, body=body)

    with pytest.raises(SettingsRefused) as refused:
        site.connector.check(site.transport())

    assert set(refused.value.fields) == {"domain"}


class Nowhere:
    def send(self, call) -> Answer:
        raise HostUnknown


def test_an_unknown_host_is_an_error_on_the_domain(site):
    with pytest.raises(SettingsRefused) as refused:
        site.connector.check(Nowhere())

    assert set(refused.value.fields) == {"domain"}


@pytest.mark.parametrize("status", [429, 500, 503])
def test_trouble_at_chargify_is_not_the_operators_fault(site, status):
    site.simulator.fault("GET", "/site.json", "status", status=status, times=2)

    with pytest.raises(CallFailed):
        site.connector.check(site.transport())


def test_a_site_that_is_down_is_not_the_operators_fault(site):
    site.simulator.down()

    with pytest.raises(CallFailed):
        site.connector.check(site.transport())


def test_the_key_shows_in_no_repr(site):
    transport = site.transport()

    shown = f"{transport!r} {transport.address!r} {site.connector!r}"

    assert site.simulator.api_key not in shown
