"""What speaks to the endpoints of the authorization server, as a client's program does."""

import json
import time
import uuid
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, Key
from werkzeug.test import TestResponse

from gateway.web.oauth.assertions import ASSERTION_TYPE
from gateway.web.oauth.grants import ACCESS_TOKEN
from tests.answers import JSON
from tests.personas.forging import changed
from tests.world import World

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


def post(world: World, path: str, form: JSON, address: str = "127.0.0.1") -> TestResponse:
    """Post a form to one of the endpoints."""
    client = world.served.client()
    return client.post(path, data=form, environ_overrides={"REMOTE_ADDR": address})


def sign_in(made: JSON) -> JSON:
    """Return the form by which a client says who it is with its secret."""
    return {"client_id": made["clientId"], "client_secret": made["clientSecret"]}


def token_of(world: World, made: JSON, **form: str) -> str:
    """Fetch a token with a client's secret."""
    asked = {"grant_type": "client_credentials", **sign_in(made), **form}
    answer = post(world, "/oauth/token", asked)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["access_token"])


def details(*instances: object) -> str:
    """Return authorization details (RFC 9396)."""
    return json.dumps([{"type": "spe-gateway", "instances": list(instances)}])


def exchange(world: World, made: JSON, subject: str, **form: Any) -> TestResponse:  # noqa: ANN401 # a form
    """Exchange a token; ``ABSENT`` leaves a parameter out."""
    good = {
        "grant_type": EXCHANGE,
        "subject_token": subject,
        "subject_token_type": ACCESS_TOKEN,
        **sign_in(made),
    }
    return post(world, "/oauth/token", changed(good, form))


def exchanged(world: World, made: JSON, subject: str, **form: Any) -> str:  # noqa: ANN401 # a form
    """Return the token that another one is exchanged for."""
    answer = exchange(world, made, subject, **form)
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["access_token"])


def jwk(key: Key, **members: Any) -> JSON:  # noqa: ANN401 # JSON
    """Return the public key as a client registers it."""
    return {**key.as_dict(private=False), **members}


def assertion_claims(client: str, audience: str, **changes: Any) -> JSON:  # noqa: ANN401 # JSON
    """Return the claims of a good assertion (RFC 7523, section 3), changed."""
    now = int(time.time())
    good = {
        "iss": client,
        "sub": client,
        "aud": audience,
        "iat": now,
        "exp": now + 60,
        "jti": uuid.uuid4().hex,
    }
    return changed(good, changes)


def asserted(key: Key, claims: JSON, algorithm: str = "ES256", **header: Any) -> str:  # noqa: ANN401 # JSON
    """Sign an assertion properly."""
    whole = {"alg": algorithm, "typ": "JWT", **header}
    return jwt.encode(whole, claims, key, algorithms=[algorithm])


def by_assertion(world: World, assertion: str, **form: Any) -> TestResponse:  # noqa: ANN401 # a form
    """Ask for a token with an assertion."""
    good = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    return post(world, "/oauth/token", changed(good, form))


def new_key() -> ECKey:
    """Make a key pair of a client's."""
    return ECKey.generate_key("P-256", {"kid": uuid.uuid4().hex})
