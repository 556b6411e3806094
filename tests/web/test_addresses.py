import pytest

from standfast.config import SettingInvalid
from standfast.web.addresses import Addresses

CASES = [
    # trusted, peer, X-Forwarded-For, whose request it is
    ((), "9.9.9.9", "1.1.1.1", "9.9.9.9"),
    (("10.0.0.0/8",), "10.0.0.1", "1.1.1.1", "1.1.1.1"),
    (("10.0.0.0/8",), "9.9.9.9", "1.1.1.1", "9.9.9.9"),
    (("10.0.0.0/8",), "10.0.0.1", "7.7.7.7, 1.1.1.1", "1.1.1.1"),  # the first one is a claim
    (("10.0.0.0/8",), "10.0.0.1", "1.1.1.1, 10.0.0.2", "1.1.1.1"),
    (("10.0.0.0/8",), "10.0.0.1", "", "10.0.0.1"),
    (("10.0.0.0/8",), "10.0.0.1", "nonsense", "10.0.0.1"),
    (("::1",), "::1", "2001:db8::7", "2001:db8::7"),
]


@pytest.mark.parametrize(("trusted", "peer", "forwarded", "whose"), CASES)
def test_a_request_belongs_to_the_last_hop_nobody_vouches_for(
    trusted, peer, forwarded, whose
) -> None:
    assert Addresses(trusted).of(peer, forwarded) == whose


def test_a_proxy_that_is_no_address_is_refused() -> None:
    with pytest.raises(SettingInvalid, match="STANDFAST_TRUSTED_PROXIES"):
        Addresses(["proxy.local"])
