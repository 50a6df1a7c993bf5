"""The contract, served: the very bytes of the files in ``openapi/``, so that a digest pins it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from flask import Blueprint, Response, current_app, request

from gateway.web.body import refuse_query
from gateway.web.contract.document import openapi_document
from gateway.web.contract.editions import Edition, in_edition
from gateway.web.contract.forms import as_json, as_yaml
from gateway.web.contract.tree import Json
from gateway.web.operation import reference_page

YAML: Final = "application/yaml"
"""RFC 9512."""

FILES: Final[Mapping[str, tuple[Edition, Callable[[Json], str]]]] = MappingProxyType(
    {
        "openapi.yaml": (Edition.OPENAPI_3_1, as_yaml),
        "openapi.json": (Edition.OPENAPI_3_1, as_json),
        "openapi-3.0.json": (Edition.OPENAPI_3_0, as_json),
    }
)
"""Edition and form of each file, as it is called in ``openapi/`` and by the gateway."""

_WRITTEN: Final = "spe-gateway-contract"

blp = Blueprint("contract", __name__)


@blp.get("/openapi.json")
@reference_page("getOpenApiJson")
def openapi_json() -> Response:
    """Answer the contract as JSON."""
    return _served("openapi.json", "application/json")


@blp.get("/openapi.yaml")
@reference_page("getOpenApiYaml")
def openapi_yaml() -> Response:
    """Answer the contract as YAML."""
    return _served("openapi.yaml", YAML)


@blp.get("/openapi-3.0.json")
@reference_page("getOpenApi30Json")
def openapi_3_0_json() -> Response:
    """Answer the contract as JSON in OpenAPI 3.0, for generators that need it."""
    return _served("openapi-3.0.json", "application/json")


def contract_file(document: Json, name: str) -> str:
    """Return the text of a file of the contract.

    Args:
        document: the contract, as ``openapi_document`` makes it.
        name: one of ``FILES``.
    """
    edition, form = FILES[name]
    return form(in_edition(document, edition))


def _served(name: str, media_type: str) -> Response:
    """Answer a file, written once: the contract does not change while the process runs."""
    refuse_query(request)
    written: dict[str, str] = current_app.extensions.setdefault(_WRITTEN, {})
    if name not in written:
        written[name] = contract_file(openapi_document(current_app), name)
    return Response(written[name], content_type=media_type)
