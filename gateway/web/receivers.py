"""The contract from the other side: what the receiver of a webhook is sent, and may answer.

It has a tag of its own: generators of clients make a class for each tag, and would mix what one
calls with what one is called by.
"""

from collections.abc import Mapping
from typing import Any, Final

TAG: Final[Mapping[str, str]] = {
    "name": "webhook receivers",
    "description": "What the gateway sends to your webhooks, and how you answer "
    "(docs/webhooks.md says how to check that it comes from us).",
}

_HEADERS: Final[Mapping[str, str]] = {
    "webhook-id": "Id of the event, the same for each try: take it once.",
    "webhook-timestamp": "When it was sent, in seconds since 1970: refuse what is older than five "
    "minutes.",
    "webhook-signature": "One or more words with spaces between them. Each is `v1,` and the base64 "
    "of the HMAC-SHA256 over id, timestamp and body, joined by full stops; one must be right.",
}

_LATER: Final[Mapping[str, Any]] = {
    "description": "Not now. It is tried again, not before `Retry-After` says so.",
    "headers": {
        "Retry-After": {
            "description": "Seconds or a date, a day at most.",
            "schema": {"type": "string"},
        }
    },
}

WEBHOOKS: Final[Mapping[str, Any]] = {
    "event": {
        "post": {
            "operationId": "receiveEvent",
            "tags": [TAG["name"]],
            "summary": "Take an event.",
            "description": "Standard Webhooks 1.0.0 around a CloudEvents 1.0 object. Answer within "
            "ten seconds. An event comes at least once, in no order: `webhook-id` tells whether it "
            "came before, `number` where it belongs. What is not taken is tried ten times in 75 "
            "hours.",
            "security": [],
            "parameters": [
                {
                    "name": name,
                    "in": "header",
                    "required": True,
                    "description": said,
                    "schema": {"type": "string"},
                }
                for name, said in _HEADERS.items()
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/cloudevents+json": {
                        "schema": {"$ref": "#/components/schemas/CloudEvent"}
                    }
                },
            },
            "responses": {
                "204": {"description": "Taken; so is any other status of 2xx."},
                "410": {"description": "Never again: the webhook is disabled."},
                "429": _LATER,
                "503": _LATER,
            },
        }
    }
}
"""The member ``webhooks`` of the document (OpenAPI 3.1.1, section 4.8.1)."""
