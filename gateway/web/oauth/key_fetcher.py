"""Fetches the public keys of an outside issuer: HTTPS, a cap on everything, no redirects.

The way out is that of the deployments: nothing of the environment is used, one deadline holds
for the whole of a fetch, and the certificate is compared with a pin where there is one.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from gateway.errors import MalformedRequest, UpstreamError
from gateway.spe.deadline import remaining, within
from gateway.spe.mapping import Phase, map_errors
from gateway.spe.transport import open_pool, open_session
from gateway.web.body import parse_json

SECONDS: Final = 5.0
MAX_BYTES: Final = 64 * 1024
MAX_KEYS: Final = 50
_CHUNK_BYTES: Final = 16 * 1024


class KeysUnavailable(Exception):
    """There is no usable answer; the reason is for our logs."""


class _Raw(Protocol):
    """What is read of the answer's body."""

    def read(self, amount: int, *, decode_content: bool) -> bytes:
        """Return the next bytes; none at the end."""


@dataclass(frozen=True)
class KeyFetcher:
    """Fetches from one address.

    Args:
        url: of the key set (RFC 7517, section 5); https.
        pin: thumbprint of the server's certificate, or None for the system's trust.
        seconds: for the whole of a fetch.
    """

    url: str
    pin: str | None = None
    seconds: float = SECONDS

    def fetch(self) -> list[Mapping[str, Any]]:
        """Return the keys, as they are.

        Raises:
            KeysUnavailable: there is no answer in time, or none that is a key set.
        """
        try:
            with within(self.seconds), map_errors(Phase.EXCHANGE):
                return _keys_of(self._body())
        except (UpstreamError, MalformedRequest) as error:
            raise KeysUnavailable(str(error)) from error

    def _body(self) -> bytes:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or 443
        pins = (self.pin,) if self.pin else ()
        pool = open_pool(host, port, pins, connections=1, wait_seconds=self.seconds)
        session = open_session(pool)
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        with (
            session,
            closing(
                session.get(
                    self.url,
                    headers=headers,
                    timeout=(remaining(), remaining()),
                    allow_redirects=False,
                    stream=True,
                )
            ) as response,
        ):
            if response.status_code != HTTPStatus.OK:
                raise KeysUnavailable(f"HTTP {response.status_code}")
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise KeysUnavailable("packed")
            return _content(response.raw)


def _content(raw: _Raw) -> bytes:
    body = bytearray()
    while chunk := raw.read(_CHUNK_BYTES, decode_content=False):
        body += chunk
        if len(body) > MAX_BYTES:
            raise KeysUnavailable(f"more than {MAX_BYTES} bytes")
    return bytes(body)


def _keys_of(body: bytes) -> list[Mapping[str, Any]]:
    document = parse_json(body)
    keys = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise KeysUnavailable("no key set")
    return [each for each in keys if isinstance(each, dict)]
