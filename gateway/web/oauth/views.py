"""The endpoints of the authorization server, its public keys and its metadata."""

from collections.abc import Callable
from typing import Any, Final

from flask import Response, jsonify
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.client_keys import ALGORITHMS
from gateway.broker.key_ring import CACHE_SECONDS
from gateway.web.api import Blueprint
from gateway.web.http_errors import RateLimited
from gateway.web.oauth.authorization_details import TYPE
from gateway.web.oauth.client_authentication import AUTH_METHODS, TOKEN_PATH
from gateway.web.oauth.errors import GRANT_TYPES, answer_busy
from gateway.web.oauth.ports import ports
from gateway.web.oauth.schemas import (
    Metadata,
    OAuthError,
    PublicKeys,
    TokenAnswer,
    TokenDescription,
)
from gateway.web.oauth.server import (
    FORM,
    introspection_answer,
    revocation_answer,
    token_answer,
)
from gateway.web.oauth.tokens import ALGORITHM
from gateway.web.operation import View, operation
from gateway.web.schemas import NoFields

REVOCATION_PATH: Final = "/oauth/revoke"
INTROSPECTION_PATH: Final = "/oauth/introspect"
KEYS_PATH: Final = "/.well-known/jwks.json"

_TEXT: Final = {"type": "string"}
_SECRET: Final = {"type": "string", "format": "password"}
_CLIENT: Final = {
    "client_id": _TEXT,
    "client_secret": _SECRET,
    "client_assertion_type": _TEXT,
    "client_assertion": {**_SECRET, "description": "A JWT of the client's (RFC 7523)."},
}
_SECURITY: Final[list[dict[str, list[str]]]] = [{"clientSecret": []}, {}]


def _form(required: str, example: dict[str, str], **properties: object) -> dict[str, Any]:
    """Return the description of a form."""
    whole = {"type": "object", "required": [required], "properties": {**properties, **_CLIENT}}
    return {"required": True, "content": {FORM: {"schema": whole, "example": example}}}


_TOKEN_FORM: Final = _form(
    "grant_type",
    {"grant_type": GRANT_TYPES[0], "scope": "instances:read stores:read"},
    grant_type={"type": "string", "enum": list(GRANT_TYPES)},
    scope={"type": "string", "description": "Permissions separated by spaces; may only narrow."},
    authorization_details={
        "type": "string",
        "description": "JSON: the only instances that the token reaches (RFC 9396), such as "
        f'`[{{"type": "{TYPE}", "instances": ["ins_…"]}}]`.',
    },
    subject_token={**_SECRET, "description": "Exchange: an access token of the client's."},
    subject_token_type={"type": "string", "description": "Exchange: its type (RFC 8693)."},
    requested_token_type=_TEXT,
)
_ONE_TOKEN: Final = _form(
    "token", {"token": "eyJhbGciOiJFUzI1NiJ9.e30.AA"}, token=_SECRET, token_type_hint=_TEXT
)

blp = Blueprint("oauth", __name__, description="Access tokens for API clients.")
blp.register_error_handler(RateLimited, answer_busy)


def _of_clients(form: dict[str, Any]) -> Callable[[View], View]:
    """Describe a call by which a client says who it is: its form, and the errors of RFC 6749."""
    decorators: tuple[Callable[[View], View], ...] = (
        blp.alt_response(429, schema=OAuthError, headers={"Retry-After": "Retry-After"}),
        blp.alt_response(400, schema=OAuthError),
        blp.alt_response(401, schema=OAuthError, headers={"WWW-Authenticate": "WWW-Authenticate"}),
        blp.doc(requestBody=form, security=_SECURITY),
    )

    def describe(view: View) -> View:
        for decorate in decorators:
            view = decorate(view)
        return view

    return describe


@blp.route(TOKEN_PATH)
class Token(MethodView):
    """Access tokens."""

    @operation(blp, "createToken", permission=None, public=True, errors=(503,))
    @_of_clients(_TOKEN_FORM)
    @blp.response(200, TokenAnswer)
    def post(self) -> Response:
        """Get an access token.

        The client says who it is by HTTP Basic, by `client_id` and `client_secret` in the form,
        or by a `client_assertion` (RFC 7523); in one way only. With a token of its own it gets
        a narrower and shorter one in exchange (RFC 8693). Errors have the format of RFC 6749,
        section 5.2.
        """
        return token_answer()


@blp.route(REVOCATION_PATH)
class TokenRevocation(MethodView):
    """Tokens that are taken back."""

    @operation(blp, "revokeToken", permission=None, public=True, errors=(503,))
    @_of_clients(_ONE_TOKEN)
    @blp.response(200, NoFields)
    def post(self) -> Response:
        """Revoke an access token of the client's own, and all that it was exchanged for.

        They are refused from now on. A token that is not accepted anyway is no error (RFC 7009).
        """
        return revocation_answer()


@blp.route(INTROSPECTION_PATH)
class TokenIntrospection(MethodView):
    """Tokens that are looked into."""

    @operation(blp, "introspectToken", permission=None, public=True, errors=(503,))
    @_of_clients(_ONE_TOKEN)
    @blp.response(200, TokenDescription)
    def post(self) -> Response:
        """Say whether an access token counts, and what it allows (RFC 7662).

        A client sees its own tokens, and with `clients:read` those of its reseller and below;
        of any other it hears that it is not active.
        """
        return introspection_answer()


@blp.route(KEYS_PATH)
class Keys(MethodView):
    """The public keys."""

    @operation(blp, "listSigningKeys", permission=None, public=True, errors=(503,))
    @blp.response(200, PublicKeys)
    def get(self) -> Response:
        """List the keys that verify access tokens; one that signs soon is among them."""
        keys = ports().key_ring.verification_keys().as_dict(private=False)["keys"]
        public = [{**key, "use": "sig", "alg": ALGORITHM} for key in keys]
        return _cacheable(jsonify(keys=public))


@blp.route("/.well-known/oauth-authorization-server")
class ServerMetadata(MethodView):
    """The metadata."""

    @operation(blp, "getAuthorizationServerMetadata", permission=None, public=True)
    @blp.response(200, Metadata)
    def get(self) -> Response:
        """Describe the authorization server (RFC 8414)."""
        return _cacheable(jsonify(_metadata(ports().issuer.issuer)))


def _metadata(issuer: str) -> dict[str, Any]:
    methods = {
        f"{endpoint}_endpoint_auth_{what}_supported": list(values)
        for endpoint in ("token", "revocation", "introspection")
        for what, values in (("methods", AUTH_METHODS), ("signing_alg_values", ALGORITHMS))
    }
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}{TOKEN_PATH}",
        "revocation_endpoint": f"{issuer}{REVOCATION_PATH}",
        "introspection_endpoint": f"{issuer}{INTROSPECTION_PATH}",
        "jwks_uri": f"{issuer}{KEYS_PATH}",
        "service_documentation": f"{issuer}/docs",
        "scopes_supported": [permission.value for permission in Permission],
        "response_types_supported": [],
        "grant_types_supported": list(GRANT_TYPES),
        "authorization_details_types_supported": [TYPE],
        **methods,
    }


def _cacheable(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={CACHE_SECONDS}"
    return response
