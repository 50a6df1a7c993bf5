"""What a webhook's URL may be, and where it leads.

A URL is read once, by rules narrower than RFC 3986, and written anew from its parts: no two
readers can see two hosts in it. Where it leads is asked once for each delivery, and only the
addresses of that one answer are connected to (``gateway.events.transport``).
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase, ascii_uppercase
from typing import Final

import idna

from gateway.access.networks import Address, Network
from gateway.errors import RequestError
from gateway.events.addresses import is_public
from gateway.events.lookup import look_up
from gateway.events.outcome import Problem
from gateway.events.own import Own

MOST_CHARACTERS: Final = 2048
LOOK_UP_SECONDS: Final = 5.0
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_PORTS: Final = (443, 8443)
_LAST_PORT: Final = 65535
_LOCAL: Final = ("localhost", "local", "internal", "home.arpa")
"""Names of one machine or one house: RFC 6761, RFC 6762, ICANN's resolution of 2024-07-29,
RFC 8375."""

_PATH: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
_URL: Final = re.compile(
    r"(?P<scheme>(?i:https?))://"
    r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<host>[^\x00-\x20\x7f/?#@:%\\\[\]]+))"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    rf"(?P<path>(?:/{_PATH})?(?:\?(?:{_PATH}|\?)*)?)"
)
_TOP: Final = re.compile(r"[a-z](?:[a-z0-9-]*[a-z0-9])?")
_LOWER: Final = str.maketrans(ascii_uppercase, ascii_lowercase)


class TargetRefused(RequestError):
    """A webhook may not go there.

    Args:
        detail: what is wrong and what to do.
        problem: what it is for a delivery.
    """

    status = 422
    code = "WEBHOOK_TARGET_REFUSED"
    title = "A webhook may not go there"

    def __init__(self, detail: str = "", problem: Problem = Problem.TARGET_REFUSED) -> None:
        super().__init__(detail)
        self.problem = problem


@dataclass(frozen=True)
class Target:
    """A URL that was read.

    Attributes:
        scheme: ``https``, or ``http`` in a laboratory.
        host: a name in ASCII and lower case (RFC 5891), or an address without brackets.
        port: where it is given or not.
        path: with the query; it may hold a secret of the receiver's.
        address: the host, if it is one.
    """

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)
    address: Address | None

    @property
    def url(self) -> str:
        """The same URL in its one spelling."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def is_usual(self) -> bool:
        """Whether it may lead out into the world: ``https``, and a port for it."""
        return self.scheme == "https" and self.port in _PORTS


def parse(url: str, laboratories: Sequence[Network] = ()) -> Target:
    """Read the URL of a webhook; nothing is looked up.

    Args:
        url: as somebody wrote it.
        laboratories: networks that may be called although they are not public, also by
            ``http`` and at any port.

    Raises:
        TargetRefused: it is no URL of a webhook, or names an address that may not be called.
    """
    found = _URL.fullmatch(url) if len(url) <= MOST_CHARACTERS else None
    if found is None:
        raise TargetRefused(_fault(url))
    scheme = found["scheme"].lower()
    host, address = _host(found["host"], found["address"])
    path = found["path"] if found["path"].startswith("/") else "/" + found["path"]
    target = Target(scheme, host, int(found["port"] or _DEFAULT_PORTS[scheme]), path, address)
    _require_way(target, laboratories)
    if address is not None:
        _require_reachable(target, (address,), laboratories)
    return target


