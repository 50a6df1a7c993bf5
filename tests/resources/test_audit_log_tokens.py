"""Each token that is issued, and each that is taken back, has its row; the token is in none."""

from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.errors import StorageUnavailable
from gateway.storage import outbox
from gateway.web.oauth import jwts
from tests.answers import JSON
from tests.personas.oauth import (
    asserted,
    assertion_claims,
    by_assertion,
    details,
    exchanged,
    jwk,
    new_key,
    post,
    sign_in,
    token_of,
)
from tests.resources.test_audit_log import rows
from tests.world import World


@pytest.fixture(scope="module")
def made(own_world: World) -> JSON:
    """A client of A1's."""
    return own_world.new_client("A1", roles=["read-only"])


def id_of(token: str) -> str:
    """Return the ``jti`` of a token."""
    return jwts.read(token).text_of("jti")


def row_of(world: World, token: str, action: str = "createToken") -> JSON:
    """Return the one row about a token."""
    [row] = rows(world, "a1_admin", object=id_of(token), action=action)
    assert token not in str(row)
    return row


def test_a_token_for_a_secret_has_a_row(own_world: World, made: JSON) -> None:
    token = token_of(own_world, made, scope="instances:read stores:read")
    row = row_of(own_world, token)
    assert row["phase"] == "issued"
    assert row["actor"] == {
        "client": made["id"],
        "reseller": own_world.resellers["A1"],
        "address": "127.0.0.1",
    }
    assert (row["method"], row["path"]) == ("POST", "/oauth/token")
    assert row["token"] == {
        "grant": "client_credentials",
        "authentication": "client_secret_post",
        "scopes": 2,
    }


def test_a_token_for_an_assertion_has_a_row(own_world: World) -> None:
    key = new_key()
    signer = own_world.new_client("A1", roles=["read-only"], publicKeys=[jwk(key, kid=key.kid)])
    issuer = own_world.served.gateway.issuer.issuer
    assertion = asserted(key, assertion_claims(signer["id"], issuer), kid=key.kid)
    answer = by_assertion(own_world, assertion)
    assert answer.status_code == 200, answer.text
    row = row_of(own_world, answer.get_json()["access_token"])
    assert row["token"]["authentication"] == "private_key_jwt"
    assert row["actor"]["client"] == signer["id"]


def test_a_token_for_a_token_names_the_first_one(own_world: World, made: JSON) -> None:
    mine = own_world.new_instance("A1")["id"]
    first = token_of(own_world, made)
    second = exchanged(
        own_world, made, first, scope="instances:read", authorization_details=details(mine)
    )
    row = row_of(own_world, second)
    assert row["actor"]["token"] == id_of(first)
    assert (row["token"]["grant"], row["token"]["scopes"]) == ("token-exchange", 1)
    assert row["token"]["instances"] == 1


def test_whoever_takes_a_token_back_is_the_client_that_asked(own_world: World, made: JSON) -> None:
    token = token_of(own_world, made)
    answer = post(own_world, "/oauth/revoke", {"token": token, **sign_in(made)})
    assert answer.status_code == 200
    row = row_of(own_world, token, "revokeToken")
    assert row["actor"] == {
        "client": made["id"],
        "reseller": own_world.resellers["A1"],
        "address": "127.0.0.1",
    }
    assert (row["method"], row["path"]) == ("POST", "/oauth/revoke")


def test_without_an_audit_row_nobody_gets_a_token(
    own_world: World, made: JSON, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", full)
        form = {"grant_type": "client_credentials", **sign_in(made)}
        answer = post(own_world, "/oauth/token", form)
    assert answer.status_code == 503
    assert "access_token" not in answer.text


@pytest.mark.parametrize("claimed", ["", "admin", "hunter2-a-secret", "cli_short"])
def test_a_failed_login_names_no_text_that_is_no_id(own_world: World, claimed: str) -> None:
    assert logged(own_world, claimed) == "(no id of a client)"


def test_a_failed_login_names_the_client_that_was_claimed(own_world: World, made: JSON) -> None:
    assert logged(own_world, made["id"]) == made["id"]
    assert logged(own_world, f"cli_{'0' * 32}") == f"cli_{'0' * 32}"


def logged(world: World, claimed: str) -> Any:  # noqa: ANN401 - a log's value
    """Return whom the log names after a login that fails."""
    form = {"grant_type": "client_credentials", "client_id": claimed, "client_secret": "wrong"}
    with capture_logs() as logs:
        assert post(world, "/oauth/token", form).status_code == 401
    [line] = [each for each in logs if each["event"] == "login.failed"]
    assert "wrong" not in str(line)
    return line["client"]
