"""A toy application with all the furniture, and a gateway of fakes behind it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.web import operation, schemas
from tests.web.toy import ToyGateway, make_app


@pytest.fixture(autouse=True)
def fresh_declarations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what a test declares out of the contract of the product."""
    monkeypatch.setattr(operation, "OPERATIONS", {})
    monkeypatch.setattr(schemas, "_DECLARED", {})


@pytest.fixture(scope="session")
def toy() -> ToyGateway:
    return ToyGateway()


@pytest.fixture(scope="session")
def app(toy: ToyGateway) -> Iterator[Flask]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(operation, "OPERATIONS", {})
        patch.setattr(schemas, "_DECLARED", {})
        yield make_app(toy)


@pytest.fixture
def anonymous(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def client(app: Flask, toy: ToyGateway) -> FlaskClient:
    """A client of the root reseller."""
    return client_with(app, toy.token("cli_operator"))


@pytest.fixture
def reseller_client(app: Flask, toy: ToyGateway) -> FlaskClient:
    return client_with(app, toy.token("cli_reseller"))


def client_with(app: Flask, token: str) -> FlaskClient:
    test_client = app.test_client()
    test_client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return test_client
