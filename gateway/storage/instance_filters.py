"""What a list of instances can be narrowed by, as SQL that means the same on each engine."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, case, or_, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from gateway.model import Instance, InstanceStatus
from gateway.storage.tables import instances

UNKNOWN: Final = "unknown"
OBSERVED: Final = ("running", "stopped", "safeMode", "frozen", "missing")
"""What may be seen of an active instance; any other word of SPE's is ``unknown``."""

Condition = Callable[[Any], ColumnElement[bool]]


class Folded(FunctionElement[str]):
    """A text with A to Z in lower case; other letters stay, since only ICU knows them."""

    type = String()
    inherit_cache = True


@compiles(Folded)
def _fold(element: Folded, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 # SQLAlchemy's signature
    """SQLite knows no other letters."""
    return f"lower({compiler.process(element.clauses, **options)})"


@compiles(Folded, "postgresql")
def _fold_plainly(element: Folded, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401 # SQLAlchemy's signature
    """PostgreSQL would go by the language of the database."""
    return f'lower({compiler.process(element.clauses, **options)} COLLATE "C")'


def shown_status(instance: Instance) -> str:
    """Return SPE's word while the instance is active, else ours; ``_SHOWN`` says it in SQL."""
    if instance.status is not InstanceStatus.ACTIVE:
        return instance.status
    seen = instance.observed.get("status")
    return str(seen) if seen in OBSERVED else UNKNOWN


_SEEN = instances.c.observed["status"].as_string()
_SHOWN = case(
    (instances.c.status != InstanceStatus.ACTIVE, instances.c.status),
    (_SEEN.in_(OBSERVED), _SEEN),
    else_=UNKNOWN,
)
_NAMES = (
    instances.c.instance_id,
    instances.c.display_name,
    instances.c.alias,
    instances.c.external_id,
)


def _has_labels(labels: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    return and_(true(), *(instances.c.labels[key].as_string() == value for key, value in labels))


def _is_named(part: str) -> ColumnElement[bool]:
    folded = "".join(letter.lower() if letter.isascii() else letter for letter in part)
    return or_(*(Folded(name).contains(folded, autoescape=True) for name in _NAMES))


CONDITIONS: Final[Mapping[str, Condition]] = {
    "deployment": lambda deployment: instances.c.deployment == deployment,
    "reseller": lambda reseller: instances.c.reseller == reseller,
    "external_id": lambda external_id: instances.c.external_id == external_id,
    "labels": _has_labels,
    "status": lambda status: status == _SHOWN,
    "q": _is_named,
}
"""By its name, what is wanted: a value, pairs of ``labels`` that all apply, or ``q``, a part of
any name of the instance."""

NARROW: Final = frozenset({"deployment", "reseller", "external_id"})
"""Those that have an index."""

SEARCHED: Final = frozenset({"labels", "status", "q"})
"""Those for which rows are looked through."""

OBSERVABLE: Final = frozenset({"status", "q"})
"""Those whose outcome may be another once the deployment has been asked."""
