"""Where a deployment is, how it is known, and how long we have patience with it."""

import ipaddress
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from gateway.errors import InputFault, InvalidInput
from gateway.spe.certificate import normalise_pin

ROOT: Final = "/api"
"""The path of the Management API."""

_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*", re.ASCII)
_PORTS: Final = range(1, 65536)


@dataclass(frozen=True)
class Endpoint:
    """One deployment's Management API.

    Attributes:
        deployment: its id with us; named in errors.
        host: an ASCII host name or an IP address.
        port: usually 8474.
        user_name: of a system administrator.
        password: that administrator's (API) password.
        pin: thumbprint of the certificate, SHA-1 or SHA-256; None to rely on the
            system's trust.
        next_pin: of the certificate that will take its place, and is as good already; None if
            none is announced.

    Raises:
        InvalidInput: one of them cannot be used.
    """

    deployment: str
    host: str
    port: int
    user_name: str
    password: str = field(repr=False)
    pin: str | None
    next_pin: str | None = None

    def __post_init__(self) -> None:
        faults = [*self._faults()]
        if faults:
            raise InvalidInput(faults)
        for name in ("pin", "next_pin"):
            if (pin := getattr(self, name)) is not None:
                object.__setattr__(self, name, normalise_pin(pin))

    def _faults(self) -> Iterator[InputFault]:
        if not _is_host(self.host):
            yield InputFault("/host", "HOST", "This is not a host name or an IP address.")
        if self.port not in _PORTS:
            yield InputFault("/port", "PORT", "A port is a number from 1 to 65535.")
        if ":" in self.user_name:
            # RFC 7617, section 2: the first colon ends the user name.
            yield InputFault("/userName", "COLON", "A user name cannot hold a colon.")

    @property
    def authority(self) -> str:
        """Host and port, as in an address and in the field Host (RFC 3986, section 3.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def pins(self) -> tuple[str, ...]:
        """The certificates that are accepted; none where the system's trust decides."""
        return tuple(pin for pin in (self.pin, self.next_pin) if pin)

    @property
    def url(self) -> str:
        """The address of the API, without a slash at its end."""
        return f"https://{self.authority}{ROOT}"

    @property
    def authorization(self) -> str:
        """The header of HTTP Basic (RFC 7617), UTF-8."""
        pair = f"{self.user_name}:{self.password}".encode()
        return "Basic " + b64encode(pair).decode("ascii")


def _is_host(host: str) -> bool:
    try:
        return "%" not in str(ipaddress.ip_address(host))
    except ValueError:
        return _HOST_NAME.fullmatch(host) is not None


@dataclass(frozen=True)
class Limits:
    """What a deployment may cost us.

    Attributes:
        max_reply_bytes: of one reply.
        max_depth: of arrays and objects within each other in a reply.
        connect_seconds: for the connection, and again for the handshake.
        control_seconds: for one control call, beyond the wait asked of get-status.
        connections: at a time.
        pool_seconds: for a free connection.
    """

    max_reply_bytes: int = 16 * 2**20
    max_depth: int = 64
    connect_seconds: float = 5
    control_seconds: float = 15
    connections: int = 8
    pool_seconds: float = 5


DEFAULT_LIMITS: Final = Limits()
