"""What a simulated deployment announces of itself, and how it is registered."""

from collections.abc import Mapping
from typing import Any

Announcement = Mapping[str, Any]


def registration(name: str, server: Announcement) -> dict[str, Any]:
    """Return the body that registers a simulated deployment.

    Args:
        name: that it gets.
        server: its announcement.
    """
    return {
        "name": name,
        "host": "127.0.0.1",
        "port": server["port"],
        "userName": server["userName"],
        "password": server["password"],
        "certificate": {"pin": server["sha256"]},
    }
