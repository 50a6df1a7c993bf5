"""What is remembered of the looks into an instance, as ``watches.state`` keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from gateway.billing.watch.judgement import KEPT, Look, Outcome


@dataclass(frozen=True)
class Memory:
    """What the next look is compared with.

    Attributes:
        tries: looks that failed in a row.
        looks: what the last ones showed, the oldest first.
        messages: how many the last of them found.
        stopped: since when it is known that nothing is archived.
        run_end: when the last profile ended that was seen, by the deployment's clock.
        run_ids: the numbers of the results of that very second.
        failed: the numbers of the stores that are known to have failed.
        rebuild: the numbers of those whose indexes are known to need a rebuild.
    """

    tries: int = 0
    looks: tuple[Look, ...] = ()
    messages: int | None = None
    stopped: datetime | None = None
    run_end: datetime | None = None
    run_ids: frozenset[int] = frozenset()
    failed: frozenset[int] = frozenset()
    rebuild: frozenset[int] = frozenset()

    def document(self) -> Mapping[str, Any]:
        """Return it as JSON; what is empty is left out, since there is one for each instance."""
        whole = {
            "tries": self.tries,
            "looks": [[_seconds(each.time), each.outcome, each.ran] for each in self.looks],
            "messages": self.messages,
            "stopped": self.stopped and _seconds(self.stopped),
            "runEnd": self.run_end and _seconds(self.run_end),
            "runIds": sorted(self.run_ids),
            "failed": sorted(self.failed),
            "rebuild": sorted(self.rebuild),
        }
        return {name: value for name, value in whole.items() if value not in (None, [])}

    def with_look(self, look: Look, messages: int) -> "Memory":
        """Return it with one more look, and without those that are too old."""
        return replace(self, looks=(*self.looks, look)[-KEPT:], messages=messages)


def read(document: Mapping[str, Any]) -> Memory:
    """Return what ``Memory.document`` wrote; nothing of the first time."""
    return Memory(
        tries=document.get("tries", 0),
        looks=tuple(
            Look(_moment(time), Outcome(outcome), ran)
            for time, outcome, ran in document.get("looks", ())
        ),
        messages=document.get("messages"),
        stopped=_perhaps(document.get("stopped")),
        run_end=_perhaps(document.get("runEnd")),
        run_ids=frozenset(document.get("runIds", ())),
        failed=frozenset(document.get("failed", ())),
        rebuild=frozenset(document.get("rebuild", ())),
    )


def _seconds(time: datetime) -> int:
    return int(time.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _perhaps(seconds: int | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)
