"""One caller, one call after the other: the vendor's way, over kept connections, through us."""

import base64
import json
import ssl
import urllib.request  # what the vendor's client calls with
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Final
from urllib.parse import urlencode

import requests  # the everyday way
import urllib3

from benchmarks.figures import Sample, timed
from benchmarks.lists import session_of
from benchmarks.processes import JSON, BenchmarkError
from benchmarks.servers import Server

COMMAND: Final = "/api/invoke/GetStores"
FORM_TYPE: Final = "application/x-www-form-urlencoded"
STORES: Final = 3
VENDOR: Final = "vendor's client, directly"
SESSION: Final = "requests.Session, directly"
POOLED: Final = "urllib3, directly"
OURS: Final = "urllib3, through the gateway"
OURS_SESSION: Final = "requests.Session, through the gateway"

Call = Callable[[], object]


def one_caller(server: Server, rounds: int, calls: int) -> dict[str, Sample]:
    """Return the seconds of each way's calls, measured in turn.

    Args:
        server: the gateway.
        rounds: each way has its turn once in each.
        calls: of a turn.
    """
    taken: dict[str, list[float]] = {}
    with ways(server) as found:
        for name, call in found.items():
            _require(name, call())
        for _ in range(rounds):
            for name, call in found.items():
                taken.setdefault(name, []).extend(timed(call) for _ in range(calls))
    return {name: Sample(tuple(each)) for name, each in taken.items()}


@contextmanager
def ways(server: Server) -> Iterator[dict[str, Call]]:
    """Yield the ways of calling; each returns the stores of the same instance."""
    site = server.world.sites["fast"]
    with ExitStack() as stack:
        session = stack.enter_context(session_of(site))
        plain = stack.enter_context(requests.Session())
        plain.trust_env = False
        pool = stack.enter_context(_pool(site))
        ours = stack.enter_context(urllib3.PoolManager())
        url = f"https://127.0.0.1:{site['port']}{COMMAND}"
        target = server.target()
        form = server.world.form()
        body = urlencode(form)
        headers = {**basic(site), "Content-Type": FORM_TYPE}
        yield {
            VENDOR: lambda: vendor(site, form),
            SESSION: lambda: _stores(session.post(url, data=form, timeout=60).content),
            POOLED: lambda: _stores(pool.request("POST", COMMAND, body=body, headers=headers).data),
            OURS_SESSION: lambda: _items(
                plain.get(target.url, headers=target.headers, timeout=60).content
            ),
            OURS: lambda: _items(ours.request("GET", target.url, headers=target.headers).data),
        }


def vendor(site: JSON, form: dict[str, str]) -> object:
    """Call as the vendor's client does: urllib, and a TLS connection for each call."""
    url = f"https://127.0.0.1:{site['port']}{COMMAND}"
    request = urllib.request.Request(url, urlencode(form).encode(), basic(site))
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=_UNVERIFIED)
    )
    with opener.open(request, timeout=60) as answer:
        return _stores(answer.read())


def basic(site: JSON) -> dict[str, str]:
    """Return the header with the credentials of a deployment."""
    words = f"{site['userName']}:{site['password']}".encode()
    return {"Authorization": f"Basic {base64.b64encode(words).decode()}"}


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


_UNVERIFIED: Final = _unverified()
"""The vendor's client compares no certificate; made once, to its advantage."""


def _pool(site: JSON) -> urllib3.HTTPSConnectionPool:
    return urllib3.HTTPSConnectionPool(
        "127.0.0.1",
        site["port"],
        assert_fingerprint=site["sha256"],
        cert_reqs="CERT_NONE",
    )


def _stores(body: bytes) -> object:
    return json.loads(body.decode("utf-8-sig"))["result"]


def _items(body: bytes) -> object:
    return json.loads(body)["items"]


def _require(name: str, found: object) -> None:
    if not isinstance(found, list) or len(found) != STORES:
        raise BenchmarkError(f"{name}: {found}")
