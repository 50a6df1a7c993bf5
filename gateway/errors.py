"""Every error the gateway knows, with its HTTP status and its stable code.

::

    GatewayError                                500 INTERNAL
    ├── SetupError                              ends a process, never an HTTP answer
    │   ├── ConfigurationError                  a setting is missing or wrong
    │   └── DeclarationError                    our own code contradicts itself
    ├── RequestError                            the caller can mend it
    │   ├── MalformedRequest                    400 MALFORMED_REQUEST
    │   ├── Unauthenticated                     401 UNAUTHENTICATED
    │   ├── PermissionMissing                   403 PERMISSION_MISSING
    │   ├── NotFound                            404 NOT_FOUND
    │   ├── Conflict                            409 CONFLICT
    │   │   ├── NameTaken                       409 NAME_TAKEN
    │   │   ├── InUse                           409 IN_USE
    │   │   ├── OperationInProgress             409 OPERATION_IN_PROGRESS
    │   │   ├── InstanceNotStopped              409 INSTANCE_NOT_STOPPED
    │   │   ├── InstanceNotRunning              409 INSTANCE_NOT_RUNNING
    │   │   ├── ServiceProviderAccessOff        409 SERVICE_PROVIDER_ACCESS_OFF
    │   │   └── CommandNotSupported             409 COMMAND_NOT_SUPPORTED
    │   ├── PreconditionFailed                  412 PRECONDITION_FAILED
    │   ├── PayloadTooLarge                     413 PAYLOAD_TOO_LARGE
    │   ├── UnsupportedMediaType                415 UNSUPPORTED_MEDIA_TYPE
    │   └── InvalidInput                        422 INVALID_INPUT
    ├── UpstreamError                           a deployment, or the way to it
    │   ├── NotSent                             nothing was carried out
    │   │   ├── DeploymentUnreachable           503 DEPLOYMENT_UNREACHABLE
    │   │   ├── CertificateRejected             503 CERTIFICATE_REJECTED
    │   │   │   ├── PinMismatch                 503 CERTIFICATE_PIN_MISMATCH
    │   │   │   └── CertificateExpired          503 CERTIFICATE_EXPIRED
    │   │   └── CredentialsRefused              502 DEPLOYMENT_CREDENTIALS_REFUSED
    │   ├── CommandFailed                       502 COMMAND_FAILED (carried out, and it said no)
    │   │   └── FolderStatisticsUnavailable     502 FOLDER_STATISTICS_UNAVAILABLE
    │   └── AnswerLost                          whether it was carried out is unknown
    │       ├── UpstreamTimeout                 504 UPSTREAM_TIMEOUT
    │       ├── ConnectionLost                  502 UPSTREAM_CONNECTION_LOST
    │       ├── ReplyInvalid                    502 UPSTREAM_REPLY_INVALID
    │       └── TokenLost                       502 UPSTREAM_TOKEN_LOST
    └── StorageUnavailable                      503 STORAGE_UNAVAILABLE

The three branches of ``UpstreamError`` are the retry rule: only ``NotSent`` may be
sent again, ``CommandFailed`` is final, ``AnswerLost`` is settled by reading.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class GatewayError(Exception):
    """Base of all; a bug of ours when it is raised as such.

    Args:
        detail: what happened and what to do next, for the person who called.
    """

    status: int = 500
    code: str = "INTERNAL"
    title: str = "Internal error"
    retryable: bool = False

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title


class SetupError(GatewayError):
    """Ends a process before it serves; printed as one line."""

    code = "SETUP"
    title = "Set-up failed"


class ConfigurationError(SetupError):
    """A setting is missing or wrong."""

    code = "CONFIGURATION"
    title = "The configuration is not usable"


class DeclarationError(SetupError):
    """A table of our own contradicts itself; raised at import."""

    code = "DECLARATION"
    title = "A declaration contradicts itself"


class RequestError(GatewayError):
    """The caller can mend it."""

    status = 400
    code = "REQUEST"
    title = "The request cannot be carried out"


class MalformedRequest(RequestError):
    """Not readable as what it claims to be."""

    code = "MALFORMED_REQUEST"
    title = "The request is malformed"


class Unauthenticated(RequestError):
    """No token, or one that is not accepted (RFC 6750)."""

    status = 401
    code = "UNAUTHENTICATED"
    title = "A valid access token is needed"


class PermissionMissing(RequestError):
    """A right is missing on an object that the caller may see.

    Args:
        permission: the name of the missing permission.
    """

    status = 403
    code = "PERMISSION_MISSING"
    title = "A permission is missing"

    def __init__(self, permission: str) -> None:
        super().__init__(f"This needs the permission {permission}.")
        self.permission = permission


class NotFound(RequestError):
    """Absent, or another's: the two are never told apart."""

    status = 404
    code = "NOT_FOUND"
    title = "There is no such resource"

    def __init__(self) -> None:
        super().__init__("Nothing is here that your client sees: check path and ids, and GET /me.")


class Conflict(RequestError):
    """The state of the resource does not allow it."""

    status = 409
    code = "CONFLICT"
    title = "The state of the resource does not allow this"


class NameTaken(Conflict):
    """An id, alias, tombstone or reserved word; all clashes are one answer."""

    code = "NAME_TAKEN"
    title = "The name cannot be used"


class InUse(Conflict):
    """Something still depends on it."""

    code = "IN_USE"
    title = "Something still depends on it"


class OperationInProgress(Conflict):
    """Another operation works on the same object.

    Args:
        operation: the id of that operation.
    """

    code = "OPERATION_IN_PROGRESS"
    title = "Another operation is in progress"
    retryable = True

    def __init__(self, operation: str) -> None:
        super().__init__(f"The operation {operation} is still in progress; wait for its end.")
        self.operation = operation


