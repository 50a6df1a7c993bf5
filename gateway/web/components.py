"""What operations refer to by name: header parameters, answer headers, security schemes."""

from collections.abc import Mapping
from typing import Any, Final

PARAMETERS: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "Prefer": (
        "header",
        {
            "name": "Prefer",
            "description": "`wait=N`: wait N seconds (0 to 30, by default 1) for the end "
            "before answering 202 (RFC 7240).",
            "schema": {"type": "string"},
            "example": "wait=10",
        },
    ),
    "Priority": (
        "header",
        {
            "name": "Priority",
            "description": "`u=N` (RFC 9218): from 4 to 7 the call gives way to others, as the "
            "parts of a bulk call do; from 0 to 3, the usual, it does not.",
            "schema": {"type": "string"},
            "example": "u=6",
        },
    ),
    "IfMatch": (
        "header",
        {
            "name": "If-Match",
            "description": "The ETag that was read; another version answers 412 (RFC 9110).",
            "schema": {
                "type": "string",
                "pattern": r'^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$',
            },
        },
    ),
    "Confirm": (
        "header",
        {
            "name": "Confirm",
            "description": "The name of the command, for one that changes something.",
            "schema": {"type": "string"},
        },
    ),
    "LastEventId": (
        "header",
        {
            "name": "Last-Event-ID",
            "description": "The id of the last event that was read (WHATWG HTML, 9.2.4).",
            "schema": {"type": "string"},
        },
    ),
    "IdempotencyKey": (
        "header",
        {
            "name": "Idempotency-Key",
            "description": "A random word of your own for this one call. Sent again with the same "
            "key, query and body, it is carried out once: the answer is that of the first call as "
            "it stands now, with `Idempotency-Replayed: true`.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]*$"},
        },
    ),
}

HEADERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "X-Request-Id": {
        "description": "Names the request in the gateway's logs.",
        "schema": {"type": "string"},
    },
    "SPE-Gateway-Version": {
        "description": "The version of the contract that was served.",
        "schema": {"type": "string", "format": "date"},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate (RFC 6750).",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds until it is worth asking again.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit": {
        "description": "How the caller stands under each policy "
        "(draft-ietf-httpapi-ratelimit-headers-10): `r` calls are left for the next `t` seconds.",
        "schema": {"type": "string"},
        "example": '"client";r=599;t=60, "reseller";r=2999;t=60',
    },
    "RateLimit-Policy": {
        "description": "The policies: `q` calls in any `w` seconds, for the client and for all "
        "clients of its reseller together; for the address where there is no token yet.",
        "schema": {"type": "string"},
        "example": '"client";q=600;w=60, "reseller";q=3000;w=60',
    },
    "Location": {
        "description": "Where the operation is followed, or what was made is; relative.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "ETag": {
        "description": "The version of the object, for `If-Match`.",
        "schema": {"type": "string"},
    },
    "Idempotency-Replayed": {
        "description": "`true`: the call was carried out before, under the same key.",
        "schema": {"type": "string", "const": "true"},
    },
    "Link": {
        "description": "`rel=next`: the next page, as a relative reference (RFC 8288).",
        "schema": {"type": "string"},
    },
}

SCHEMES: Final[Mapping[str, Mapping[str, str]]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of `POST /oauth/token` (RFC 6750, RFC 9068).",
    },
    "clientSecret": {
        "type": "http",
        "scheme": "basic",
        "description": "Id and secret of an API client; only for `POST /oauth/token`.",
    },
}

ACCEPTED: Final[Mapping[str, Any]] = {
    "description": "It goes on; follow the operation.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Operation"}}},
    "headers": {
        "Location": "Location",
        "Retry-After": "Retry-After",
        "Idempotency-Replayed": "Idempotency-Replayed",
    },
}
