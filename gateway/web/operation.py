"""The decorator that makes a view an operation: its name, its right, its commands, its errors.

It stands above ``@blp.arguments`` and ``@blp.response`` on a method of a ``MethodView``::

    @blp.route("/<number:store>/verify")
    class StoreVerification(MethodView):
        @operation(
            blp, "verifyStore", permission=Permission.STORES_RUN, commands=(VERIFY_STORE,),
            asynchronous=True,
        )
        @blp.response(200, StoreSchema)
        def post(self, instance: str, store: int) -> ...:

Every view has one; a view without is refused at start-up and, should it be reached, by the
hooks. Whoever forgets the permission cannot import the file.
"""

from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from functools import wraps
from http import HTTPStatus
from typing import Any, Final, TypeVar

import marshmallow as ma
from flask import Blueprint, Flask, Response, request
from werkzeug.routing import Rule

from gateway.access.permissions import Permission
from gateway.errors import DeclarationError
from gateway.model import Operation
from gateway.spe.command import Command
from gateway.web.body import refuse_body, refuse_query
from gateway.web.components import PARAMETERS
from gateway.web.error_answers import component_of

Shape = Callable[[Any], Any]
"""Turns what SPE answered into the body of the operation's answer."""

Reply = Callable[[Operation], Response]
"""Turns an operation that has ended into the whole answer, with its headers."""

Again = Callable[[str], Any]
"""Answers once more with an object of our own, by its id."""

View = TypeVar("View", bound=Callable[..., Any])

_SPEC_ATTRIBUTE: Final = "operation_spec"
_BODY_LOCATIONS: Final = frozenset({"json", "form", "files"})
_BODY_ERRORS: Final = frozenset({413, 415, 422})


class Anyone(Enum):
    """The permission of what every authenticated client may do."""

    ANY = "any"


ANY: Final = Anyone.ANY


class Idempotency(Enum):
    """What an Idempotency-Key is taken for, which says how long it counts."""

    CREATE = "create"
    RUN = "run"

    @property
    def kept(self) -> timedelta:
        """How long a key counts at least."""
        return timedelta(days=7) if self is Idempotency.CREATE else timedelta(hours=24)


@dataclass
class OperationSpec:
    """What is declared of an operation.

    Args:
        operation_id: its name in the contract.
        permission: what it needs; ``ANY`` for any authenticated client, None when public.
        commands: the Management API commands that it may send.
        public: whether it needs no token.
        shape: turns a late answer of its command into its body.
        asynchronous: whether it may answer 202 with an operation.
        while_suspended: whether a client of a suspended reseller may call it.
        reply: turns its ended operation into its whole answer; by default its shape alone.
        again: answers once more with the object of ours that it made or changed.
        success: the status of its success.
        idempotency: what an Idempotency-Key is taken for; None where none is taken.
        endpoint: Flask's name of the view, once its blueprint has it.
        schema: of what its shape makes; None where there is none.
        takes_body: whether a body is declared.
    """

    operation_id: str
    permission: Permission | Anyone | None = None
    commands: tuple[Command, ...] = ()
    public: bool = False
    shape: Shape | None = None
    asynchronous: bool = False
    while_suspended: bool = False
    reply: Reply | None = None
    again: Again | None = None
    success: int = 200
    idempotency: Idempotency | None = None
    endpoint: str | None = None
    schema: ma.Schema | None = None
    takes_body: bool = True

    @property
    def sends_changes(self) -> bool:
        """Whether it carries out an operation that may change a deployment."""
        known = any(command.effect.changes for command in self.commands)
        return self.asynchronous and (known or not self.commands)


OPERATIONS: dict[str, OperationSpec] = {}
"""Every operation of the contract by its operationId."""


