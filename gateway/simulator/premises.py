"""What the deployments of one process share: threads, the port of the control planes, a key."""

from collections.abc import Callable, Iterable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from .listener import Application, Listener
from .reception import Reception


class Premises:
    """Where deployments live.

    Args:
        key: of the certificates of all; None gives each one of its own.

    Attributes:
        reception: whose threads wait and work.
    """

    def __init__(self, key: RSAPrivateKey | None = None) -> None:
        self.key = key
        self.reception = Reception()
        self._controls: dict[str, Application] = {}
        self._listener = Listener(self, 0, self.reception)
        self._listener.start()

    def take_in(self, prefix: str, control: Application) -> str:
        """Serve a control plane; return its address, without a slash at the end.

        Args:
            prefix: what its paths begin with, "/name"; empty if it is the only one.
            control: answers the rest of the path.
        """
        self._controls[prefix] = control
        return f"http://127.0.0.1:{self._listener.port}{prefix}"

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Pass a request on to the control plane that it is for."""
        head, slash, tail = environ["PATH_INFO"].removeprefix("/").partition("/")
        control = self._controls.get(f"/{head}")
        if control is not None:
            return control({**environ, "PATH_INFO": f"{slash}{tail}"}, start_response)
        if "" in self._controls:
            return self._controls[""](environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"There is no deployment of this name here."]

    def close(self) -> None:
        """Close the port, and end the threads."""
        self._listener.stop()
        self.reception.stop()
