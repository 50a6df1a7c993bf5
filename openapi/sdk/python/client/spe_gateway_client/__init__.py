"""A client of spe-gateway: MailStore SPE deployments through one API.

Begin with ``Gateway``; ``models`` has what is sent and answered.
"""

from .errors import (
    Conflict,
    ConnectionLost,
    Fault,
    GatewayError,
    InvalidInput,
    NotFound,
    OperationCancelled,
    OperationFailed,
    OperationUnknown,
    PermissionMissing,
    PreconditionFailed,
    ProblemError,
    RateLimited,
    SignInRefused,
    StillRunning,
    Unauthenticated,
    Unavailable,
    WebhookRefused,
)
from .gateway import Gateway, Recording
from .generated import models
from .generated.types import UNSET, Unset
from .operation import Operation
from .pages import Pages
from .retries import Retries
from .streams import StreamEvent
from .webhooks import Webhook, verify_webhook

__all__ = [
    "UNSET",
    "Conflict",
    "ConnectionLost",
    "Fault",
    "Gateway",
    "GatewayError",
    "InvalidInput",
    "NotFound",
    "Operation",
    "OperationCancelled",
    "OperationFailed",
    "OperationUnknown",
    "Pages",
    "PermissionMissing",
    "PreconditionFailed",
    "ProblemError",
    "RateLimited",
    "Recording",
    "Retries",
    "SignInRefused",
    "StillRunning",
    "StreamEvent",
    "Unauthenticated",
    "Unavailable",
    "Unset",
    "Webhook",
    "WebhookRefused",
    "models",
    "verify_webhook",
]
