"""Whether a value fits a schema, as far as an example goes."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from gateway.web.contract.shapes import Shape, shape_of
from gateway.web.contract.tree import Json

_TYPES: Final[Mapping[str, tuple[type, ...]]] = MappingProxyType(
    {
        "array": (list,),
        "boolean": (bool,),
        "integer": (int,),
        "null": (type(None),),
        "number": (int, float),
        "object": (dict,),
        "string": (str,),
    }
)
_FORMS: Final = MappingProxyType(
    {"date-time": re.compile(r"[0-9T:.-]+Z"), "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")}
)


def fits(value: object, schema: Json, document: Json) -> bool:
    """Return whether a value has the type, the spelling and the members that a schema asks for.

    Args:
        value: JSON.
        schema: in OpenAPI 3.1.
        document: where its references lead.
    """
    shape = shape_of(schema, document)
    if not _has_type(value, shape) or not _is_word(value, shape):
        return False
    if isinstance(value, str):
        return _is_spelt(value, shape)
    if isinstance(value, list):
        return all(fits(each, shape.says.get("items", {}), document) for each in value)
    return not isinstance(value, dict) or _has_members(value, shape, document)


def _has_type(value: object, shape: Shape) -> bool:
    return not shape.types or any(
        isinstance(value, _TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
        for name in shape.types
    )


def _is_word(value: object, shape: Shape) -> bool:
    words = shape.says.get("x-extensible-enum", shape.says.get("enum"))
    return words is None or value is None or value in words


def _is_spelt(value: str, shape: Shape) -> bool:
    form = _FORMS.get(shape.says.get("format", ""))
    return bool(re.search(shape.says.get("pattern", ""), value)) and (
        form is None or bool(form.fullmatch(value))
    )


def _has_members(value: dict[str, Any], shape: Shape, document: Json) -> bool:
    extra = shape.says.get("additionalProperties", {})
    said = {name: shape.members.get(name, extra) for name in value}
    return shape.required <= set(value) and all(
        isinstance(each, dict) and fits(value[name], each, document) for name, each in said.items()
    )
