"""What to do next about each problem, for whoever meets its code."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_AGAIN: Final = "Send it again after `Retry-After`, with the same Idempotency-Key."
_OPERATOR: Final = "Tell your operator, with the request id."
_LOOK: Final = (
    "Do not send it again: look at the operation that `operation` names, which is settled by "
    "reading; when it ends as unknown, an operator decides."
)

ADVICE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ANSWER_LOST": _LOOK,
        "CERTIFICATE_EXPIRED": "Operators: renew the certificate at the server, then pin it anew.",
        "CERTIFICATE_PIN_MISMATCH": (
            "Operators: compare the certificate at the server itself; pin it anew only if it is "
            "the server's."
        ),
        "CERTIFICATE_REJECTED": (
            "Operators: probe the deployment, and compare what it shows with the server itself."
        ),
        "COMMAND_FAILED": (
            "Read `detail`; operators see the deployment's own words in `upstream`. Mend what it "
            "names, then send it again with a new key."
        ),
        "COMMAND_NOT_SUPPORTED": (
            "Do without it, or have the operator update SPE; operators see what is supported at "
            "`GET /deployments/{deployment}/capabilities`."
        ),
        "CONFLICT": "Read the resource, see in `detail` what is in the way, and begin from there.",
        "DEPLOYMENT_BUSY": _AGAIN,
        "DEPLOYMENT_CREDENTIALS_REFUSED": (
            "Operators: give the gateway the password that the server accepts now."
        ),
        "DEPLOYMENT_DRAINED": (
            "Wait until the operator is done; reading goes on. Make new instances elsewhere."
        ),
        "DEPLOYMENT_PAUSED": _AGAIN,
        "DEPLOYMENT_QUARANTINED": (
            "Operators: find out which certificate is right, then pin it or lift the quarantine. "
            "Others wait."
        ),
        "DEPLOYMENT_UNREACHABLE": f"{_AGAIN} Nothing was sent. Operators look at the server.",
        "EVENTS_TRIMMED": (
            "Read the objects that you follow anew, then go on from the number in `oldest`."
        ),
        "FOLDER_STATISTICS_UNAVAILABLE": (
            "Do without the counts of this instance; its statistics as a whole still answer."
        ),
        "GATEWAY_STOPPING": "Ask another gateway, or this one again after `Retry-After`.",
        "IDEMPOTENCY_IN_FLIGHT": (
            "Wait for `Retry-After`, then send the same call with the same key."
        ),
        "IDEMPOTENCY_KEY_REUSED": (
            "Make a new key for a new call; send the same body and query when you repeat one."
        ),
        "INSTANCE_MISSING": (
            "Operators: look for it at the server and in `GET /inventory/unowned`; restore it "
            "there, adopt it under its new name, or release it."
        ),
        "INSTANCE_NOT_RUNNING": "Start the instance, wait for it, then send the call again.",
        "INSTANCE_NOT_STOPPED": "Stop the instance, wait for it, then send the call again.",
        "INSTANCE_SUSPENDED": "Resume the instance first, if you may.",
        "INTERNAL": f"A fault of the gateway. {_OPERATOR}",
        "INVALID_INPUT": "Mend each fault that `errors` names; `pointer` says where it is.",
        "IN_USE": "Remove what `detail` says depends on it, then send the call again.",
        "LIST_INCOMPLETE": (
            "Ask again later, or leave `require=complete` out and take what could be had."
        ),
        "MALFORMED_REQUEST": "Send what `Content-Type` says: valid JSON, or a form, in UTF-8.",
        "METHOD_NOT_ALLOWED": "Take one of the methods that `Allow` names.",
        "NAME_TAKEN": "Choose another name. A deleted one stays taken until it is purged.",
        "NOT_ACCEPTABLE": (
            "Ask with `Accept` for a media type that the reference names, or leave it out."
        ),
        "NOT_FOUND": (
            "Look at the id, and at whose token you use: what is another's is not there for you."
        ),
        "NO_PLACEMENT": (
            "Read in `notTaken` why each deployment was not taken; ask for less, or tell your "
            "operator."
        ),
        "OPERATION_FAILED": (
            "Read the operation: `steps` says what was done before, `log` why it failed."
        ),
        "OPERATION_IN_PROGRESS": (
            "Wait for the operation that `operation` names, then send the call again."
        ),
        "PARTS_FAILED": (
            "Read the parts of the operation; send the action again for those that failed."
        ),
        "PAYLOAD_TOO_LARGE": "Send less at once.",
        "PERMISSION_MISSING": (
            "Ask for a token with `permission` in its scope, or have your administrator grant it."
        ),
        "PLACEMENT_UNREACHABLE": _AGAIN,
        "PRECONDITION_FAILED": (
            "Read the resource again, apply your change to what it is now, and send its new `ETag`."
        ),
        "QUOTA_EXCEEDED": ("Free some of `resource`, or ask whoever set the quota for more."),
        "RANGE_NOT_SATISFIABLE": "Leave `Range` out.",
        "RATE_LIMITED": "Wait for `Retry-After`; see `RateLimit` for what is left.",
        "RAW_ALTERED": "Operators: the archive of answers was changed; see who had access to it.",
        "RECONCILIATION_INCOMPLETE": (
            "Ask again later, or leave `require=complete` out and take what could be had."
        ),
        "REPORT_LIMIT_REACHED": "Wait for `Retry-After`, or read the figures through the API.",
        "RESELLER_SUSPENDED": (
            "Speak with whoever runs the gateway for you; `GET /me` still answers."
        ),
        "RESOLVED_AS_FAILED": "It was not carried out: send the call again with a new key.",
        "SERVICE_PROVIDER_ACCESS_OFF": (
            "Have the customer consent, then switch it on with "
            "`PUT /instances/{instance}/archive-admin`."
        ),
        "STORAGE_UNAVAILABLE": _AGAIN,
        "STREAMS_EXHAUSTED": "Come back after `Retry-After`, or poll instead.",
        "UNAUTHENTICATED": (
            "Get a token from `POST /oauth/token` and send it as `Authorization: Bearer`; one "
            "lasts as long as its `expires_in` says."
        ),
        "UNSUPPORTED_MEDIA_TYPE": (
            "Send `Content-Type: application/json`, or what the reference names."
        ),
        "UPSTREAM_CONNECTION_LOST": _LOOK,
        "UPSTREAM_REPLY_INVALID": _LOOK,
        "UPSTREAM_TIMEOUT": _LOOK,
        "UPSTREAM_TOKEN_LOST": _LOOK,
        "USAGE_INCOMPLETE": (
            "Leave `require=complete` out, and see in `gaps` where readings are missing."
        ),
        "WEBHOOK_TARGET_REFUSED": (
            "Name a URL with https and a public address, or have the operator allow the target."
        ),
        "WRITTEN_BY_NEWER": f"{_AGAIN} Operators: end the upgrade that is half done.",
    }
)
"""By the code of the problem; a sentence or two of Markdown's plain words."""
