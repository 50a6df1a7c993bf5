"""The self-signed certificate by which users know a Management Server."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

LIFETIME = timedelta(days=3650)


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, as one PEM file.

    Attributes:
        thumbprint: SHA-1 of the certificate, 40 upper-case hex digits.
        sha256: SHA-256 of the certificate, 64 upper-case hex digits.
    """

    path: Path
    thumbprint: str
    sha256: str


def new_key() -> rsa.RSAPrivateKey:
    """Return a key for certificates; it takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def keep(path: Path, host: str, key: rsa.RSAPrivateKey | None) -> Certificate:
    """Return the certificate kept in a file; make one on the first start, as `make`."""
    return read(path) if path.exists() else make(path, host, datetime.now(UTC) + LIFETIME, key)


def make(path: Path, host: str, not_after: datetime, key: rsa.RSAPrivateKey | None) -> Certificate:
    """Write a new certificate, which ends at a moment.

    Args:
        path: the file.
        host: whose it is.
        not_after: the moment.
        key: several certificates may share one; None makes one of its own.
    """
    key = key or new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(datetime.now(UTC), not_after) - timedelta(days=1))
        .not_valid_after(not_after)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.touch(mode=0o600)
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return read(path)


def read(path: Path) -> Certificate:
    """Return the certificate of a file that `make` wrote."""
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    return Certificate(
        path,
        certificate.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 - the vendor's pin
        certificate.fingerprint(hashes.SHA256()).hex().upper(),
    )
