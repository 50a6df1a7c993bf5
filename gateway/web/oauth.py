"""The authorization server: POST /oauth/token, its public keys and its metadata."""

from typing import Any, Final

from flask import Response, jsonify
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.web.api import Blueprint
from gateway.web.authorization_server import AUTH_METHODS, FORM, GRANT_TYPE, ports, token_answer
from gateway.web.fields import Choice, ListOf, Part, Text, Whole
from gateway.web.operation import operation
from gateway.web.schemas import Schema
from gateway.web.tokens import ALGORITHM

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 # a path

_FORM: Final[dict[str, Any]] = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": ["grant_type"],
                "properties": {
                    "grant_type": {"type": "string", "enum": [GRANT_TYPE]},
                    "scope": {
                        "type": "string",
                        "description": "Permissions separated by spaces; may only narrow.",
                    },
                    "client_id": {"type": "string"},
                    "client_secret": {"type": "string", "format": "password"},
                },
            },
            "example": {"grant_type": GRANT_TYPE, "scope": "instances:read stores:read"},
        }
    },
}


class TokenAnswer(Schema):
    """An access token (RFC 6749, section 5.1)."""

    access_token = Text("A JWT (RFC 9068).", data_key="access_token", required=True, dump_only=True)
    token_type = Choice(("Bearer",), data_key="token_type", required=True, dump_only=True)
    expires_in = Whole("Seconds.", data_key="expires_in", required=True, dump_only=True)
    scope = Text("What it allows: words separated by spaces.", dump_only=True)


class OAuthError(Schema):
    """An error of the token endpoint (RFC 6749, section 5.2)."""

    error = Choice(
        (
            "invalid_request",
            "invalid_client",
            "unauthorized_client",
            "unsupported_grant_type",
            "invalid_scope",
        ),
        "Which error.",
        required=True,
        dump_only=True,
    )
    error_description = Text("In words.", data_key="error_description", dump_only=True)


class PublicKey(Schema):
    """A public key (RFC 7517)."""

    kty = Text("Key type.", required=True, dump_only=True)
    crv = Text("Curve.", required=True, dump_only=True)
    x = Text("Coordinate.", required=True, dump_only=True)
    y = Text("Coordinate.", required=True, dump_only=True)
    kid = Text("Which key; `kid` of the tokens.", required=True, dump_only=True)
    use = Text("`sig`.", required=True, dump_only=True)
    alg = Text("`ES256`.", required=True, dump_only=True)


class PublicKeys(Schema):
    """The keys that verify access tokens (RFC 7517, section 5)."""

    keys = ListOf(Part(PublicKey), required=True, dump_only=True)


class Metadata(Schema):
    """What this authorization server can do (RFC 8414)."""

    issuer = Text("Its URL.", required=True, dump_only=True)
    token_endpoint = Text("URL.", data_key="token_endpoint", required=True, dump_only=True)
    jwks_uri = Text("URL.", data_key="jwks_uri", required=True, dump_only=True)
    scopes_supported = ListOf(Text(), data_key="scopes_supported", required=True, dump_only=True)
    response_types_supported = ListOf(
        Text(), data_key="response_types_supported", required=True, dump_only=True
    )
    grant_types_supported = ListOf(
        Text(), data_key="grant_types_supported", required=True, dump_only=True
    )
    token_endpoint_auth_methods_supported = ListOf(
        Text(), data_key="token_endpoint_auth_methods_supported", required=True, dump_only=True
    )


blp = Blueprint("oauth", __name__, description="Access tokens for API clients.")


@blp.route(TOKEN_PATH)
class Token(MethodView):
    """Access tokens."""

    @operation(blp, "createToken", permission=None, public=True)
    @blp.doc(requestBody=_FORM, security=[{"clientSecret": []}, {}])
    @blp.alt_response(401, schema=OAuthError, headers={"WWW-Authenticate": "WWW-Authenticate"})
    @blp.alt_response(400, schema=OAuthError)
    @blp.response(200, TokenAnswer)
    def post(self) -> Response:
        """Get an access token.

        The client says who it is by HTTP Basic, or by `client_id` and `client_secret` in the
        form; not by both. Errors have the format of RFC 6749, section 5.2.
        """
        return token_answer()


@blp.route("/.well-known/jwks.json")
class Keys(MethodView):
    """The public keys."""

    @operation(blp, "listSigningKeys", permission=None, public=True)
    @blp.response(200, PublicKeys)
    def get(self) -> Response:
        """List the keys that verify access tokens."""
        keys = ports().key_ring.verification_keys().as_dict(private=False)["keys"]
        public = [{**key, "use": "sig", "alg": ALGORITHM} for key in keys]
        return _cacheable(jsonify(keys=public))


@blp.route("/.well-known/oauth-authorization-server")
class ServerMetadata(MethodView):
    """The metadata."""

    @operation(blp, "getAuthorizationServerMetadata", permission=None, public=True)
    @blp.response(200, Metadata)
    def get(self) -> Response:
        """Describe the authorization server."""
        issuer = ports().issuer.issuer
        metadata = {
            "issuer": issuer,
            "token_endpoint": f"{issuer}{TOKEN_PATH}",
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "scopes_supported": [permission.value for permission in Permission],
            "response_types_supported": [],
            "grant_types_supported": [GRANT_TYPE],
            "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        }
        return _cacheable(jsonify(metadata))


def _cacheable(response: Response) -> Response:
    response.headers["Cache-Control"] = "public, max-age=60"
    return response
