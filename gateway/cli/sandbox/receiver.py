"""Takes the deliveries of the sandbox's webhook and writes them into a file, one a line."""

import json
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Final, Self

LARGEST: Final = 1_000_000
KEPT: Final = "webhook-"
"""What the names of the headers begin with that are kept."""


class Receiver:
    """A receiver on loopback.

    Args:
        file: that gets the deliveries.
        port: where it listens; 0 takes a free one.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, file: Path, port: int = 0) -> None:
        writing = Lock()

        class Delivery(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # as http.server has it
                length = min(int(self.headers.get("Content-Length") or 0), LARGEST)
                body = self.rfile.read(length).decode(errors="replace")
                headers = {
                    name.lower(): value
                    for name, value in self.headers.items()
                    if name.lower().startswith(KEPT)
                }
                with writing, file.open("a") as lines:
                    lines.write(json.dumps({"headers": headers, "body": body}) + "\n")
                self.send_response(HTTPStatus.NO_CONTENT)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        file.touch(mode=0o600)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Delivery)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, name="receiver", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