def resolve(
    target: Target,
    laboratories: Sequence[Network],
    own: Own,
    *,
    seconds: float = LOOK_UP_SECONDS,
) -> tuple[Address, ...]:
    """Ask once where a webhook leads.

    Args:
        target: was read with the same laboratories.
        laboratories: as for ``parse``.
        own: what is ours, and cannot be called outside of the laboratories.
        seconds: for the look-up.

    Returns:
        The addresses, all of which may be called; in the order in which to try them.

    Raises:
        TargetRefused: one of the addresses may not be called, or there is none.
    """
    addresses = (target.address,) if target.address else _looked_up(target.host, seconds)
    _require_reachable(target, addresses, laboratories)
    if not lie_in(addresses, laboratories) and (
        own.has_name(target.host) or any(own.has(address) for address in addresses)
    ):
        raise TargetRefused("This leads to the gateway itself: name a host of your own.")
    return addresses


def lie_in(addresses: Sequence[Address], laboratories: Sequence[Network]) -> bool:
    """Whether all addresses are of laboratories."""
    return all(any(address in network for network in laboratories) for address in addresses)


def _fault(url: str) -> str:
    """Say what the commonest reasons are."""
    if len(url) > MOST_CHARACTERS:
        return f"The URL of a webhook has at most {MOST_CHARACTERS} characters."
    if not url.lower().startswith(("https://", "http://")):
        return "The URL of a webhook begins with https:// and a host."
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    if "@" in authority:
        return "Leave user name and password out of the URL: check the signature instead."
    if "#" in url:
        return "Leave the fragment, from # on, out of the URL: it is never sent."
    return (
        "This is no URL of a webhook: https://, a host name, a port if it is not 443, and a path "
        "whose other characters are percent-encoded."
    )


def _host(host: str | None, bracketed: str | None) -> tuple[str, Address | None]:
    """Return the one spelling of a host, with the address that it is."""
    address = _address(bracketed if host is None else host, version=6 if host is None else 4)
    if address is not None:
        return str(address), address
    if host is None:
        raise TargetRefused("Write an IPv6 address as RFC 5952 does, without a zone.")
    return _name(host), None


def _address(text: str | None, version: int) -> Address | None:
    """Return an address in its canonical spelling; others are not taken for one."""
    try:
        found = ipaddress.ip_address(text or "")
    except ValueError:
        return None
    return found if found.version == version and str(found) == text else None


def _name(host: str) -> str:
    try:
        name = idna.encode(host.translate(_LOWER), strict=True).decode("ascii")
    except UnicodeError as error:
        raise TargetRefused(
            "The host is no name of the DNS: write it in lower case and without anything else."
        ) from error
    labels = name.split(".")
    if len(labels) == 1 or any(name == end or name.endswith(f".{end}") for end in _LOCAL):
        raise TargetRefused("Name a host by its full name in the public DNS.")
    if not _TOP.fullmatch(labels[-1]):
        raise TargetRefused(
            "The host is neither a full name without a dot at its end, nor an address in its "
            "usual spelling, such as 192.0.2.1."
        )
    return name


def _require_way(target: Target, laboratories: Sequence[Network]) -> None:
    """Refuse ports that are none, and what only laboratories have if there are none."""
    if target.port > _LAST_PORT or not (target.is_usual or laboratories):
        raise TargetRefused("A webhook goes by https, to port 443 or 8443.")


def _require_reachable(
    target: Target, addresses: Sequence[Address], laboratories: Sequence[Network]
) -> None:
    if lie_in(addresses, laboratories):
        return
    if not target.is_usual:
        raise TargetRefused("A webhook goes by https, to port 443 or 8443.")
    if not all(map(is_public, addresses)):
        raise TargetRefused(
            "This leads to an address that is not public: name a host that the whole internet "
            "can reach."
        )


def _looked_up(host: str, seconds: float) -> tuple[Address, ...]:
    try:
        found = look_up(host, seconds)
    except TimeoutError as error:
        raise TargetRefused(
            "The host name could not be looked up in time: check its name servers.",
            Problem.TIMEOUT,
        ) from error
    except (OSError, ValueError):
        found = ()
    if not found:
        raise TargetRefused(
            "The host name has no address: check how it is written, or publish it first.",
            Problem.NAME_NOT_FOUND,
        )
    return found
