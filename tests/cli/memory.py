"""A gateway prepared as it is served, in a process of its own, which says what it takes.

``python -m tests.cli.memory WHAT``, with the environment of a home that is set up, and the
credentials of a client on standard input.
"""

import gc
import json
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from resource import getpagesize
from threading import Barrier

from flask import Flask

from gateway import serving
from gateway.broker.clients import hasher
from gateway.factory import Gateway, create_app
from gateway.settings import Settings
from gateway.web.hooks import EXTENSION

THREADS = 8
READS = 300

Credentials = Mapping[str, str]


def modules(app: Flask, credentials: Credentials) -> list[str]:
    """Return what is loaded."""
    del app, credentials
    return sorted(sys.modules)


def hashes(app: Flask, credentials: Credentials) -> int:
    """Return the bytes by which the process has grown when each of its threads has hashed."""
    del app, credentials
    together = Barrier(THREADS)

    def work(secret: str) -> None:
        together.wait()
        hasher.hash(secret)

    with ThreadPoolExecutor(THREADS) as threads:
        before = resident()
        list(threads.map(work, ["secret"] * THREADS))
        return resident() - before


def reads(app: Flask, credentials: Credentials) -> int:
    """Return how many objects some reads leave behind, once others like them are answered."""
    form = {"grant_type": "client_credentials", **credentials}
    token = app.test_client().post("/oauth/token", data=form).get_json()["access_token"]
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}

    def answered() -> int:
        for _ in range(READS):
            assert client.get("/me", headers=headers).status_code == 200
        gc.collect()
        return sys.getallocatedblocks()

    before = answered()
    return answered() - before


def resident() -> int:
    """Return the resident bytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * getpagesize()


WHAT: Mapping[str, Callable[[Flask, Credentials], object]] = {
    "modules": modules,
    "hashes": hashes,
    "reads": reads,
}


def main() -> None:
    """Serve nobody, and say on standard output what was asked for."""
    settings = Settings.from_environment()
    with serving.prepare(settings):
        app = create_app(settings)
        try:
            said = WHAT[sys.argv[1]](app, json.load(sys.stdin))
        finally:
            gateway: Gateway = app.extensions[EXTENSION]
            gateway.close()
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
