"""Operations in words: a line in a list, or a page that ends with what can be done."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.cli.api_client import words_of
from gateway.cli.progress import current, printable

Operation = Mapping[str, Any]

HEAD: Final = ("ID", "STATUS", "DONE", "BEGUN (UTC)", "KIND", "COMMAND", "INSTANCE")
MARGIN: Final = 12


def rows_of(operations: Sequence[Operation]) -> Iterator[str]:
    """Yield a table with a line for each operation, wide enough for its longest words."""
    if not operations:
        yield "There are none."
        return
    table = [HEAD, *map(_row, operations)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def lines_of(operation: Operation) -> Iterator[str]:
    """Yield an operation as a page: what it is, how far, why, and what can be done."""
    for name, words in (*_facts(operation), *_steps(operation), *_outcome(operation)):
        yield f"{name:{MARGIN}}{printable(words)}"


def advice_of(operation: Operation) -> str:
    """Return what can be done about an operation as it stands; empty where nothing can."""
    number = operation["id"]
    if operation["status"] == "unknown":
        return (
            "look on the deployment what became of it, then settle it: spe-gateway operations "
            f"resolve {number} --outcome succeeded|failed --note '…'"
        )
    if operation["status"] == "failed":
        later = operation["problem"] and operation["problem"]["retryable"]
        return "try it again later" if later else _after_failure(operation)
    if operation["endTime"] is None:
        return f"watch it: spe-gateway operations watch {number}"
    return ""


def _after_failure(operation: Operation) -> str:
    number, result = operation["id"], operation["result"]
    if isinstance(result, dict) and "items" in result:
        return f"see each part: spe-gateway operations list --parent {number}"
    return f"see SPE's log, if it wrote one: spe-gateway operations log {number}"


def _row(operation: Operation) -> tuple[str, ...]:
    share = operation["percentProgress"]
    return (
        operation["id"],
        operation["status"],
        "" if share is None else f"{share} %",
        _time(operation["createTime"]),
        operation["kind"],
        current(operation["steps"])["command"],
        operation["instance"] or "",
    )


def _facts(operation: Operation) -> Iterator[tuple[str, str]]:
    yield "operation", operation["id"]
    yield "status", _status(operation)
    yield "kind", operation["kind"]
    for name in ("deployment", "instance"):
        if operation[name]:
            yield name, operation[name]
    behalf = f", for {operation['onBehalfOf']}" if operation["onBehalfOf"] else ""
    yield "begun", f"{_time(operation['createTime'])} UTC by {operation['createdBy']}{behalf}"
    if operation["endTime"]:
        yield "ended", f"{_time(operation['endTime'])} UTC"
    else:
        yield "deadline", f"{_time(operation['deadline'])} UTC; it is ended after this"


def _status(operation: Operation) -> str:
    share, text = operation["percentProgress"], operation["statusText"]
    if operation["endTime"]:
        return str(operation["status"])
    far = [f"{share} %"] if share is not None else []
    return ", ".join([operation["status"], *far, *([text] if text else [])])


def _steps(operation: Operation) -> Iterator[tuple[str, str]]:
    for number, step in enumerate(operation["steps"], 1):
        yield f"step {number}", f"{step['command']}: {step['status']}"


def _outcome(operation: Operation) -> Iterator[tuple[str, str]]:
    problem = operation["problem"]
    if problem:
        yield "problem", f"{problem['code']}: {words_of(problem)}"
    if operation["note"]:
        told = f"{operation['resolvedBy']} on {_time(operation['resolveTime'])} UTC"
        yield "settled", f"by {told}: {operation['note']}"
    advice = advice_of(operation)
    if advice:
        yield "next", advice


def _time(moment: str) -> str:
    """Return a time of RFC 3339 to the second."""
    return moment[:19].replace("T", " ")
