"""Operations in words: a line in a list, or a page that ends with what can be done."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gateway.cli.api_client import words_of
from gateway.cli.progress import printable
from gateway.cli.table import Row

Operation = Mapping[str, Any]

HEAD: Final = ("ID", "STATUS", "DONE", "BEGUN (UTC)", "KIND", "COMMAND", "INSTANCE")
MARGIN: Final = 12
BAD: Final = frozenset({"failed", "unknown", "cancelled"})
"""How a part ends that needs somebody's eye."""


def rows_of(operations: Sequence[Operation]) -> list[Row]:
    """Return a row for each operation."""
    return [_row(each) for each in operations]


def lines_of(operation: Operation) -> Iterator[str]:
    """Yield an operation as a page: what it is, how far, why, and what can be done."""
    facts = (*_facts(operation), *_steps(operation), *_parts(operation), *_outcome(operation))
    for name, words in facts:
        yield f"{name:{MARGIN}}{printable(words)}"


def failures_of(operation: Operation) -> Iterator[str]:
    """Yield a line for each part that did not succeed: how it ended, its instance, and why."""
    for status, words in _parts(operation):
        yield f"{status:{MARGIN}}{printable(words)}"


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
    number = operation["id"]
    if _is_in_parts(operation):
        return f"see each part: spe-gateway operations list --parent {number}"
    return f"see SPE's log, if it wrote one: spe-gateway operations log {number}"


def _is_in_parts(operation: Operation) -> bool:
    return operation["id"] is not None and operation["deployment"] is None


def _parts(operation: Operation) -> Iterator[tuple[str, str]]:
    """Yield the state and the reason of each part that has ended, but not well."""
    if not _is_in_parts(operation):
        return
    for part in (operation["result"] or {}).get("items", ()):
        if part["status"] in BAD:
            problem = part["problem"]
            reason = f": {problem['code']}: {words_of(problem)}" if problem else ""
            yield part["status"], f"{part['instance']}{reason}"


def _row(operation: Operation) -> tuple[str, ...]:
    share = operation["percentProgress"]
    return (
        operation["id"],
        operation["status"],
        "" if share is None else f"{share} %",
        _time(operation["createTime"]),
        operation["kind"],
        operation["steps"][0]["command"] if operation["steps"] else "",
        operation["instance"] or "",
    )


def _facts(operation: Operation) -> Iterator[tuple[str, str]]:
    yield "operation", operation["id"]
    yield "status", _status(operation)
    yield "kind", operation["kind"]
    for name in ("deployment", "instance"):
        if operation[name]:
            yield name, operation[name]
    if operation["resumes"]:
        yield "resumes", f"{operation['resumes']}: this one carries out its rest"
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
    place = operation["queuePosition"]
    far = [f"{share} %"] if share is not None else []
    far += [f"place {place} at its deployment"] if place else []
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
