"""Addresses that no webhook may reach, and the ways to write them."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

FORBIDDEN_4 = (
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",  # metadata, Alibaba
    "100.127.255.254",
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",  # the host of a virtual machine, Azure
    "169.254.0.1",
    "169.254.169.254",  # metadata, most clouds
    "169.254.170.2",  # credentials of containers, AWS
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.192",  # metadata, Oracle
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "232.1.1.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
)
FORBIDDEN_6 = (
    "::",
    "::1",
    "::7f00:1",  # compatible, 127.0.0.1
    "::808:808",  # compatible, a public one
    "::ffff:7f00:1",  # mapped, 127.0.0.1
    "::ffff:a9fe:a9fe",  # mapped, metadata
    "::ffff:808:808",  # mapped, a public one
    "64:ff9b::7f00:1",  # NAT64, 127.0.0.1
    "64:ff9b::a9fe:a9fe",  # NAT64, metadata
    "64:ff9b::808:808",  # NAT64, a public one
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::1",  # Teredo
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",  # 6to4, 127.0.0.1
    "2002:a9fe:a9fe::1",  # 6to4, metadata
    "2002:808:808::1",  # 6to4, a public one
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",  # metadata, AWS
    "fd20:ce::254",  # metadata, Google
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
)
FORBIDDEN = FORBIDDEN_4 + FORBIDDEN_6
PUBLIC_4 = "93.184.215.14"
PUBLIC_6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"

FULL_WIDTH = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789."}
IDEOGRAPHIC_STOP = "\u3002"


def canonical(text: str) -> str:
    """Return an address as it stands in a URL."""
    return f"[{text}]" if ":" in text else text


def odd_spellings(text: str) -> Iterator[str]:
    """Yield the ways to write the host of an address that some reader of URLs understands."""
    address = ip_address(text)
    yield from _odd_4(address) if isinstance(address, IPv4Address) else _odd_6(address)


def _odd_4(address: IPv4Address) -> Iterator[str]:
    text, number = str(address), int(address)
    first, second, third, fourth = address.packed
    yield str(number)
    yield hex(number)
    yield f"0{number:o}"
    yield f"{number + 2**32}"
    yield f"{first}.{number & 0xFFFFFF}"
    yield f"{first}.{second}.{number & 0xFFFF}"
    yield ".".join(f"0{part:o}" for part in address.packed)
    yield ".".join(f"0x{part:x}" for part in address.packed)
    yield f"{first:03}.{second:03}.{third:03}.{fourth:03}"
    yield f"0x{first:x}.{second}.{third}.{fourth}"
    yield f"{text}."
    yield text.translate(FULL_WIDTH)
    yield text.replace(".", IDEOGRAPHIC_STOP)
    yield text.replace(".", "%2e")
    yield f"{text}%00.example.com"
    yield f"{text}\\@example.com"
    yield f"example.com@{text}"
    yield f"[::ffff:{text}]"
    yield f"[::{text}]"
    yield f"[64:ff9b::{text}]"
    yield f"[::FFFF:{number >> 16:x}:{number & 0xFFFF:x}]"
    yield f"[{text}]"


def _odd_6(address: IPv6Address) -> Iterator[str]:
    yield f"[{address.exploded}]"
    yield f"[{str(address).upper()}%25eth0]"
    yield f"[{address}%eth0]"
    yield f"[{address}%25]"
    yield f"[{address}"
    yield f"{address}"
    yield f"[{address}]."
    yield f"[[{address}]]"
    yield f"[v1.{address}]"
    yield f"example.com@[{address}]"
