"""The contract: flask-smorest with our documentation and without its errors."""

from collections import deque
from collections.abc import Mapping
from http import HTTPStatus
from threading import Lock
from typing import Any, Final

import marshmallow as ma
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from flask import Flask
from flask_smorest import Api as SmorestApi
from flask_smorest.spec.plugins import FlaskPlugin
from werkzeug.routing import Rule

from gateway.errors import DeclarationError
from gateway.web.blueprint import Blueprint
from gateway.web.components import ACCEPTED, HEADERS, PARAMETERS, SCHEMES
from gateway.web.converters import CONVERTERS, Segment
from gateway.web.error_answers import ERROR_ANSWERS, example_of
from gateway.web.fields import ListOf
from gateway.web.preferences import VERSION
from gateway.web.problems import MEDIA_TYPE
from gateway.web.receivers import TAG, WEBHOOKS
from gateway.web.schemas import Problem, component_name

__all__ = ["Api", "Blueprint"]

OPENAPI_VERSION: Final = "3.1.1"
API_VERSION: Final = VERSION
"""The one version of the contract; sent as ``SPE-Gateway-Version``."""

DESCRIPTION: Final = """\
Manage MailStore SPE deployments through one API.

Every answer carries `X-Request-Id` (yours, if you sent a usable one) and
`SPE-Gateway-Version`. Send `SPE-Gateway-Version: 2026-11-21` to pin the contract, and
`On-Behalf-Of` to name the end user for whom you act; it is kept in the audit log.
Errors are `application/problem+json` (RFC 9457); `code` is stable. New fields and new
words in enumerations are no new version: ignore what you do not know.

Each operation names the permission that it needs (`x-permission`), the commands that it may send
(`x-commands`), for what and how long a key counts (`x-idempotency`) and its method in our SDKs
(`x-sdk-method`). Words under `x-extensible-enum` may become more: take any text.

To pin the contract, keep the `openapi.json` that you built from beside your code. Before an upgrade
`spe-gateway openapi --against openapi.json`, which needs no running gateway, says what has changed.
What breaks clients is a new version; the gateway's manual, docs/contract.md where it is installed
from, lists all that may.
"""


class Api(SmorestApi):  # type: ignore[misc] # the library ships no types
    """Collects the contract. Errors are answered by ``problems``, not by flask-smorest.

    A process that serves is rarely asked for the contract, and making it takes as long as all
    else that happens at its start: it is made when somebody asks.
    """

    DEFAULT_ERROR_RESPONSE_NAME = ""

    def __init__(self, app: Flask) -> None:
        super().__init__(app, spec_kwargs=_spec_options())
        self.spec.tag(dict(TAG))
        self._undocumented: deque[Blueprint] = deque()
        self._lock = Lock()

    def register_blueprint(self, blp: Blueprint) -> None:
        """Register a blueprint, whose operations are documented when somebody asks."""
        self._app.register_blueprint(blp)
        self._undocumented.append(blp)

    def document(self) -> dict[str, Any]:
        """Return what the registered operations and their schemas declare.

        Raises:
            DeclarationError: a schema is documented twice.
        """
        with self._lock:
            while self._undocumented:
                self._add(self._undocumented[0])
                self._undocumented.popleft()
            document: dict[str, Any] = self.spec.to_dict()
        return document

    def _add(self, blp: Blueprint) -> None:
        blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=None)
        self.spec.tag({"name": blp.name, "description": blp.description})

    def _register_error_handlers(self) -> None:
        """Leave the errors to ``problems``."""

    def _register_doc_blueprint(self) -> None:
        """Leave the documents to ``docs``."""

    def _register_etag_headers(self) -> None:
        """Describe the parameters and headers that operations refer to by name."""
        for name, (place, parameter) in PARAMETERS.items():
            self.spec.components.parameter(name, place, dict(parameter), lazy=True)
        for name, header in HEADERS.items():
            self.spec.components.header(name, dict(header))
        for name, scheme in SCHEMES.items():
            self.spec.components.security_scheme(name, dict(scheme))

    def _register_pagination_header(self) -> None:
        """Lists carry their cursor in the body."""

    def _register_responses(self) -> None:
        """Describe the error answers, and the 202 of operations that go on."""
        converter: OpenAPIConverter = self.ma_plugin.converter
        converter.add_attribute_function(_own_keywords)  # type: ignore[no-untyped-call] # apispec's
        converter.add_parameter_attribute_function(_comma_separated)
        self.spec.components.schema("Problem", schema=Problem)
        for status, answer in ERROR_ANSWERS.items():
            content = {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": example_of(answer.example, _EXAMPLE_PATHS.get(status, "/instances")),
            }
            response: dict[str, Any] = {
                "description": answer.description,
                "content": {MEDIA_TYPE: content},
            }
            if answer.headers:
                response["headers"] = {name: name for name in answer.headers}
            # The 404 is added to paths with ids after apispec has looked for what is used.
            self.spec.components.response(
                answer.name, response, lazy=status != HTTPStatus.NOT_FOUND
            )
        self.spec.components.response("Accepted", dict(ACCEPTED), lazy=True)


