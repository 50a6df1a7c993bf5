"""A view is a declared operation, or it does not start."""

from http import HTTPStatus

import pytest
from flask import Flask
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.errors import DeclarationError
from gateway.web import operation as operations
from gateway.web.blueprint import Blueprint
from gateway.web.operation import ANY, check_every_view, operation, reference_page, spec_of
from gateway.web.schemas import Schema, page_of


@pytest.fixture
def blp() -> Blueprint:
    return Blueprint("things", __name__, description="Things.", url_prefix="/things")


def view() -> str:
    return "x"


def test_an_operation_id_is_used_once(blp: Blueprint) -> None:
    operation(blp, "listThings", permission=ANY)
    with pytest.raises(DeclarationError, match="listThings is used twice"):
        operation(blp, "listThings", permission=ANY)


def test_an_operation_without_a_permission_is_refused(blp: Blueprint) -> None:
    with pytest.raises(DeclarationError, match="public or need a permission"):
        operation(blp, "listThings", permission=None)


def test_a_public_operation_has_no_permission(blp: Blueprint) -> None:
    with pytest.raises(DeclarationError, match="public or need a permission"):
        operation(blp, "listThings", permission=Permission.STORES_READ, public=True)


def test_an_error_without_a_description_is_refused(blp: Blueprint) -> None:
    with pytest.raises(DeclarationError, match="418"):
        operation(blp, "listThings", permission=ANY, errors=(HTTPStatus.IM_A_TEAPOT,))(view)


def test_a_header_parameter_without_a_description_is_refused(blp: Blueprint) -> None:
    with pytest.raises(DeclarationError, match="X-Magic"):
        operation(blp, "listThings", permission=ANY, parameters=("X-Magic",))


def test_the_declaration_is_found_by_its_route(app: Flask) -> None:
    spec = spec_of(app, "shelves.Shelves", "GET")
    assert spec is not None
    assert (spec.operation_id, spec.permission) == ("listShelves", Permission.STORES_READ)
    assert spec.endpoint == "shelves.Shelves"
    assert spec_of(app, "shelves.Shelves", "HEAD") is spec
    assert spec_of(app, "shelves.Shelves", "PUT") is None
    assert spec_of(app, "nowhere", "GET") is None
    assert spec_of(app, None, "GET") is None


def test_every_view_of_the_toy_is_an_operation(app: Flask) -> None:
    check_every_view(app)


def test_a_view_that_is_no_operation_does_not_start() -> None:
    app = Flask("bare", static_folder=None)
    app.add_url_rule("/docs", "docs", reference_page("getDocs")(view))
    check = pytest.raises(DeclarationError, match="GET /x")
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.add_url_rule("/x", "x", lambda: "x")
    with check:
        check_every_view(app)


def test_a_method_that_is_no_operation_does_not_start(blp: Blueprint) -> None:
    @blp.route("")
    class Things(MethodView):
        @operation(blp, "listThings", permission=ANY)
        def get(self) -> str:
            """List."""
            return ""

        def delete(self) -> str:
            """Forgotten."""
            return ""

    app = Flask("bare", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.register_blueprint(blp)
    with pytest.raises(DeclarationError, match="DELETE /things"):
        check_every_view(app)
    assert operations.OPERATIONS["listThings"].endpoint == "things.Things"


def test_a_component_name_is_used_once() -> None:
    def declare(module: str) -> None:
        type(Schema)("Thing", (Schema,), {"__module__": module})

    declare("one")
    with pytest.raises(DeclarationError, match="both called Thing"):
        declare("two")


def test_a_page_is_named_after_its_items() -> None:
    class Box(Schema):
        """A box."""

    assert page_of(Box).__name__ == "BoxPage"
    assert page_of(Box, "Boxes").__name__ == "Boxes"
