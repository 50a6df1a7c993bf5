"""flask-smorest's blueprint, typed, with strict input, and views that know their endpoints."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import marshmallow as ma
from flask.views import MethodView
from flask_smorest.blueprint import Blueprint as SmorestBlueprint

from gateway.web.body import StrictParser
from gateway.web.operation import bind_endpoint
from gateway.web.schemas import whole

View = TypeVar("View", bound=Callable[..., Any])
ViewClass = TypeVar("ViewClass", bound=type[MethodView])
SchemaLike = type[ma.Schema] | ma.Schema | Mapping[str, Any]


class Blueprint(SmorestBlueprint):  # type: ignore[misc] # the library ships no types
    """The operations of one noun; ``description`` becomes the tag's description."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(
        self, name: str, import_name: str, *, description: str, url_prefix: str | None = None
    ) -> None:
        super().__init__(name, import_name, description=description, url_prefix=url_prefix)

    def route(self, rule: str, **options: Any) -> Callable[[ViewClass], ViewClass]:  # noqa: ANN401 # Flask's signature
        """Add the route of a view class. No rule ends with a slash: Flask would redirect."""
        return cast("Callable[[ViewClass], ViewClass]", super().route(rule, **options))

    def arguments(
        self,
        schema: SchemaLike,
        *,
        location: str = "json",
        **options: Any,  # noqa: ANN401 # flask-smorest's signature
    ) -> Callable[[View], View]:
        """Hand the view the input that the schema loads from ``json``, ``query`` or ``headers``."""
        made = schema if isinstance(schema, Mapping) else _instance(schema)
        options.setdefault("required", _has_required_field(made))
        return cast("Callable[[View], View]", super().arguments(made, location=location, **options))

    def response(
        self,
        status_code: int,
        schema: SchemaLike | None = None,
        **options: Any,  # noqa: ANN401 # flask-smorest's signature
    ) -> Callable[[View], View]:
        """Answer what the view returns through the schema."""
        made = whole(schema) if isinstance(schema, type) else schema
        return cast("Callable[[View], View]", super().response(status_code, made, **options))

    def alt_response(
        self,
        status_code: int,
        response: str | None = None,
        **options: Any,  # noqa: ANN401 # flask-smorest's signature
    ) -> Callable[[View], View]:
        """Describe another answer of the view."""
        return cast(
            "Callable[[View], View]", super().alt_response(status_code, response, **options)
        )

    @staticmethod
    def doc(**members: Any) -> Callable[[View], View]:  # noqa: ANN401 # members of an Operation Object
        """Add members to the Operation Object of the view."""
        return cast("Callable[[View], View]", SmorestBlueprint.doc(**members))

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        provide_automatic_options: bool | None = None,  # noqa: FBT001 # Flask's signature
        **options: Any,  # noqa: ANN401 # Flask's signature
    ) -> None:
        """Add a route and tell its operations Flask's name for it."""
        super().add_url_rule(rule, endpoint, view_func, provide_automatic_options, **options)
        bind_endpoint(view_func, f"{self.name}.{self._endpoints[-1]}")


def _has_required_field(schema: ma.Schema | Mapping[str, Any]) -> bool:
    """Whether the input cannot be left out as a whole."""
    fields = schema.fields if isinstance(schema, ma.Schema) else schema
    return any(field.required for field in fields.values())


def _instance(schema: type[ma.Schema] | ma.Schema) -> ma.Schema:
    """Return a schema; webargs would make one of a class for each request."""
    return whole(schema) if isinstance(schema, type) else schema
