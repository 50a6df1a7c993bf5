"""A deployment's certificate, and the pin by which it is known."""

import hashlib
import hmac
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from gateway.errors import (
    CertificateExpired,
    CertificateRejected,
    InputFault,
    InvalidInput,
    PinMismatch,
)
from gateway.spe.deadline import within
from gateway.spe.mapping import Phase, map_errors
from gateway.spe.tls import comparing_context

_HEX: Final = re.compile(r"[0-9A-F]{2}(?::?[0-9A-F]{2})*", re.ASCII | re.IGNORECASE)
_SHA1_DIGITS: Final = 40
_SHA256_DIGITS: Final = 64


def normalise_pin(pin: str) -> str:
    """A thumbprint in upper case, without colons.

    Args:
        pin: SHA-1 (40 hex digits, as Windows shows it) or SHA-256 (64).

    Raises:
        InvalidInput: it is empty, MD5, or anything else.
    """
    digits = pin.replace(":", "").upper()
    if not _HEX.fullmatch(pin) or len(digits) not in (_SHA1_DIGITS, _SHA256_DIGITS):
        detail = "A pin is a SHA-1 (40) or SHA-256 (64) thumbprint in hexadecimal digits."
        raise InvalidInput([InputFault("/pin", "PIN", detail)])
    return digits


@dataclass(frozen=True)
class Certificate:
    """What a person compares before a deployment is registered.

    Attributes:
        subject: distinguished name (RFC 4514).
        issuer: distinguished name (RFC 4514).
        sha1: thumbprint, 40 hexadecimal digits in upper case.
        sha256: thumbprint, 64 hexadecimal digits in upper case.
        not_before: first moment of validity, UTC.
        not_after: last moment of validity, UTC.
        self_signed: whether it vouches for itself.
    """

    subject: str
    issuer: str
    sha1: str
    sha256: str
    not_before: datetime
    not_after: datetime
    self_signed: bool

    @classmethod
    def from_der(cls, der: bytes | None) -> Self:
        """Reads the encoded form that the TLS handshake delivers.

        Raises:
            CertificateRejected: there is none, or it is unreadable.
        """
        try:
            parsed = x509.load_der_x509_certificate(der or b"")
            return cls(
                subject=parsed.subject.rfc4514_string(),
                issuer=parsed.issuer.rfc4514_string(),
                sha1=hashlib.sha1(der or b"", usedforsecurity=False).hexdigest().upper(),
                sha256=hashlib.sha256(der or b"").hexdigest().upper(),
                not_before=parsed.not_valid_before_utc,
                not_after=parsed.not_valid_after_utc,
                self_signed=_is_self_signed(parsed),
            )
        except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm) as error:
            raise CertificateRejected("The deployment's certificate is unreadable.") from error

    def require(self, *pins: str) -> None:
        """Refuses a certificate that is not a pinned one, or not valid today.

        Args:
            pins: normalised; one of them has to name it.

        Raises:
            PinMismatch: it is another one.
            CertificateExpired: past its notAfter, or before its notBefore.
        """
        if not any(self.matches(pin) for pin in pins):
            raise PinMismatch(
                "The deployment shows another certificate than the registered one.",
                message=f"SHA-1 {self.sha1}, SHA-256 {self.sha256}",
            )
        self.check_dates()

    def matches(self, pin: str) -> bool:
        """Whether it is the one that a normalised pin names."""
        thumbprint = self.sha1 if len(pin) == _SHA1_DIGITS else self.sha256
        return hmac.compare_digest(thumbprint, pin)

    def ends_within(self, period: timedelta) -> bool:
        """Whether it has ended, or will within a period."""
        return self.not_after - datetime.now(UTC) < period

    def check_dates(self) -> None:
        """Refuses a certificate that is not valid today.

        Raises:
            CertificateExpired: past its notAfter, or before its notBefore.
        """
        if not self.not_before <= datetime.now(UTC) <= self.not_after:
            raise CertificateExpired(
                "The deployment's certificate is valid from"
                f" {self.not_before.date()} to {self.not_after.date()} only."
            )


Watcher = Callable[[Certificate, CertificateRejected | None], None]
"""Is told of each certificate that was held against a pin, and why it was refused if it was."""


def unwatched(certificate: Certificate, error: CertificateRejected | None) -> None:
    """Watches nothing."""
    del certificate, error


def _is_self_signed(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def probe(host: str, port: int, seconds: float) -> Certificate:
    """Shakes hands, looks at the certificate and hangs up; sends nothing.

    Args:
        host: name or address.
        port: usually 8474.
        seconds: for the connection and the handshake together.

    Raises:
        DeploymentUnreachable: nobody answers there.
        CertificateRejected: whoever answers does not speak TLS 1.2 or newer.
    """
    with (
        within(seconds),
        map_errors(Phase.CONNECT),
        socket.create_connection((host, port), timeout=seconds) as plain,
        comparing_context().wrap_socket(plain, server_hostname=host) as secured,
    ):
        return Certificate.from_der(secured.getpeercert(binary_form=True))
