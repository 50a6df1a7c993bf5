"""What whoever calls the gateway does about a breaking change that was made all the same."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.web.contract.compatibility.change import Kind

_SEND: Final = "Send it as it is taken now"
_LEAVE_OUT: Final = "Send it no more: what is unknown is refused"
_ADD: Final = "Send it with every call"
_READ: Final = "Read what is answered now"
_DO_WITHOUT: Final = "Do without it"
_RENAME: Final = "Call the method by its new name, and generate clients anew"

STEPS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.OPERATION_REMOVED: "Look for another operation, and stop calling this one",
        Kind.OPERATION_RENAMED: _RENAME,
        Kind.SDK_METHOD_RENAMED: _RENAME,
        Kind.PERMISSION_CHANGED: "Have your client given the new permission",
        Kind.SECURITY_RAISED: "Send the token that is asked for now",
        Kind.IDEMPOTENCY_LOWERED: "Try again only while the key counts, or read before",
        Kind.PARAMETER_REMOVED: _LEAVE_OUT,
        Kind.PARAMETER_REQUIRED: _ADD,
        Kind.PARAMETER_SPELT: _SEND,
        Kind.BODY_REMOVED: "Send no body",
        Kind.BODY_REQUIRED: "Send a body with every call",
        Kind.MEDIA_TYPE_REMOVED: "Send or accept a format that is left",
        Kind.REQUEST_MEMBER_REMOVED: _LEAVE_OUT,
        Kind.REQUEST_MEMBER_REQUIRED: _ADD,
        Kind.REQUEST_TYPE_NARROWED: _SEND,
        Kind.REQUEST_WORD_REMOVED: "Send a word that is left",
        Kind.REQUEST_LIMIT_NARROWED: "Keep within the new limit",
        Kind.REQUEST_FORM_CHANGED: _SEND,
        Kind.REQUEST_DEFAULT_CHANGED: "Send the value that you mean instead of leaving it out",
        Kind.STATUS_REMOVED: "Take what is answered instead",
        Kind.STATUS_ADDED: "Take the new status as well",
        Kind.HEADER_REMOVED: _DO_WITHOUT,
        Kind.RESPONSE_MEMBER_REMOVED: _DO_WITHOUT,
        Kind.RESPONSE_MEMBER_OPTIONAL: "Bear that it is not there",
        Kind.RESPONSE_TYPE_CHANGED: _READ,
        Kind.RESPONSE_WORD_ADDED: "Take the new word as well",
        Kind.RESPONSE_FORM_CHANGED: _READ,
        Kind.WEBHOOK_REMOVED: "Poll for what the webhook told",
    }
)
"""What clients do about each kind; clauses without a full stop."""
