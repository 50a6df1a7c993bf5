"""Secrets are hashed at the lowest cost here: a world has 30, which took half of its making."""

from argon2 import PasswordHasher

from gateway.broker import clients, identity

EARNEST = clients.hasher
"""As it is outside tests."""


def hash_cheaply() -> None:
    """Hash so in this process from now on; other processes hash in earnest."""
    clients.hasher = identity.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    identity._NOBODY = clients.hasher.hash("nobody's")  # noqa: SLF001 # as long as everybody's
