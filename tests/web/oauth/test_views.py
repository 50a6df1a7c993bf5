"""The token endpoint answers as RFC 6749 says, and tells an outsider nothing."""

import base64
import json

import pytest
from flask.testing import FlaskClient

from gateway.access.permissions import Permission
from gateway.web.oauth.server import FORM
from tests.web.toy import ISSUER, SECRET, SHELVES, ToyGateway

GRANT = {"grant_type": "client_credentials"}
ENCODED_SECRET = SECRET.replace("+", "%2B").replace("/", "%2F")
OPERATOR = {**GRANT, "client_id": "cli_operator", "client_secret": SECRET}


def basic(client_id: str, secret: str) -> dict[str, str]:
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def test_a_client_gets_a_token_by_basic(anonymous: FlaskClient, toy: ToyGateway) -> None:
    answer = anonymous.post(
        "/oauth/token", data=GRANT, headers=basic("cli_reseller", ENCODED_SECRET)
    )
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", 600)
    assert answer.json["scope"] == "stores:read"
    claims = toy.verifier.verify(answer.json["access_token"])
    assert (claims.client, claims.reseller) == ("cli_reseller", "res_one")


def test_a_client_gets_a_token_by_the_form(anonymous: FlaskClient) -> None:
    token = anonymous.post("/oauth/token", data=OPERATOR).json["access_token"]
    answer = anonymous.get(SHELVES, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "scope", ["stores:read", "users:read stores:read", "stores:read stores:read"]
)
def test_a_scope_narrows(anonymous: FlaskClient, toy: ToyGateway, scope: str) -> None:
    answer = anonymous.post("/oauth/token", data={**OPERATOR, "scope": scope}).json
    assert answer["scope"] == " ".join(sorted(set(scope.split())))
    assert toy.verifier.verify(answer["access_token"]).scope == answer["scope"]


def test_without_a_scope_the_token_has_all_that_the_client_has(anonymous: FlaskClient) -> None:
    granted = anonymous.post("/oauth/token", data=OPERATOR).json["scope"].split()
    assert granted == sorted(map(str, Permission))


@pytest.mark.parametrize(
    "scope",
    [
        "users:read",
        "stores:read users:read",
        "*",
        "stores:*",
        "",
        " ",
        "STORES:READ",
        "stores:read  x",
    ],
)
def test_a_scope_never_widens(anonymous: FlaskClient, scope: str) -> None:
    form = {**GRANT, "client_id": "cli_reseller", "client_secret": SECRET, "scope": scope}
    answer = anonymous.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("scope", "named"),
    [
        ("stores:read users:read", "users:read"),
        ("x stores:read stores:*", "stores:*"),
        ("STORES:READ", "STORES:READ"),
    ],
)
def test_the_word_that_is_too_much_is_named(anonymous: FlaskClient, scope: str, named: str) -> None:
    form = {**GRANT, "client_id": "cli_reseller", "client_secret": SECRET, "scope": scope}
    said = anonymous.post("/oauth/token", data=form).json["error_description"]
    assert said.endswith(f" {named}.")


