"""A breaking change: what kind it is, where, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """The kinds of breaking changes; docs/contract.md explains each."""

    OPERATION_REMOVED = "operation-removed"
    OPERATION_RENAMED = "operation-renamed"
    SDK_METHOD_RENAMED = "sdk-method-renamed"
    PERMISSION_CHANGED = "permission-changed"
    SECURITY_RAISED = "security-raised"
    IDEMPOTENCY_LOWERED = "idempotency-lowered"
    PARAMETER_REMOVED = "parameter-removed"
    PARAMETER_REQUIRED = "parameter-required"
    PARAMETER_SPELT = "parameter-spelt"
    BODY_REMOVED = "body-removed"
    BODY_REQUIRED = "body-required"
    MEDIA_TYPE_REMOVED = "media-type-removed"
    REQUEST_MEMBER_REMOVED = "request-member-removed"
    REQUEST_MEMBER_REQUIRED = "request-member-required"
    REQUEST_TYPE_NARROWED = "request-type-narrowed"
    REQUEST_WORD_REMOVED = "request-word-removed"
    REQUEST_LIMIT_NARROWED = "request-limit-narrowed"
    REQUEST_FORM_CHANGED = "request-form-changed"
    REQUEST_DEFAULT_CHANGED = "request-default-changed"
    STATUS_REMOVED = "status-removed"
    STATUS_ADDED = "status-added"
    HEADER_REMOVED = "header-removed"
    RESPONSE_MEMBER_REMOVED = "response-member-removed"
    RESPONSE_MEMBER_OPTIONAL = "response-member-optional"
    RESPONSE_TYPE_CHANGED = "response-type-changed"
    RESPONSE_WORD_ADDED = "response-word-added"
    RESPONSE_FORM_CHANGED = "response-form-changed"
    WEBHOOK_REMOVED = "webhook-removed"


_KEEP: Final = "Keep it, and mark it as deprecated"
_OPTIONAL: Final = "Make it optional, with a default that does what was done before"
_TAKE: Final = "Take what was taken before"
_ANSWER: Final = "Answer as before, and put what is new into a new member"
_BESIDE: Final = "Keep the old name, and add an operation under the new one"

REMEDIES: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.OPERATION_REMOVED: _KEEP,
        Kind.OPERATION_RENAMED: _BESIDE,
        Kind.SDK_METHOD_RENAMED: _BESIDE,
        Kind.PERMISSION_CHANGED: "Keep the permission, or add an operation that needs the new one",
        Kind.SECURITY_RAISED: "Go on taking what the callers have",
        Kind.IDEMPOTENCY_LOWERED: "Keep the class, and the hours that a key counts",
        Kind.PARAMETER_REMOVED: f"{_KEEP}; it may do nothing",
        Kind.PARAMETER_REQUIRED: _OPTIONAL,
        Kind.PARAMETER_SPELT: _TAKE,
        Kind.BODY_REMOVED: _TAKE,
        Kind.BODY_REQUIRED: "Take the call without a body as before",
        Kind.MEDIA_TYPE_REMOVED: "Keep it beside the new one",
        Kind.REQUEST_MEMBER_REMOVED: f"{_KEEP}; it may do nothing",
        Kind.REQUEST_MEMBER_REQUIRED: _OPTIONAL,
        Kind.REQUEST_TYPE_NARROWED: _TAKE,
        Kind.REQUEST_WORD_REMOVED: _TAKE,
        Kind.REQUEST_LIMIT_NARROWED: _TAKE,
        Kind.REQUEST_FORM_CHANGED: _TAKE,
        Kind.REQUEST_DEFAULT_CHANGED: "Keep the default",
        Kind.STATUS_REMOVED: "Go on answering it where it was answered",
        Kind.STATUS_ADDED: "Answer a status that the callers know",
        Kind.HEADER_REMOVED: "Go on sending it",
        Kind.RESPONSE_MEMBER_REMOVED: "Go on answering it, and mark it as deprecated",
        Kind.RESPONSE_MEMBER_OPTIONAL: "Always answer it, as before",
        Kind.RESPONSE_TYPE_CHANGED: _ANSWER,
        Kind.RESPONSE_WORD_ADDED: "Answer a word that the callers know; a list of words that may "
        "grow is x-extensible-enum from its first day",
        Kind.RESPONSE_FORM_CHANGED: _ANSWER,
        Kind.WEBHOOK_REMOVED: "Go on sending it",
    }
)
"""What to do about each kind, if it is not to be a new version."""


@dataclass(frozen=True, order=True)
class Change:
    """A breaking change.

    Attributes:
        pointer: where, in the released document (RFC 6901, as a fragment).
        kind: which kind of change.
        detail: what changed, as a sentence.
    """

    pointer: str
    kind: Kind
    detail: str

    @property
    def remedy(self) -> str:
        """What to do about it, if it is not to be a new version; a clause without a full stop."""
        return REMEDIES[self.kind]