class _Converter(OpenAPIConverter):
    """Documents each schema with its docstring, and as closed."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:  # noqa: ANN401 # apispec's signature
        """Return the JSON Schema of a marshmallow schema."""
        document: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call] # apispec's
        owner = schema if isinstance(schema, type) else type(schema)
        if owner.__doc__:
            document["description"] = " ".join(owner.__doc__.split("\n\n")[0].split())
        return document


class _SchemaPlugin(MarshmallowPlugin):
    Converter = _Converter

    def warn_if_schema_already_in_spec(self, schema_key: tuple[Any, ...]) -> None:
        """Refuse what apispec only warns about."""
        if self.converter and schema_key in self.converter.refs:
            raise DeclarationError(f"The schema {schema_key[0]} is documented twice.")


class _PathPlugin(FlaskPlugin):  # type: ignore[misc] # the library ships no types
    """Documents path parameters with the converters' own words."""

    def rule_to_params(self, rule: Rule) -> list[dict[str, Any]]:
        """Return the parameters of a route."""
        params: list[dict[str, Any]] = super().rule_to_params(rule)
        for param in params:
            converter = rule._converters[param["name"]]  # noqa: SLF001 # as flask-smorest does
            if isinstance(converter, Segment):
                param["description"] = converter.description
                param["example"] = converter.example
        return params


def named(schema: Any) -> str:  # noqa: ANN401 # apispec gives a class, an instance or a name
    """Return the component name of a schema."""
    return component_name(schema if isinstance(schema, type) else type(schema))


def _spec_options() -> dict[str, Any]:
    plugin = _PathPlugin()
    for converter in CONVERTERS.values():
        plugin.register_converter(converter, converter.openapi)
    return {
        "title": "spe-gateway",
        "version": API_VERSION,
        "openapi_version": OPENAPI_VERSION,
        "flask_plugin": plugin,
        "marshmallow_plugin": _SchemaPlugin(schema_name_resolver=named),
        "info": {
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "This gateway."}],
        "security": [{"bearer": []}],
        "webhooks": dict(WEBHOOKS),
    }


def _own_keywords(_: object, field: ma.fields.Field[Any], **__: object) -> dict[str, Any]:
    """Let our fields document themselves; apispec calls it with its converter first."""
    openapi = getattr(field, "openapi", None)
    return openapi() if openapi else {}


def _comma_separated(_: object, field: ma.fields.Field[Any], **__: object) -> dict[str, Any]:
    return {"style": "form", "explode": False} if isinstance(field, ListOf) else {}


_EXAMPLE_PATHS: Final[Mapping[int, str]] = {
    409: "/instances/ins_01995e5a7c4d7b3e8f2a9c1d0e6b4f37/start",
}
