"""``validateOnly``: every check of a call, and nothing of the call itself."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Response

from gateway.broker.caller import Validated
from gateway.web.blueprint import Blueprint
from gateway.web.door import NO_CONTENT
from gateway.web.hooks import caller
from gateway.web.schemas import Validation

View = TypeVar("View", bound=Callable[..., Any])


def validates(blp: Blueprint) -> Callable[[View], View]:
    """Let a view take ``validateOnly``; it stands directly below ``@operation``.

    The broker then judges all that it would judge, reserves nothing and sends no command that
    changes anything. What would be refused is refused; the rest is answered with 204.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def tried(self: object, query: dict[str, Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 # whatever the view takes
            caller().validate_only = query["validate_only"]
            try:
                return view(self, *args, **kwargs)
            except Validated:
                return Response(status=NO_CONTENT)

        described = blp.alt_response(NO_CONTENT, description="With `validateOnly`: it would do.")
        return cast("View", described(blp.arguments(Validation, location="query")(tried)))

    return decorate
