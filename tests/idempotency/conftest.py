"""Calls with keys, on a world of their own."""

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from tests.world import World

Post = Callable[..., TestResponse]


@pytest.fixture
def post(own_world: World) -> Post:
    """Send a POST with a key, as the operator unless a persona is named."""

    def send(path: str, body: object, key: str, persona: str = "operator") -> TestResponse:
        client = own_world.personas[persona]
        return client.post(path, json=body, headers={"Idempotency-Key": key})

    return send
