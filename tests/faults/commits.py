"""PostgreSQL beyond a relay, and a COMMIT that breaks off on the way."""

import socket
from contextlib import ExitStack

from sqlalchemy import URL

from tests.faults.relay import Fate

COMMIT = b"COMMIT\0"
"""How psycopg ends a transaction: a simple query (PostgreSQL, frontend/backend protocol)."""


class Commits:
    """Judges what goes to PostgreSQL: from when it is armed on, one COMMIT meets its fate."""

    def __init__(self) -> None:
        self._left = 0
        self._fate = Fate.PASSES

    def lose(self, number: int, fate: Fate) -> None:
        """Arm it for a COMMIT of those that follow."""
        self._left, self._fate = number, fate

    def __call__(self, piece: bytes) -> Fate:
        self._left -= piece.endswith(COMMIT)
        return self._fate if piece.endswith(COMMIT) and self._left == 0 else Fate.PASSES


def through(port: int, url: URL) -> str:
    """Return the URL of a database that is reached through a relay."""
    query = {"sslmode": "disable", "gssencmode": "disable"}
    whole = url.set(host="127.0.0.1", port=port, query=query)
    return whole.render_as_string(hide_password=False)


def to_server(url: URL) -> socket.socket:
    """Connect to the socket that PostgreSQL listens on."""
    with ExitStack() as undo:
        connection = undo.enter_context(socket.socket(socket.AF_UNIX))
        connection.connect(f"{url.query['host']}/.s.PGSQL.5432")
        undo.pop_all()
    return connection
