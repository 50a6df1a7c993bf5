"""Errors of the OAuth endpoints that Authlib lacks, or says otherwise."""

import json
from typing import Final

from authlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    OAuth2Error,
    UnsupportedGrantTypeError,
)
from flask import Response

from gateway.web.http_errors import RateLimited
from gateway.web.problems import answer_gateway_error

GRANT_TYPES: Final = (
    "client_credentials",
    "urn:ietf:params:oauth:grant-type:token-exchange",
)


class UnsupportedGrant(UnsupportedGrantTypeError):  # type: ignore[misc] # the library ships no types
    """Does not repeat what the caller sent."""

    description = "The grant types are client_credentials and token-exchange (RFC 8693)."

    def get_error_description(self) -> str:
        """Return the sentence."""
        return self.description


class InvalidTarget(OAuth2Error):  # type: ignore[misc] # the library ships no types
    """The token is wanted for somebody else than us (RFC 8693, section 2.2.2)."""

    error = "invalid_target"
    description = "Tokens are for this gateway only."


class InvalidDetails(OAuth2Error):  # type: ignore[misc] # the library ships no types
    """The authorization details are not granted (RFC 9396, section 5)."""

    error = "invalid_authorization_details"


def answer_busy(error: RateLimited) -> Response:
    """Answer a call too many in the format of the endpoints; RFC 6749 has the word elsewhere.

    It is in section 4.1.2.1, for a server that cannot take a request for the moment.
    """
    response = answer_gateway_error(error)
    members = {"error": "temporarily_unavailable", "error_description": error.detail}
    response.set_data(json.dumps(members))
    response.content_type = "application/json"
    return response


def refused() -> InvalidClientError:
    """Return the one answer to whoever does not prove to be a client."""
    return InvalidClientError("The client is unknown or its secret is wrong.", status_code=401)
