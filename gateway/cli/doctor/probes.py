"""The requests that show how the API answers; all of them only read."""

from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from gateway.errors import AnswerLost, CredentialsRefused
from gateway.spe.endpoint import Endpoint
from gateway.spe.raw import RawReply, RawRequest, exchange

UNKNOWN_COMMAND: Final = "GetDoctorProbe"
UNKNOWN_ARGUMENT: Final = "doctorProbe"
UNKNOWN_TOKEN: Final = "sa" + "0" * 32

_LENGTH: Final = "Content-Length"
_AUTHORIZATION: Final = "Authorization"


def _post(path: str, **arguments: str) -> RawRequest:
    body = urlencode(arguments).encode("ascii")
    form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    return RawRequest("POST", path, {_LENGTH: str(len(body)), **form}, body)


PING: Final = _post("/api/invoke/Ping")
WITHOUT_LENGTH: Final = RawRequest("POST", "/api/invoke/Ping")
METADATA_BY_GET: Final = RawRequest("GET", "/api/get-metadata")
METADATA_BY_POST: Final = _post("/api/get-metadata")
WITHOUT_ARGUMENT: Final = _post("/api/invoke/GetInstances")
WITH_UNKNOWN_COMMAND: Final = _post(f"/api/invoke/{UNKNOWN_COMMAND}")
WITH_UNKNOWN_ARGUMENT: Final = _post("/api/invoke/Ping", **{UNKNOWN_ARGUMENT: "1"})
WITH_UNKNOWN_TOKEN: Final = _post("/api/get-status", token=UNKNOWN_TOKEN)


def asked(endpoint: Endpoint, request: RawRequest) -> RawReply | AnswerLost:
    """Send a request with the credentials; what is no answer is returned as well.

    Raises:
        CredentialsRefused: they are wrong; asking on would slow down every login.
        NotSent: the deployment cannot be reached, or is another.
    """
    headers = {_AUTHORIZATION: endpoint.authorization, **request.headers}
    reply = asked_by_nobody(
        endpoint, RawRequest(request.method, request.path, headers, request.body)
    )
    if isinstance(reply, RawReply) and reply.status == HTTPStatus.UNAUTHORIZED:
        raise CredentialsRefused("The deployment refuses the gateway's user name or password.")
    return reply


def asked_by_nobody(endpoint: Endpoint, request: RawRequest) -> RawReply | AnswerLost:
    """Send a request as it is, without credentials unless it holds them.

    Raises:
        NotSent: the deployment cannot be reached, or is another.
    """
    try:
        return exchange(endpoint, request)
    except AnswerLost as lost:
        return lost