@pytest.mark.parametrize("scope", ["<script>", 'a"b', "x" * 61, "stores:read  x", "\u00e9"])
def test_what_is_no_word_is_not_repeated(anonymous: FlaskClient, scope: str) -> None:
    form = {**GRANT, "client_id": "cli_reseller", "client_secret": SECRET, "scope": scope}
    said = anonymous.post("/oauth/token", data=form).json["error_description"]
    assert said == "The scope must be permissions with one space between them."


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (GRANT, {}),
        ({**GRANT, "client_id": "cli_operator"}, {}),
        ({**GRANT, "client_secret": SECRET}, {}),
        ({**OPERATOR, "client_secret": "wrong"}, {}),
        ({**OPERATOR, "client_secret": ""}, {}),
        ({**OPERATOR, "client_secret": f"{SECRET} "}, {}),
        ({**OPERATOR, "client_id": "cli_unknown"}, {}),
        ({**OPERATOR, "client_id": "*"}, {}),
        ({**OPERATOR, "client_id": "cli_disabled"}, {}),
        (GRANT, basic("cli_operator", "wrong")),
        (GRANT, basic("cli_unknown", SECRET)),
        (GRANT, basic("cli_disabled", ENCODED_SECRET)),
        (GRANT, basic("", "")),
        (GRANT, {"Authorization": "Basic"}),
        (GRANT, {"Authorization": "Basic !!!"}),
        (GRANT, {"Authorization": "Basic /////w=="}),
        (GRANT, {"Authorization": "Basic bm9jb2xvbg=="}),
        (GRANT, {"Authorization": f"Bearer {SECRET}"}),
    ],
)
def test_whoever_is_refused_hears_the_same(
    anonymous: FlaskClient, form: dict[str, str], headers: dict[str, str]
) -> None:
    answer = anonymous.post("/oauth/token", data=form, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json == {
        "error": "invalid_client",
        "error_description": "The client is unknown or its secret is wrong.",
    }


@pytest.mark.parametrize("grant", ["", "password", "refresh_token", "authorization_code", 'x"y'])
def test_another_grant_is_not_supported(anonymous: FlaskClient, grant: str) -> None:
    answer = anonymous.post("/oauth/token", data={**OPERATOR, "grant_type": grant})
    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")
    assert "client_credentials and token-exchange" in answer.json["error_description"]


@pytest.mark.parametrize("name", ["scope", "client_id", "client_secret", "grant_type"])
def test_a_repeated_parameter_is_invalid(anonymous: FlaskClient, name: str) -> None:
    form = {**{key: [value] for key, value in OPERATOR.items()}, "scope": ["stores:read"]}
    form[name] = form[name] * 2
    answer = anonymous.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_two_ways_of_authentication_at_once_are_invalid(anonymous: FlaskClient) -> None:
    headers = basic("cli_operator", ENCODED_SECRET)
    answer = anonymous.post("/oauth/token", data=OPERATOR, headers=headers)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_secret_in_the_query_is_refused(anonymous: FlaskClient) -> None:
    answer = anonymous.post("/oauth/token", query_string=OPERATOR)
    assert answer.status_code == 422
    assert SECRET not in answer.text


def test_a_large_form_is_refused(anonymous: FlaskClient) -> None:
    answer = anonymous.post("/oauth/token", data={**OPERATOR, "pad": "x" * 20_000})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data", "text/plain", ""]
)
def test_another_media_type_is_invalid(anonymous: FlaskClient, content_type: str) -> None:
    body = b"grant_type=client_credentials"
    answer = anonymous.post("/oauth/token", data=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_form_that_is_not_utf_8_holds_no_grant(anonymous: FlaskClient) -> None:
    body = b"grant_type=client_credentials&client_id=\xff"
    answer = anonymous.post("/oauth/token", data=body, headers={"Content-Type": FORM})
    assert (answer.status_code, answer.json["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_tokens_are_got_by_post_only(anonymous: FlaskClient, method: str) -> None:
    assert anonymous.open("/oauth/token", method=method).status_code == 405


def test_the_keys_are_public_and_nothing_private_is_among_them(anonymous: FlaskClient) -> None:
    keys = anonymous.get("/.well-known/jwks.json").json["keys"]
    assert [key["kid"] for key in keys] == ["k1", "k2"]
    for key in keys:
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_the_metadata_names_the_issuer_and_never_the_host(anonymous: FlaskClient) -> None:
    path = "/.well-known/oauth-authorization-server"
    answer = anonymous.get(path, base_url="http://evil.example")
    assert answer.json["issuer"] == ISSUER
    assert answer.json["token_endpoint"] == f"{ISSUER}/oauth/token"
    assert answer.json["jwks_uri"] == f"{ISSUER}/.well-known/jwks.json"
    assert answer.json["revocation_endpoint"] == f"{ISSUER}/oauth/revoke"
    assert answer.json["introspection_endpoint"] == f"{ISSUER}/oauth/introspect"
    assert answer.json["grant_types_supported"] == [
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ]
    assert answer.json["authorization_details_types_supported"] == ["spe-gateway"]
    for endpoint in ("token", "revocation", "introspection"):
        methods = answer.json[f"{endpoint}_endpoint_auth_methods_supported"]
        assert methods == ["client_secret_basic", "client_secret_post", "private_key_jwt"]
        algorithms = answer.json[f"{endpoint}_endpoint_auth_signing_alg_values_supported"]
        assert algorithms == ["ES256", "RS256", "PS256"]
    assert "evil.example" not in json.dumps(answer.json)