def operation(  # noqa: PLR0913 # one keyword for each thing an operation declares
    blp: Blueprint,
    operation_id: str,
    *,
    permission: Permission | Anyone | None,
    commands: tuple[Command, ...] = (),
    public: bool = False,
    shape: Shape | None = None,
    errors: tuple[int, ...] = (),
    parameters: tuple[str, ...] = (),
    asynchronous: bool = False,
    while_suspended: bool = False,
    reply: Reply | None = None,
    again: Again | None = None,
) -> Callable[[View], View]:
    """Declare a view as an operation of the contract.

    Args:
        blp: the blueprint that the view belongs to.
        operation_id: unique name; generated clients call their method so.
        permission: what the caller needs; ``ANY`` for any authenticated client.
        commands: the Management API commands that it may send.
        public: needs no token; then ``permission`` is None.
        shape: turns a late answer of its command into its body.
        errors: statuses it may answer besides those that follow from the rest.
        parameters: header parameters by their names in ``components``, such as ``IfMatch``.
        asynchronous: may answer 202 with an operation; takes ``Prefer`` and ``Priority``.
        while_suspended: a client of a suspended reseller may call it.
        reply: turns its ended operation into its whole answer, for a call that is repeated.
        again: answers a repeated call with the object of ours that the first one made.

    A POST that creates or runs something takes an ``Idempotency-Key``; that follows from its
    commands, or from ``again``.

    Raises:
        DeclarationError: the id is taken, it is neither public nor bound to a permission, or
            a header parameter is not described.
    """
    spec = OperationSpec(
        operation_id,
        permission,
        commands,
        public,
        shape,
        asynchronous,
        while_suspended,
        reply,
        again,
    )
    _declare(spec, blp)
    headers = (*parameters, "Prefer", "Priority") if asynchronous else parameters
    if unknown := set(headers) - set(PARAMETERS):
        raise DeclarationError(f"{operation_id} names header parameters that are not: {unknown}.")

    def decorate(view: View) -> View:
        _settle_success(view, spec)
        documented = _documented(view, spec, errors, headers)
        takes_query = "query" in _locations(documented)
        spec.takes_body = _takes_body(documented)

        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 # whatever the view takes
            if not takes_query:
                refuse_query(request)
            if not spec.takes_body:
                refuse_body(request)
            return view(*args, **kwargs)

        checked._apidoc = documented  # type: ignore[attr-defined] # noqa: SLF001 # flask-smorest's own place
        setattr(checked, _SPEC_ATTRIBUTE, spec)
        return checked  # type: ignore[return-value] # wraps keeps the signature

    return decorate


def reference_page(operation_id: str) -> Callable[[View], View]:
    """Declare a public view that is no part of the contract, such as the reference page."""

    def decorate(view: View) -> View:
        setattr(view, _SPEC_ATTRIBUTE, OperationSpec(operation_id, public=True))
        return view

    return decorate


def spec_of(app: Flask, endpoint: str | None, method: str) -> OperationSpec | None:
    """Return what was declared of a view; None when nothing was.

    Args:
        app: has the view.
        endpoint: Flask's name of the view.
        method: the HTTP method; HEAD is GET's.
    """
    view = app.view_functions.get(endpoint or "")
    view_class = getattr(view, "view_class", None)
    name = "get" if method == "HEAD" else method.lower()
    declared = getattr(view_class, name, None) if view_class else view
    return getattr(declared, _SPEC_ATTRIBUTE, None)


def check_every_view(app: Flask) -> None:
    """Check that every route of the application is a declared operation.

    Raises:
        DeclarationError: names the first view that is not.
    """
    for rule, method in routes_of(app):
        if spec_of(app, rule.endpoint, method) is None:
            raise DeclarationError(f"{method} {rule.rule} ({rule.endpoint}) is no operation.")


