"""The tables of the documents that the code knows better: made here, compared by a test.

``python -m tests.docs.tables`` writes them between their markers.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from gateway import resources
from gateway.access.permissions import DESCRIPTIONS, ROLES, ROOT_ONLY, Permission
from gateway.cli.sandbox.troubles import TROUBLES
from gateway.cli.watching import MEANINGS as STATUSES
from gateway.events.catalogue import MEANINGS
from gateway.exposition.facts_families import FACTS
from gateway.measures.families import FAMILIES
from gateway.model import EventType
from gateway.setting_fields import Secret, defaults, meanings
from gateway.settings import PREFIX, Settings
from gateway.web.advice import ADVICE
from gateway.web.docs import problem_kinds
from gateway.web.operation import OPERATIONS
from tests.cli.commands import every, found
from tests.faults.events.points import TELLING
from tests.faults.kills.points import POINTS

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(<!-- table: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)

Row = tuple[str, ...]


def settings() -> Iterator[Row]:
    """Yield each setting."""
    yield ("Setting", "Default", "Meaning")
    means = meanings(Settings)
    for name, value in defaults(Settings).items():
        yield (f"`{PREFIX}{name.upper()}`", _default(value), means[name])


def _default(value: Any) -> str:  # noqa: ANN401 - of whatever type the setting has
    plain = value.get_secret_value() if isinstance(value, Secret) else value
    if isinstance(plain, bool):
        return f"`{str(plain).lower()}`"
    return "empty" if plain in {"", ()} else f"`{plain}`"


def errors() -> Iterator[Row]:
    """Yield each error that can be a problem."""
    yield ("Code", "Status", "Retry", "Meaning", "What to do next")
    rows = {
        kind.code: (
            f"`{kind.code}`",
            str(kind.status),
            "yes" if kind.retryable else "no",
            _sentence(kind),
            ADVICE[kind.code],
        )
        for kind in problem_kinds()
    }
    yield from (rows[code] for code in sorted(rows))


def _sentence(kind: type) -> str:
    lines = (inspect.getdoc(kind) or "").partition("\n\n")[0]
    return " ".join(lines.split())


def permissions() -> Iterator[Row]:
    """Yield each permission, which roles have it and what needs it."""
    yield ("Permission", "Meaning", "Roles", "Operations")
    needed: dict[object, list[str]] = {}
    for spec in OPERATIONS.values():
        needed.setdefault(spec.permission, []).append(f"`{spec.operation_id}`")
    for permission in sorted(Permission):
        roles = [name for name, granted in ROLES.items() if permission in granted]
        mark = " *" if permission in ROOT_ONLY else ""
        yield (
            f"`{permission}`{mark}",
            DESCRIPTIONS[permission],
            ", ".join(roles),
            ", ".join(sorted(needed.get(permission, ()))) or "none",
        )


def nouns() -> Iterator[Row]:
    """Yield each noun of the API."""
    yield ("Noun", "Where", "What")
    for blueprint in resources.BLUEPRINTS:
        place = re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", blueprint.url_prefix or "")
        said = " ".join(blueprint.description.partition("\n\n")[0].split())
        yield (blueprint.name, f"`{place or '/'}`", said)


def events() -> Iterator[Row]:
    """Yield each type of event."""
    yield ("Type", "When", "Data")
    for kind in EventType:
        named = ", ".join(f"`{name}`" for name in MEANINGS[kind].data)
        yield (f"`{kind}`", MEANINGS[kind].when, named or "none")


def points() -> Iterator[Row]:
    """Yield each fail point."""
    yield ("Point", "Where the process dies")
    yield from ((point.name, point.meaning) for point in (*POINTS, *TELLING))


def commands() -> Iterator[Row]:
    """Yield each command of the command line."""
    yield ("`spe-gateway …`", "What it does")
    for words in sorted(every()):
        said = (found(words).help or "").partition("\n\n")[0]
        yield (f"`{' '.join(words)}`", " ".join(said.split()))


def statuses() -> Iterator[Row]:
    """Yield each status that the command line ends with."""
    yield ("Exit status", "Means")
    yield from ((str(status), meaning) for status, meaning in STATUSES.items())


def troubles() -> Iterator[Row]:
    """Yield each thing that can go wrong in the sandbox."""
    yield ("Fault", "What happens", "What a portal sees", "Options", "It ends")
    for name, each in TROUBLES.items():
        options = ", ".join(f"`--{option}`" for option in sorted(each.takes))
        yield (f"`{name}`", each.what, each.sees, options or "none", each.ends or "with `clear`")


def metrics() -> Iterator[Row]:
    """Yield each metric."""
    yield ("Metric", "Page", "Kind", "Labels", "Meaning")
    for page, families in (("/metrics", FAMILIES), ("/facts", FACTS)):
        for family in families:
            labels = ", ".join(f"`{label}`" for label in family.labels)
            name = f"`{family.full_name}`"
            yield (name, f"`{page}`", str(family.kind), labels or "none", family.says)


TABLES: dict[str, Callable[[], Iterable[Row]]] = {
    "nouns": nouns,
    "settings": settings,
    "metrics": metrics,
    "errors": errors,
    "permissions": permissions,
    "events": events,
    "points": points,
    "commands": commands,
    "statuses": statuses,
    "troubles": troubles,
}


def markdown(rows: Iterable[Row]) -> str:
    """Return rows as a table; the first is its head."""
    head, *rest = [f"| {' | '.join(row)} |" for row in rows]
    width = head.count("|") - 1
    return "\n".join([head, f"|{'---|' * width}", *rest]) + "\n"


def written(text: str) -> str:
    """Return a document with its tables made anew."""
    return BLOCK.sub(lambda found: found[1] + markdown(TABLES[found[2]]()) + found[3], text)


def documents() -> list[Path]:
    """Return every document of the project."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def main() -> None:
    """Write the tables of all documents."""
    for path in documents():
        path.write_text(written(path.read_text()))


if __name__ == "__main__":
    main()
