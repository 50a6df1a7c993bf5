"""From a view to the broker and back: the answer, a 202, or the problem."""

from typing import Any, cast

from flask import Response, current_app, jsonify

from gateway.broker.problems import failure_of
from gateway.broker.services import Services
from gateway.errors import Conflict, DeclarationError, ReplyInvalid
from gateway.model import Operation, OperationStatus
from gateway.web import paging
from gateway.web.accepted import accepted
from gateway.web.hooks import EXTENSION
from gateway.web.operation import OPERATIONS
from gateway.web.schemas import Schema


def services() -> Services:
    """Return the broker's nouns."""
    return cast("Services", current_app.extensions[EXTENSION].services)


def shaped(operation: Operation) -> Any:  # noqa: ANN401 - any JSON value
    """Return the body of a succeeded operation, as its REST operation answers it."""
    shape = OPERATIONS[operation.kind].shape
    return None if shape is None else shape(operation)


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
    body = None if status == NO_CONTENT else shaped(succeeded(operation))
    response = jsonify(body) if body is not None else Response()
    response.status_code = status
    return response


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
    shown = rest[: query["limit"]]
    more = shown[-1][key] if len(rest) > len(shown) else None
    page = paging.page(shown, more)
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
    """Return of an object of SPE's what a schema knows, under the same keys."""
    names = {field.data_key: name for name, field in schema().fields.items()}
    known = {names[key]: value for key, value in row.items() if key in names}
    dumped: dict[str, Any] = schema().dump(known)
    return dumped


def shape_of_operation() -> Any:  # noqa: ANN401 - the shape of the operation resource
    """Return how an operation itself is answered.

    Raises:
        DeclarationError: there is no such REST operation.
    """
    shape = OPERATIONS["getOperation"].shape
    if shape is None:
        raise DeclarationError("getOperation has no shape.")
    return shape