def routes_of(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Yield each route with each of its methods, without HEAD."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            yield rule, method


def bind_endpoint(view: Any, endpoint: str) -> None:  # noqa: ANN401 # a view function or a MethodView class
    """Write Flask's name of the view into what was declared of it and of its methods."""
    views = [
        view,
        *(getattr(view, name.lower(), None) for name in getattr(view, "methods", ()) or ()),
    ]
    for spec in (getattr(each, _SPEC_ATTRIBUTE, None) for each in views):
        if spec:
            spec.endpoint = endpoint


def _declare(spec: OperationSpec, blp: Blueprint) -> None:
    if spec.operation_id in OPERATIONS:
        raise DeclarationError(f"The operationId {spec.operation_id} is used twice ({blp.name}).")
    if spec.public == (spec.permission is not None):
        raise DeclarationError(f"{spec.operation_id} must be either public or need a permission.")
    OPERATIONS[spec.operation_id] = spec


def _settle_success(view: View, spec: OperationSpec) -> None:
    """Write down the status of a success, and what a key is taken for."""
    described = getattr(view, "_apidoc", {}).get("response", {}).get("responses", {})
    spec.success = min((int(status) for status in described), default=spec.success)
    if spec.success != HTTPStatus.ACCEPTED:  # then the body is the operation, not its result
        answers = (each for each in described.get(spec.success, ()) if isinstance(each, dict))
        spec.schema = next((each["schema"] for each in answers if each.get("schema")), None)
    if view.__name__ == "post" and (spec.sends_changes or spec.reply or spec.again):
        is_creation = spec.success == HTTPStatus.CREATED
        spec.idempotency = Idempotency.CREATE if is_creation else Idempotency.RUN


def _documented(
    view: View, spec: OperationSpec, errors: Iterable[int], headers: Iterable[str]
) -> dict[str, Any]:
    """Return flask-smorest's notes on the view with ours added."""
    notes: dict[str, Any] = deepcopy(getattr(view, "_apidoc", {}))
    arguments = notes.setdefault("arguments", {"parameters": []})
    arguments.pop("responses", None)
    arguments["parameters"] += (*headers, *(("IdempotencyKey",) if spec.idempotency else ()))
    if not arguments["parameters"]:
        del notes["arguments"]
    manual = notes["manual_doc"] = {**_manual(spec), **notes.get("manual_doc", {})}
    manual.setdefault("responses", {}).update(_answers(spec, notes, errors))
    return notes


def _answers(spec: OperationSpec, notes: dict[str, Any], errors: Iterable[int]) -> dict[int, str]:
    """Return the components of the answers that the view does not describe itself."""
    described = notes.get("response", {}).get("responses", {})
    statuses = (_statuses(spec, notes) | set(errors)) - set(described)
    answers = {status: component_of(status) for status in sorted(statuses)}
    return {**answers, 202: "Accepted"} if spec.asynchronous else answers


def _manual(spec: OperationSpec) -> dict[str, Any]:
    right = spec.permission.value if spec.permission else None
    access = {"security": []} if spec.public else {"x-permission": right}
    return {
        "operationId": spec.operation_id,
        **access,
        **({"x-commands": [each.name for each in spec.commands]} if spec.commands else {}),
        **({"x-idempotency": _kept(spec.idempotency)} if spec.idempotency else {}),
    }


def _kept(idempotency: Idempotency) -> dict[str, Any]:
    return {"class": idempotency.value, "keptHours": idempotency.kept // timedelta(hours=1)}


def _statuses(spec: OperationSpec, notes: dict[str, Any]) -> set[int]:
    """Return the error statuses that follow from the declaration."""
    upstream = bool(spec.commands) or spec.asynchronous
    return (
        {400, 422}
        | ({401, 429, 503} if not spec.public else set())
        | ({403} if not (spec.public or spec.while_suspended) else set())
        | (_BODY_ERRORS if _takes_body(notes) else set())
        | ({502, 504} if upstream else set())
        | ({409} if spec.asynchronous or spec.idempotency else set())
    )


def _locations(notes: dict[str, Any]) -> Iterator[str]:
    for parameter in notes.get("arguments", {}).get("parameters", ()):
        if isinstance(parameter, dict):
            yield parameter["in"]


def _takes_body(notes: dict[str, Any]) -> bool:
    return bool(_BODY_LOCATIONS & set(_locations(notes))) or "requestBody" in notes["manual_doc"]
