"""``validateOnly``: every check of a call, and nothing of the call itself."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar, cast

from flask import Response, jsonify

from gateway.tenancy.caller import Validated
from gateway.web.blueprint import Blueprint
from gateway.web.door import NO_CONTENT
from gateway.web.hooks import caller
from gateway.web.schemas import Schema, Validation

View = TypeVar("View", bound=Callable[..., Any])


def validates(blp: Blueprint, *, found: type[Schema] | None = None) -> Callable[[View], View]:
    """Let a view take ``validateOnly``; it stands directly below ``@operation``.

    The broker then judges all that it would judge, reserves nothing and sends no command that
    changes anything. What would be refused is refused; the rest is answered with 204, or with
    what the checks have found out.

    Args:
        blp: the blueprint of the view.
        found: the schema of what the checks find out, if a caller is told of it.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def tried(self: object, query: dict[str, Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 # whatever the view takes
            caller().validate_only = query["validate_only"]
            try:
                return view(self, *args, **kwargs)
            except Validated as end:
                return Response(status=NO_CONTENT) if end.found is None else jsonify(end.found)

        described = blp.alt_response(NO_CONTENT, description="With `validateOnly`: it would do.")
        whole = described(blp.arguments(Validation, location="query")(tried))
        return cast("View", whole if found is None else _finding(blp, found)(whole))

    return decorate


def _finding(blp: Blueprint, schema: type[Schema]) -> Callable[[View], View]:
    """Describe the answer beside those of the call itself: the status of its success stays."""
    body = {"application/json": {"schema": schema}}
    said = "With `validateOnly`: it would do, and this is what the checks have found out."
    return blp.doc(responses={HTTPStatus.OK: {"description": said, "content": body}})
