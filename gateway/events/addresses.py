"""Which addresses are out in the world, for everybody, and nothing of somebody's inside."""

from ipaddress import IPv4Address, ip_network
from typing import Final

from gateway.access.networks import Address

_UNICAST: Final = ip_network("2000::/3")
"""All of IPv6 that was ever given out (RFC 4291, 2.4): no mapped, compatible, translated
(64:ff9b::/96), local or multicast address lies in it."""

_SPECIAL: Final = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments, RFC 6890
        "192.88.99.0/24",  # relays of 6to4, RFC 7526
        "168.63.129.16/32",  # a public address by which a virtual machine reaches its host, Azure
        "2001::/23",  # protocol assignments, with Teredo and ORCHID, RFC 2928
        "2002::/16",  # 6to4: an IPv4 address is in it, RFC 3056
        "3fff::/20",  # documentation, RFC 9637
    )
)
"""What the ``ipaddress`` of some versions of Python takes for public, and must not be called."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet, and embeds none that may not.

    Stricter than IANA's registries of special-purpose addresses: of IPv6 only what was given
    out to networks.
    """
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    is_given_out = isinstance(address, IPv4Address) or address in _UNICAST
    return is_given_out and not any(address in network for network in _SPECIAL)
