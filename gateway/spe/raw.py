"""One exchange as it is: headers as they are given, an answer that nothing was read into.

For looking at a deployment, not for working with it: ``channel`` turns answers into results
or errors, which is what everything else needs.
"""

import http.client
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field

from gateway.errors import ReplyInvalid
from gateway.spe.deadline import within
from gateway.spe.endpoint import DEFAULT_LIMITS, Endpoint, Limits
from gateway.spe.mapping import Phase, map_errors
from gateway.spe.message import TOO_LARGE
from gateway.spe.transport import open_connection


@dataclass(frozen=True)
class RawRequest:
    """What is sent; only ``Host`` is added.

    Attributes:
        method: of HTTP.
        path: from the first slash.
        headers: by name; without ``Content-Length`` the length is not announced.
        body: sent as it is.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class RawReply:
    """What came back.

    Attributes:
        version: of HTTP, as in ``1.1``.
        status: of HTTP.
        reason: the words behind the status.
        headers: values by the name in lower case; of repeated ones the last.
        body: as it came.
    """

    version: str
    status: int
    reason: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def exchange(endpoint: Endpoint, request: RawRequest, limits: Limits = DEFAULT_LIMITS) -> RawReply:
    """Sends one request on a connection of its own, pinned like every other.

    Args:
        endpoint: where; its credentials are sent only if the headers hold them.
        request: what.
        limits: of time and size.

    Raises:
        UpstreamError: the deployment cannot be reached, is another, or does not speak HTTP.
    """
    command = request.path.rsplit("/", 1)[-1]
    connection = open_connection(
        endpoint.host, endpoint.port, endpoint.pins, connect_seconds=limits.connect_seconds
    )
    with (
        within(limits.control_seconds),
        map_errors(Phase.EXCHANGE, deployment=endpoint.deployment, command=command),
        closing(connection),
    ):
        connection.connect()
        connection.putrequest(request.method, request.path, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        connection.endheaders(request.body or None)
        # urllib3's own would decode, keep and reuse.
        with closing(http.client.HTTPConnection.getresponse(connection)) as response:
            return _read(response, limits.max_reply_bytes)


def _read(response: http.client.HTTPResponse, limit: int) -> RawReply:
    body = response.read(limit + 1)
    if len(body) > limit:
        raise ReplyInvalid(TOO_LARGE)
    return RawReply(
        version=f"{response.version // 10}.{response.version % 10}",
        status=response.status,
        reason=response.reason,
        headers={name.lower(): value for name, value in response.getheaders()},
        body=body,
    )
