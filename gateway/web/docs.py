"""An offline reference page of the contract, and pages of all problems, permissions and events.

Swagger UI is served from this package: no request leaves the reader's browser for another
host. There is no inline script or style, so the policy can forbid them.
"""

from collections.abc import Iterator
from typing import Final

from flask import (
    Blueprint,
    Flask,
    Response,
    render_template,
    send_from_directory,
)
from markupsafe import Markup, escape

from gateway.access.permissions import DESCRIPTIONS, ROLES, Permission
from gateway.errors import GatewayError, SetupError
from gateway.events.catalogue import MEANINGS
from gateway.web.advice import ADVICE
from gateway.web.contract import files
from gateway.web.operation import OPERATIONS, reference_page

PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
ASSETS: Final = (
    '"reference.css", "reference.js", "sign-in.js", "swagger-ui.css", "swagger-ui-bundle.js"'
)
_ABSTRACT: Final = frozenset({"RequestError", "UpstreamError", "NotSent"})

blp = Blueprint("docs", __name__, template_folder="templates", static_folder=None, root_path=None)


@blp.get("/docs")
@reference_page("getReference")
def reference() -> Response:
    """Answer the reference page."""
    return _html(render_template("reference.html"))


@blp.get("/docs/problems")
@reference_page("getProblems")
def problems() -> Response:
    """Answer the page that ``type`` of every problem points at."""
    page = render_template("problems.html", problems=list(problem_kinds()), advice=ADVICE)
    return _html(page)


@blp.get("/docs/permissions")
@reference_page("getPermissions")
def permissions() -> Response:
    """Answer the page of all permissions."""
    return _html(
        render_template(
            "catalogue.html",
            title="Permissions",
            introduction="What a client may hold; each operation of the reference names the one "
            "that it needs.",
            head=("Permission", "Meaning", "Roles", "Operations"),
            rows=list(_permissions()),
        )
    )


@blp.get("/docs/events")
@reference_page("getEvents")
def events() -> Response:
    """Answer the page of all types of events."""
    return _html(
        render_template(
            "catalogue.html",
            title="Events",
            introduction="What the log of a reseller tells, and what is sent to webhooks. New "
            "types may be added: pass over what you do not know.",
            head=("Type", "When", "Data"),
            rows=[(kind, said.when, ", ".join(said.data)) for kind, said in MEANINGS.items()],
        )
    )


@blp.get(f"/docs/assets/<any({ASSETS}):name>")
@reference_page("getAsset")
def asset(name: str) -> Response:
    """Answer a file of the reference page."""
    folder = "static/swagger-ui" if name.startswith("swagger-ui") else "static"
    response = send_from_directory(f"{blp.root_path}/{folder}", name)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def problem_kinds() -> Iterator[type[GatewayError]]:
    """Yield every kind of problem that a caller can meet, sorted by its code."""
    kinds = {kind.code: kind for kind in _descendants(GatewayError)}
    yield from (kinds[code] for code in sorted(kinds))


def _permissions() -> Iterator[tuple[str, ...]]:
    """Yield each permission with its meaning, the roles that have it and what needs it."""
    for permission in sorted(Permission):
        roles = (name for name, granted in ROLES.items() if permission in granted)
        needing = (name for name, spec in OPERATIONS.items() if spec.permission is permission)
        yield permission, DESCRIPTIONS[permission], ", ".join(roles), ", ".join(sorted(needing))


def _descendants(kind: type[GatewayError]) -> Iterator[type[GatewayError]]:
    if issubclass(kind, SetupError):
        return
    if kind.__name__ not in _ABSTRACT:
        yield kind
    for below in kind.__subclasses__():
        yield from _descendants(below)


def _html(page: str) -> Response:
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


@blp.app_template_filter("coded")
def _coded(text: str) -> Markup:
    """Return a text as HTML: what stands between backticks is code."""
    parts = (escape(part) for part in text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else part  # escaped above
        for number, part in enumerate(parts)
    )


def install_docs(app: Flask) -> None:
    """Serve the documents from the application."""
    app.register_blueprint(files.blp)
    app.register_blueprint(blp)
