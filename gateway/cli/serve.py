"""``spe-gateway serve``: the REST API, with the worker inside."""

import json
import os
import socket
import sys

import rich_click as click
from flask import Flask
from gunicorn.app.base import Application
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from gateway import serving
from gateway.cli.examples import examples
from gateway.cli.lifeline import end_with_standard_input, lifeline_option
from gateway.errors import ConfigurationError
from gateway.factory import create_app
from gateway.settings import Settings

BACKLOG = 512
PORTS = 65535


@click.command(
    epilog=examples(
        "spe-gateway serve",
        "spe-gateway serve --bind 127.0.0.1:9000",
        "spe-gateway serve --bind 127.0.0.1:0 --json",
    )
)
@click.option(
    "--bind",
    default=serving.bind,
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen; port 0 takes a free one.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON line with the url when ready."
)
@lifeline_option
def serve(bind: str, *, as_json: bool, lifeline: bool) -> None:
    """Serve the REST API.

    Says on standard error when it is ready. Plain HTTP: put a proxy that speaks TLS in front
    of it. SIGTERM lets requests that are under way end.
    """
    settings = Settings.from_environment()
    with serving.prepare(settings), listening(bind) as listener:
        Arbiter(Served(settings, listener, as_json=as_json, lifeline=lifeline)).run()


def listening(bind: str) -> socket.socket:
    """Listen on an address of the form HOST:PORT or [IPV6]:PORT.

    Raises:
        ConfigurationError: it is none, or it cannot be had.
    """
    host, _, port = bind.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not bare or not port.isascii() or not port.isdigit() or int(port) > PORTS:
        raise ConfigurationError(f"--bind {bind}: write HOST:PORT, as in 127.0.0.1:8080.")
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    try:
        return socket.create_server((bare, int(port)), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise ConfigurationError(
            f"Cannot listen on {bind} ({reason}): stop what does, or choose another with --bind."
        ) from None


class Served(Application):  # type: ignore[misc] # gunicorn ships no types
    """The gateway as gunicorn's application, on a socket that listens already.

    Args:
        settings: of the gateway.
        listener: where it is served.
        as_json: print the URL on standard output when it is ready.
        lifeline: end when standard input is closed.
    """

    def __init__(
        self, settings: Settings, listener: socket.socket, *, as_json: bool, lifeline: bool
    ) -> None:
        self._settings = settings
        self._listener = listener
        self._as_json = as_json
        self._lifeline = lifeline
        super().__init__(prog="spe-gateway")

    def load_config(self) -> None:
        """Take the configuration of ``gateway.serving``; it is prepared already."""
        self.load_config_from_module_name_or_filename("python:gateway.serving")
        self.cfg.set("bind", f"fd://{os.dup(self._listener.fileno())}")
        self.cfg.set("threads", self._settings.http_threads)
        self.cfg.set("on_starting", self._stop_gently)
        self.cfg.set("post_worker_init", self._worker_is_ready)

    def _stop_gently(self, server: Arbiter) -> None:
        serving.stop_gently(server, self._settings.drain_seconds)

    def load(self) -> Flask:
        """Build the application; called in the worker, after the fork."""
        return create_app(self._settings)

    def _worker_is_ready(self, worker: Worker) -> None:
        if self._lifeline:
            end_with_standard_input(worker.ppid)
        serving.post_worker_init(worker)
        if self._as_json:
            sys.stdout.write(json.dumps({"url": serving.address(worker)}) + "\n")
            sys.stdout.flush()
