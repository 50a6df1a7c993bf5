"""Simulators of a test process take turns with a few keys: to make one of RSA takes its time."""

from functools import cache
from itertools import count
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from gateway.simulator import certificate

KEYS: Final = 4
"""So many certificates in a row have each a key of its own."""

_fresh = certificate.new_key


def share_keys() -> None:
    """Do so in this process from now on. Certificates are still new ones, and so are their pins."""
    numbers = count()
    certificate.new_key = lambda: _kept(next(numbers) % KEYS)


@cache
def _kept(number: int) -> RSAPrivateKey:
    del number
    return _fresh()
