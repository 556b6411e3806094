"""Where a request comes from, behind proxies we were told to trust."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from standfast.config import SettingInvalid

Network = IPv4Network | IPv6Network


class Addresses:
    """`trusted` are addresses or networks ("10.0.0.0/8") whose X-Forwarded-For is believed."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted = [_network(text) for text in trusted]

    def of(self, peer: str, forwarded: str) -> str:
        """The last address on the way that is not a trusted proxy."""
        hops = [*(part.strip() for part in forwarded.split(",") if part.strip()), peer]
        for hop in reversed(hops):
            if not self._is_trusted(hop):
                return hop if _is_address(hop) else peer
        return hops[0]

    def _is_trusted(self, hop: str) -> bool:
        if not _is_address(hop):
            return False
        address = ip_address(hop)
        return any(address in network for network in self._trusted)


def _network(text: str) -> Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise SettingInvalid(
            "STANDFAST_TRUSTED_PROXIES", f"{text!r} is not an address or a network"
        ) from error


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
