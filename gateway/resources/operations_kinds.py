"""The kinds of operations: the operationIds of the calls that begin some."""

from difflib import get_close_matches
from typing import Final

from gateway.errors import InputFault, InvalidInput
from gateway.web.operation import OPERATIONS

EXAMPLES: Final = ("createInstance", "verifyStore", "startInstance")


def require_known(kind: str | None) -> None:
    """Refuse a kind that no operation has: an empty list would not say what is wrong.

    Raises:
        InvalidInput: names the kinds that are spelt like it, or some.
    """
    known = sorted(
        spec.operation_id for spec in OPERATIONS.values() if spec.asynchronous or spec.commands
    )
    if kind is None or kind in known:
        return
    like = get_close_matches(kind, known) or EXAMPLES
    detail = f"No call that begins operations has this operationId; {', '.join(like)} are some."
    raise InvalidInput([InputFault("/query/kind", "UNKNOWN_KIND", detail)])
