"""What the authorization server answers; the names are those of the RFCs, in snake case."""

from typing import Any

from marshmallow.fields import Field

from gateway.web.fields import Choice, Flag, Id, ListOf, Part, Text, Whole
from gateway.web.oauth.authorization_details import TYPE
from gateway.web.schemas import Schema


class OAuthSchema(Schema):
    """An object whose keys are the names of its fields, as OAuth has them."""

    def on_bind_field(self, field_name: str, field_obj: Field[Any]) -> None:
        """Give the field its key."""
        field_obj.data_key = field_name


class AuthorizationDetail(OAuthSchema):
    """Which instances a token reaches (RFC 9396)."""

    type = Choice((TYPE,), "What the rest is about.", required=True, dump_only=True)
    instances = ListOf(Id("ins"), "The only ones.", required=True, dump_only=True)


class TokenAnswer(OAuthSchema):
    """An access token (RFC 6749, section 5.1; RFC 8693, section 2.2.1)."""

    access_token = Text("A JWT (RFC 9068).", required=True, dump_only=True)
    token_type = Choice(("Bearer",), "How it is sent (RFC 6750).", required=True, dump_only=True)
    expires_in = Whole("Seconds.", required=True, dump_only=True)
    scope = Text(
        "What it allows: words separated by spaces.", min_length=0, required=True, dump_only=True
    )
    authorization_details = ListOf(
        Part(AuthorizationDetail),
        "Which instances it reaches; left out for all that the client reaches.",
        dump_only=True,
    )
    issued_token_type = Text("After an exchange.", dump_only=True)


class TokenDescription(OAuthSchema):
    """What a token says (RFC 7662, section 2.2); of one that is not accepted only `active`."""

    active = Flag("Whether a request with it would be let in.", required=True, dump_only=True)
    scope = Text("What it allows now.", min_length=0, dump_only=True)
    client_id = Id("cli", "Whose it is.", dump_only=True)
    token_type = Choice(("Bearer",), "How it is sent (RFC 6750).", dump_only=True)
    exp = Whole("When it expires: seconds since 1970.", dump_only=True)
    iat = Whole("When it was issued: seconds since 1970.", dump_only=True)
    sub = Id("cli", "Whose it is.", dump_only=True)
    aud = Text("Whom it is for.", dump_only=True)
    iss = Text("Who issued it.", dump_only=True)
    jti = Text("Its id.", dump_only=True)
    reseller = Id("res", "The reseller of its client.", dump_only=True)
    authorization_details = ListOf(
        Part(AuthorizationDetail), "Which instances it reaches.", dump_only=True
    )


class OAuthError(OAuthSchema):
    """An error of the endpoints (RFC 6749, section 5.2)."""

    error = Choice(
        (
            "invalid_request",
            "invalid_client",
            "unauthorized_client",
            "unsupported_grant_type",
            "invalid_scope",
            "invalid_target",
            "invalid_authorization_details",
            "temporarily_unavailable",
        ),
        "Which error.",
        required=True,
        dump_only=True,
    )
    error_description = Text("In words.", dump_only=True)


class PublicKey(OAuthSchema):
    """A public key (RFC 7517)."""

    kty = Text("Key type.", required=True, dump_only=True)
    crv = Text("Curve.", required=True, dump_only=True)
    x = Text("Coordinate.", required=True, dump_only=True)
    y = Text("Coordinate.", required=True, dump_only=True)
    kid = Text("Which key; `kid` of the tokens.", required=True, dump_only=True)
    use = Text("`sig`.", required=True, dump_only=True)
    alg = Text("`ES256`.", required=True, dump_only=True)


class PublicKeys(OAuthSchema):
    """The keys that verify access tokens (RFC 7517, section 5)."""

    keys = ListOf(Part(PublicKey), "All that sign, or have signed.", required=True, dump_only=True)


class Metadata(OAuthSchema):
    """What this authorization server can do (RFC 8414, section 2)."""

    issuer = Text("Its URL.", required=True, dump_only=True)
    token_endpoint = Text("URL.", required=True, dump_only=True)
    revocation_endpoint = Text("URL.", required=True, dump_only=True)
    introspection_endpoint = Text("URL.", required=True, dump_only=True)
    jwks_uri = Text("URL.", required=True, dump_only=True)
    service_documentation = Text("URL.", required=True, dump_only=True)
    scopes_supported = ListOf(
        Text(), "Permissions that a token may be narrowed to.", required=True, dump_only=True
    )
    response_types_supported = ListOf(
        Text(), "None: nobody signs in here with a browser.", required=True, dump_only=True
    )
    grant_types_supported = ListOf(
        Text(), "What a token is given for.", required=True, dump_only=True
    )
    token_endpoint_auth_methods_supported = ListOf(
        Text(), "How clients prove who they are there.", required=True, dump_only=True
    )
    token_endpoint_auth_signing_alg_values_supported = ListOf(
        Text(), "What signs the assertions of clients there.", required=True, dump_only=True
    )
    revocation_endpoint_auth_methods_supported = ListOf(
        Text(), "How clients prove who they are there.", required=True, dump_only=True
    )
    revocation_endpoint_auth_signing_alg_values_supported = ListOf(
        Text(), "What signs the assertions of clients there.", required=True, dump_only=True
    )
    introspection_endpoint_auth_methods_supported = ListOf(
        Text(), "How clients prove who they are there.", required=True, dump_only=True
    )
    introspection_endpoint_auth_signing_alg_values_supported = ListOf(
        Text(), "What signs the assertions of clients there.", required=True, dump_only=True
    )
    authorization_details_types_supported = ListOf(
        Text(), "What `authorization_details` may be about.", required=True, dump_only=True
    )
