"""Flask as a gateway of threads wants it: no coroutines, and JSON by orjson."""

from collections.abc import Callable
from typing import Any, Final
from wsgiref.types import WSGIEnvironment

import orjson
from flask import Flask, Request, Response
from flask.json.provider import DefaultJSONProvider
from werkzeug.datastructures import Headers
from werkzeug.routing import MapAdapter
from werkzeug.wsgi import get_host

_OPTIONS: Final = (
    orjson.OPT_APPEND_NEWLINE
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
    | orjson.OPT_PASSTHROUGH_SUBCLASS
)
"""What Flask has its own way for is left to it."""

OK: Final = 200
_WORKED_OUT: Final = frozenset({"location", "content-location"})
"""Header fields that Werkzeug writes anew for each request."""


class Answer(Response):
    """An answer that is sent once."""

    def get_wsgi_headers(self, environ: WSGIEnvironment) -> Headers:
        """Return the headers as they are sent: these, not a copy, where none is to be changed."""
        names = {name.lower() for name, _ in self.headers}
        if self.status_code != OK or names & _WORKED_OUT or "content-length" not in names:
            return super().get_wsgi_headers(environ)
        return self.headers


class Json(DefaultJSONProvider):
    """Writes JSON with orjson (RFC 8259, in UTF-8), in the order that it is given."""

    sort_keys = False

    def response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 # Flask's signature
        """Return an answer whose body is the value."""
        value = self._prepare_response_obj(args, kwargs)
        return Answer(self._written(value), mimetype=self.mimetype)

    def _written(self, value: object) -> bytes | str:
        try:
            return orjson.dumps(value, self.default, _OPTIONS)
        except TypeError:  # a number of more than 64 bits, or half a surrogate pair, of SPE's
            return f"{self.dumps(value)}\n"


class Application(Flask):
    """The application. Its views are called as they are: none of them is a coroutine."""

    json_provider_class = Json
    response_class = Answer

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what finds the view of a request: by its path alone, whatever host it names.

        Flask would look for subdomains and WebSockets besides; there are none.
        """
        if request is None:
            return super().create_url_adapter(request)
        host = request.host = get_host(request.environ)
        return self.url_map.bind(
            host,
            request.root_path,
            url_scheme=request.scheme,
            default_method=request.method,
            path_info=request.environ["PATH_INFO"].encode("latin-1").decode(errors="replace"),
            query_args=request.query_string.decode(errors="replace"),
        )

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function as it is; Flask would look at each, at each call."""
        return func
