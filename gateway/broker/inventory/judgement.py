"""What a list means for what we know. Nothing is read or written here.

Of our instances it may change what was seen of them, and their drift: never their owner, their
name or their life with us. What is listed and not ours becomes unowned, never anybody's.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PureWindowsPath
from typing import Any, Final

from gateway.broker.endings import MISSING, with_consent
from gateway.broker.inventory import drift
from gateway.broker.inventory.guard import Doubt, doubt_of
from gateway.broker.inventory.listed import Listed
from gateway.model import Instance, InstanceStatus, Prefix, new_id
from gateway.storage.sightings import Sighting
from gateway.storage.unowned import Unowned

JUDGED: Final = frozenset({InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED, InstanceStatus.DELETED})
"""Instances in these states should be listed; whether one that is being made is, means nothing."""

DIRECTORY: Final = "baseDirectory"


@dataclass(frozen=True)
class Answer:
    """What a deployment answered.

    Attributes:
        deployment: its id.
        listed: its checked lists.
        time: when it was asked.
        directories: of some instances that nobody owned when it was asked, by their names.
    """

    deployment: str
    listed: Listed
    time: datetime
    directories: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> Mapping[str, dict[str, Any]]:
        """The rows of the instances, by the names that SPE knows."""
        return self.listed.rows

    def homes(self, owned: Collection[str]) -> Mapping[PureWindowsPath, str]:
        """Return the instances that are not ours by where they lie, as far as that was told."""
        found = {name: self._directory(name) for name in sorted(self.rows.keys() - owned)}
        return {PureWindowsPath(path): name for name, path in found.items() if path}

    def _directory(self, name: str) -> str | None:
        return self.directories.get(name) or self.rows[name].get(DIRECTORY)


@dataclass(frozen=True)
class Strangers:
    """What becomes of the rows of unowned instances."""

    new: Sequence[Unowned]
    changed: Sequence[Unowned]
    gone: Sequence[str]

    @property
    def are_news(self) -> bool:
        """Whether anything becomes of any row."""
        return bool(self.new or self.changed or self.gone)


@dataclass(frozen=True)
class Judgement:
    """What follows from an answer.

    Attributes:
        answer: of the deployment.
        sightings: what is new of our instances.
        strangers: what is new of unowned ones; None as long as the list is doubted.
        doubt: why it is not believed, if it is not.
        is_accepted: whether it would not be, but for an operator's word.
        compared: how many of our instances were.
    """

    answer: Answer
    sightings: Sequence[Sighting]
    strangers: Strangers | None
    doubt: Doubt | None
    is_accepted: bool
    compared: int

    @property
    def is_news(self) -> bool:
        """Whether it is not believed, or anything of an instance is to be written."""
        return self.strangers is None or bool(self.sightings) or self.strangers.are_news


def judge(
    answer: Answer,
    ours: Sequence[Instance],
    owned: Collection[str],
    before: Mapping[str, Unowned],
    accepted: str | None,
) -> Judgement:
    """Say what follows from an answer.

    Args:
        answer: of the deployment.
        ours: our instances there that nothing has changed since it was asked.
        owned: the names of all instances of ours there, then and now.
        before: the unowned rows that there are, by the names of the instances.
        accepted: the version of the doubt that an operator has dispelled, if any.
    """
    expected = [one for one in ours if one.status in JUDGED]
    doubt = _doubt(answer, expected)
    is_accepted = doubt is not None and doubt.version == accepted
    seen = _seen(answer, expected)
    if doubt is not None and not is_accepted:
        return Judgement(answer, seen, None, doubt, is_accepted, len(ours))
    lacking = _lacking(answer, expected, owned)
    strangers = _strangers(answer, before, owned)
    return Judgement(answer, [*seen, *lacking], strangers, None, is_accepted, len(ours))


def _doubt(answer: Answer, expected: Sequence[Instance]) -> Doubt | None:
    there = [one for one in expected if not drift.is_missing(one)]
    lacking = [one.id for one in there if one.instance_id not in answer.rows]
    return doubt_of(len(there), lacking, answer.rows, answer.listed.ignored)


def _seen(answer: Answer, expected: Sequence[Instance]) -> Sequence[Sighting]:
    found = (
        _sighting(one, answer.rows[one.instance_id])
        for one in expected
        if one.instance_id in answer.rows
    )
    return [each for each in found if each.is_news]


def _sighting(known: Instance, row: Mapping[str, Any]) -> Sighting:
    return Sighting(known, with_consent(known, row), drift.compared(known, row))


def _lacking(
    answer: Answer, expected: Sequence[Instance], owned: Collection[str]
) -> Sequence[Sighting]:
    homes = answer.homes(owned)
    found = (
        Sighting(one, MISSING, drift.missing(one, answer.time, homes.get(_home(one))))
        for one in expected
        if one.instance_id not in answer.rows
    )
    return [each for each in found if each.is_news]


def _home(known: Instance) -> PureWindowsPath:
    return PureWindowsPath(known.base_directory)


def _strangers(answer: Answer, before: Mapping[str, Unowned], owned: Collection[str]) -> Strangers:
    """Say what becomes of unowned rows.

    A name of ours that was purged and is listed again is a stranger too: nobody's, whoever had it.
    """
    found = {name: _known(answer, name, before) for name in answer.rows.keys() - owned}
    return Strangers(
        [
            Unowned(new_id(Prefix.INSTANCE), answer.deployment, name, row, answer.time, answer.time)
            for name, row in found.items()
            if name not in before
        ],
        [
            replace(row, observed=found[name], observe_time=answer.time)
            for name, row in before.items()
            if name in found and found[name] != row.observed
        ],
        [row.id for name, row in before.items() if name not in found],
    )


def _known(answer: Answer, name: str, before: Mapping[str, Unowned]) -> Mapping[str, Any]:
    """Return a stranger's row, with its directory if that was ever read."""
    earlier = before[name].observed.get(DIRECTORY) if name in before else None
    directory = answer.directories.get(name) or earlier
    return {**({DIRECTORY: directory} if directory else {}), **answer.rows[name]}
