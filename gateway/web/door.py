"""From a view to the broker and back: the answer, a 202, or the problem."""

from collections.abc import Mapping, Sequence
from functools import cache, partial
from operator import itemgetter
from typing import Any, cast
from urllib.parse import quote

import marshmallow as ma
from flask import Response, current_app, jsonify, request

from gateway.broker.engine.preparations import version_read
from gateway.broker.engine.problems import failure_of
from gateway.errors import Conflict, DeclarationError, ReplyInvalid
from gateway.model import Operation, OperationStatus
from gateway.spe.command import Command
from gateway.web import etags, paging
from gateway.web.accepted import accepted
from gateway.web.fields import Choice, Flag, ListOf, Number, Part, Text, Whole
from gateway.web.hooks import EXTENSION
from gateway.web.operation import OPERATIONS
from gateway.web.promises import Judge, promised, require, type_test
from gateway.web.schemas import Schema, whole
from gateway.web.services import Services


def services() -> Services:
    """Return the broker's nouns."""
    return cast("Services", current_app.extensions[EXTENSION].services)


def shaped(operation: Operation) -> Any:  # noqa: ANN401 - any JSON value
    """Return the body of a succeeded operation, as its REST operation answers it.

    Raises:
        ReplyInvalid: what the deployment said is not what the contract promises.
    """
    spec = OPERATIONS[operation.kind]
    body = None if spec.shape is None else spec.shape(operation)
    if body is None or spec.schema is None or operation.in_parts:
        return body  # of an operation in parts the result is ours: a list of its parts
    return promised(spec.schema, body)


def answer(operation: Operation, status: int = 200) -> Response:
    """Answer an operation: its result, or 202 while it goes on.

    Args:
        operation: as the broker returned it.
        status: of a success; 204 has no body.

    Raises:
        GatewayError: it failed; the stored problem.
    """
    if not operation.status.is_final:
        return accepted(shape_of_operation()(operation))
    done = succeeded(operation)
    body = None if status == NO_CONTENT else shaped(done)
    response = jsonify(body) if body is not None else Response()
    response.status_code = status
    return response


def located(response: Response, key: str, collection: str = "") -> Response:
    """Say in an answer 201 where what was made is; any other answer stays as it is.

    Args:
        response: whose body is what was made.
        key: the member of it that names it below its collection.
        collection: the path; by default that of the request.
    """
    if response.status_code == CREATED:
        name = quote(str(response.get_json()[key]), safe="")
        response.headers["Location"] = f"{collection or request.path}/{name}"
    return response


def versioned(
    read: Command, members: Sequence[str] | None, one: tuple[str, object] | None = None
) -> dict[str, Any]:
    """Return the context of an operation whose subject has an entity tag.

    Args:
        read: the command that shows the subject.
        members: those of its members that can be written; None for all but the secrets.
        one: key and value that pick the subject, where the command lists many.
    """
    about: dict[str, Any] = {"read": read.name, "members": members and list(members)}
    if one is not None:
        about |= {"key": one[0], "value": one[1]}
    return {"subject": about, "ifMatch": etags.wanted()}


def tagged(operation: Operation, status: int = 200) -> Response:
    """Answer an operation whose context came from ``versioned``, with the entity tag."""
    response = answer(operation, status)
    if operation.status.is_final:
        response.headers["ETag"] = f'"{version_read(operation)}"'
    return response


CREATED = 201
NO_CONTENT = 204


def succeeded(operation: Operation) -> Operation:
    """Return a final operation that succeeded.

    Raises:
        GatewayError: it did not; the stored problem.
    """
    if operation.problem is not None:
        raise failure_of(operation)
    if operation.status is not OperationStatus.SUCCEEDED:
        raise Conflict(f"The operation {operation.id} was {operation.status}.")
    return operation


def listed(operation: Operation, query: dict[str, Any], key: str) -> Response:
    """Answer a page of a list that SPE returns whole, in the order of its key.

    Args:
        operation: whose shape is ``{"items": […]}``.
        query: what ``Paging`` loaded.
        key: of the items; unique.
    """
    if not operation.status.is_final:
        return answer(operation)
    items = shaped(succeeded(operation))["items"]
    after = paging.position(query)
    rest = [item for item in items if after is None or item[key] > after]
    page = paging.page(*paging.cut(rest, query["limit"], itemgetter(key)))
    return jsonify({"items": page["items"], "nextCursor": page["next_cursor"]})


def rows_of(result: object, key: str) -> list[dict[str, Any]]:
    """Return a list of objects that SPE answered, in the order of a key.

    Raises:
        ReplyInvalid: it is something else.
    """
    if not isinstance(result, list) or not all(isinstance(row, dict) for row in result):
        raise ReplyInvalid("The deployment's answer is not a list of objects.")
    if not all(isinstance(row.get(key), str | int) for row in result):
        raise ReplyInvalid(f"The deployment's answer has an entry without {key}.")
    if len({type(row[key]) for row in result}) > 1:
        raise ReplyInvalid(f"The deployment's answer has a {key} of another type than the others.")
    return sorted(result, key=lambda row: cast("Any", row[key]))


def object_of(result: object) -> dict[str, Any]:
    """Return an object that SPE answered.

    Raises:
        ReplyInvalid: it is something else.
    """
    if not isinstance(result, dict):
        raise ReplyInvalid("The deployment's answer is not an object.")
    return result


def shown(schema: type[Schema], row: dict[str, Any]) -> dict[str, Any]:
    """Return of an object of SPE's what a schema knows, under the same keys.

    Raises:
        ReplyInvalid: something is of another type than the schema says.
    """
    return _shown(whole(schema), row)


def _shown(schema: ma.Schema, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that a schema knows, at every depth."""
    return {
        key: None if row[key] is None else read(key, row[key])
        for key, read in _readings(schema)
        if key in row
    }


@cache
def _readings(schema: ma.Schema) -> Sequence[tuple[str, Judge]]:
    """Return how a schema's values are read, by the keys of the contract."""
    return [(str(field.data_key), _reading_of(field)) for field in schema.dump_fields.values()]


def _reading_of(field: ma.fields.Field[Any]) -> Judge:
    """Return what makes out of a value of SPE's that of a field, or refuses it."""
    told = partial(require, type_test(field))
    match field:
        case Part():
            return lambda key, value: _shown(field.schema, told(key, value))
        case ListOf():
            read = _reading_of(field.inner)
            return lambda key, value: [
                None if each is None else read(key, each) for each in told(key, value)
            ]
        case Flag() | Number() | Whole():
            return told
        case Choice() | Text():
            return lambda key, value: value if type(value) is str else str(told(key, value))
        case _:
            return lambda key, value: field.serialize(key, {key: told(key, value)}, dict.get)


def named(names: Mapping[str, str], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return of a body what has a name with SPE, under that name."""
    return {names[name]: value for name, value in body.items() if name in names}


def shape_of_operation() -> Any:  # noqa: ANN401 - the shape of the operation resource
    """Return how an operation itself is answered.

    Raises:
        DeclarationError: there is no such REST operation.
    """
    shape = OPERATIONS["getOperation"].shape
    if shape is None:
        raise DeclarationError("getOperation has no shape.")
    return shape
