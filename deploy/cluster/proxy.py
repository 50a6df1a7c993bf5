"""The proxy of the cluster: what it runs with, and what its log says about each request."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

CONFIGURATION: Final = """\
global
    log stdout format raw local0
    maxconn 2000

defaults
    mode http
    log global
    # The id, who answered, its status, and who ended the session (S is the server).
    log-format "%[capture.req.hdr(0)] %s %ST %ts"
    timeout connect 2s
    timeout client 75s
    timeout server 75s
    timeout http-request 10s
    timeout check 5s

frontend portal
    bind 127.0.0.1:{port}
    http-request capture req.hdr(X-Request-Id) len 128
    default_backend gateways

backend gateways
    balance roundrobin
    option forwardfor
    # An idle connection to a gateway may end just as a request is put on it.
    option http-server-close
    # What was never sent goes to another gateway. What was sent is repeated for a read only:
    # a POST is repeated by its client, which knows its key.
    retries 3
    option redispatch 1
    retry-on conn-failure empty-response
    http-request disable-l7-retry unless {{ method GET HEAD OPTIONS }}
    option httpchk GET /readyz
    http-check expect status 200
    default-server check inter 1s fall 2 rise 1
{servers}
"""
FIELDS: Final = 4


@dataclass(frozen=True)
class Passage:
    """A request as the proxy saw it.

    Args:
        server: the gateway that it was given to.
        status: of the answer; -1 for none.
        state: how the session ended, as HAProxy writes it: ``--`` for well.
    """

    server: str
    status: int
    state: str


def configuration(port: int, gateways: Mapping[str, str]) -> str:
    """Return what HAProxy runs with.

    Args:
        port: of loopback, where it listens.
        gateways: their URLs by their names.
    """
    places = {name: urlsplit(url).netloc for name, url in gateways.items()}
    servers = "\n".join(f"    server {name} {place}" for name, place in places.items())
    return CONFIGURATION.format(port=port, servers=servers)


def passages(log: Path) -> dict[str, Passage]:
    """Return what became of the requests that are in a log, by their ids."""
    lines = (line.split() for line in log.read_text(errors="replace").splitlines())
    told = (line for line in lines if len(line) == FIELDS and line[2].lstrip("-").isdigit())
    return {name: Passage(server, int(status), state) for name, server, status, state in told}
