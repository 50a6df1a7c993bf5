"""From where a client may call: networks in CIDR notation (RFC 4632, RFC 4291)."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def network_of(text: str) -> Network | None:
    """Return the network that a text spells, or None; bits behind the prefix must be zero."""
    try:
        return ip_network(text)
    except ValueError:
        return None


def admits(allowed: Sequence[str] | None, address: str | None) -> bool:
    """Whether a call from an address is admitted.

    Args:
        allowed: networks; None for everywhere. One that cannot be read admits nobody.
        address: of the peer, as far as it is known.
    """
    if allowed is None:
        return True
    found = _address_of(address or "")
    return found is not None and any(found in network for network in _networks(allowed))


def lie_within(inner: Sequence[str] | None, outer: Sequence[str] | None) -> bool:
    """Whether every address of the inner networks is one of the outer ones; None is all."""
    if outer is None:
        return True
    return inner is not None and all(
        any(_is_part(part, whole) for whole in _networks(outer)) for part in _networks(inner)
    )


def counted_as(address: str) -> str:
    """Return what counts as one caller: an address, or the /64 that an IPv6 one lies in.

    Whoever has an IPv6 address commonly has all of its /64 (RFC 4291, 2.5.4).
    """
    found = _address_of(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found or address)


def _networks(texts: Sequence[str]) -> Iterator[Network]:
    return (network for network in map(network_of, texts) if network is not None)


def _is_part(part: Network, whole: Network) -> bool:
    if isinstance(part, IPv4Network):
        return isinstance(whole, IPv4Network) and part.subnet_of(whole)
    return isinstance(whole, IPv6Network) and part.subnet_of(whole)


def _address_of(text: str) -> Address | None:
    """Return an address; an IPv4 one that IPv6 has wrapped (RFC 4291, 2.5.5.2) is unwrapped."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
