"""Flask as a gateway of threads wants it: no coroutines, and JSON by orjson."""

from collections.abc import Callable
from typing import Any, Final

import orjson
from flask import Flask, Response
from flask.json.provider import DefaultJSONProvider

_OPTIONS: Final = (
    orjson.OPT_APPEND_NEWLINE
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
"""What Flask has its own way for is left to it."""


class Json(DefaultJSONProvider):
    """Writes JSON with orjson (RFC 8259, in UTF-8), in the order that it is given."""

    sort_keys = False

    def response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 # Flask's signature
        """Return an answer whose body is the value."""
        value = self._prepare_response_obj(args, kwargs)
        return Response(self._written(value), mimetype=self.mimetype)

    def _written(self, value: object) -> bytes | str:
        try:
            return orjson.dumps(value, self.default, _OPTIONS)
        except TypeError:  # a number of more than 64 bits, or half a surrogate pair, of SPE's
            return f"{self.dumps(value)}\n"


class Application(Flask):
    """The application. Its views are called as they are: none of them is a coroutine."""

    json_provider_class = Json

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function as it is; Flask would look at each, at each call."""
        return func