class InstanceNotStopped(Conflict):
    """SPE needs the instance stopped for this."""

    code = "INSTANCE_NOT_STOPPED"
    title = "The instance must be stopped"


class InstanceNotRunning(Conflict):
    """SPE needs the instance running for this."""

    code = "INSTANCE_NOT_RUNNING"
    title = "The instance must be running"


class ServiceProviderAccessOff(Conflict):
    """The customer has not consented to service provider access."""

    code = "SERVICE_PROVIDER_ACCESS_OFF"
    title = "Service provider access is switched off"


class CommandNotSupported(Conflict):
    """The deployment's version has no such command, or not with this argument."""

    code = "COMMAND_NOT_SUPPORTED"
    title = "The deployment does not support this"


class PreconditionFailed(RequestError):
    """If-Match names another version (RFC 9110)."""

    status = 412
    code = "PRECONDITION_FAILED"
    title = "The resource has changed"


class PayloadTooLarge(RequestError):
    """The body is over the limit."""

    status = 413
    code = "PAYLOAD_TOO_LARGE"
    title = "The body is too large"


class UnsupportedMediaType(RequestError):
    """The body is of another type than the operation takes."""

    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"
    title = "The media type is not supported"


@dataclass(frozen=True)
class InputFault:
    """One fault in the input: where (RFC 6901 pointer), which, and in words."""

    pointer: str
    code: str
    detail: str


def _sentence(fault: InputFault) -> str:
    return f"{fault.pointer}: {fault.detail}" if fault.pointer else fault.detail


class InvalidInput(RequestError):
    """Readable, but not what the operation takes.

    Args:
        faults: each fault with its place.
        detail: the sentence above them.
    """

    status = 422
    code = "INVALID_INPUT"
    title = "The input is not valid"

    def __init__(self, faults: Sequence[InputFault] = (), detail: str = "") -> None:
        super().__init__(detail or (_sentence(faults[0]) if faults else ""))
        self.faults = tuple(faults)


class UpstreamError(GatewayError):
    """A deployment, or the way to it.

    Args:
        detail: safe to show to everybody.
        deployment: id of the deployment.
        command: the Management API command, if any.
        message: the deployment's own words; shown to operators only.
    """

    status = 502
    code = "UPSTREAM"
    title = "The deployment cannot serve this"

    def __init__(
        self, detail: str = "", *, deployment: str = "", command: str = "", message: str = ""
    ) -> None:
        super().__init__(detail)
        self.deployment = deployment
        self.command = command
        self.message = message


class NotSent(UpstreamError):
    """Nothing was carried out: it may be sent again."""

    status = 503
    code = "NOT_SENT"
    title = "The deployment was not reached"
    retryable = True


class DeploymentUnreachable(NotSent):
    """No connection, or it was refused."""

    code = "DEPLOYMENT_UNREACHABLE"
    title = "The deployment is unreachable"


class CertificateRejected(NotSent):
    """The TLS handshake did not prove the deployment's identity."""

    code = "CERTIFICATE_REJECTED"
    title = "The deployment's certificate is not accepted"
    retryable = False


class PinMismatch(CertificateRejected):
    """Another certificate than the registered one."""

    code = "CERTIFICATE_PIN_MISMATCH"
    title = "The deployment shows another certificate"


class CertificateExpired(CertificateRejected):
    """Past its notAfter, or before its notBefore."""

    code = "CERTIFICATE_EXPIRED"
    title = "The deployment's certificate is out of its dates"


class CredentialsRefused(NotSent):
    """The deployment answered 401: nothing was carried out."""

    status = 502
    code = "DEPLOYMENT_CREDENTIALS_REFUSED"
    title = "The deployment refuses the gateway's credentials"
    retryable = False


class CommandFailed(UpstreamError):
    """The deployment carried the command out and says that it failed."""

    code = "COMMAND_FAILED"
    title = "The deployment could not carry the command out"


class FolderStatisticsUnavailable(CommandFailed):
    """A defect of SPE: some instances cannot count their folders."""

    code = "FOLDER_STATISTICS_UNAVAILABLE"
    title = "The deployment cannot count the folders of this instance"

    def __init__(self) -> None:
        super().__init__(
            "SPE fails to count the folders of some instances, and asking again does not help: "
            "read the sizes of the stores or the statistics of the instance instead.",
            command="GetFolderStatistics",
        )


class AnswerLost(UpstreamError):
    """Sent, but no usable answer: whether it was carried out is unknown."""

    code = "ANSWER_LOST"
    title = "The deployment's answer was lost"


class UpstreamTimeout(AnswerLost):
    """No whole answer within the deadline."""

    status = 504
    code = "UPSTREAM_TIMEOUT"
    title = "The deployment did not answer in time"


class ConnectionLost(AnswerLost):
    """The connection broke after the request was sent."""

    code = "UPSTREAM_CONNECTION_LOST"
    title = "The connection to the deployment broke"


class ReplyInvalid(AnswerLost):
    """The reply is too large, too deep, cut, or not what SPE answers."""

    code = "UPSTREAM_REPLY_INVALID"
    title = "The deployment's reply is not usable"


class TokenLost(AnswerLost):
    """get-status does not know the token any more."""

    code = "UPSTREAM_TOKEN_LOST"
    title = "The deployment no longer knows the operation"


class StorageUnavailable(GatewayError):
    """The database cannot be reached, or did not confirm; say it again, with the same key."""

    status = 503
    code = "STORAGE_UNAVAILABLE"
    title = "The gateway's storage is unavailable"
    retryable = True
