"""Entries of a list that SPE answers whole: shown, made, changed and removed in one way.

What differs from one noun to the next is data here. What needs an ``if`` is for the view.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Response

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.broker.engine.preparations import subject
from gateway.errors import NotFound
from gateway.model import Operation
from gateway.spe.command import Command
from gateway.web.door import (
    NO_CONTENT,
    answer,
    listed,
    located,
    rows_of,
    services,
    tagged,
    versioned,
)
from gateway.web.hooks import caller

Shape = dict[str, Any]


@dataclass(frozen=True)
class Entries:
    """One noun that has no command to read a single entry.

    Args:
        read: the command that lists them.
        key: the member that names an entry.
        members: those that can be written; the entity tag is over them.
        view: returns what is answered of a row.
        arguments: of the command that lists them.
    """

    read: Command
    key: str
    members: Sequence[str]
    view: Callable[[Shape], Shape]
    arguments: Mapping[str, Any] = field(default_factory=dict)

    # shapes

    def all(self, found: Operation) -> Shape:
        """Return all entries."""
        return {"items": [self.view(row) for row in rows_of(found.steps[-1].result, self.key)]}

    def page(self, found: Operation) -> Shape:
        """Return all entries as one page."""
        return self.all(found) | {"nextCursor": None}

    def one(self, found: Operation) -> Shape:
        """Return the entry that was asked for."""
        return self.view(subject(found))

    def new(self, found: Operation) -> Shape:
        """Return the entry that the last step lists and the first one does not.

        Raises:
            NotFound: there is none.
        """
        before = {row[self.key] for row in rows_of(found.steps[0].result, self.key)}
        rows = rows_of(found.steps[-1].result, self.key)
        made = [row for row in rows if row[self.key] not in before]
        if not made:
            raise NotFound
        return self.view(made[-1])

    # wishes

    @property
    def reading(self) -> Invocation:
        """The wish to list them."""
        return Invocation(self.read, self.arguments)

    @property
    def judged(self) -> Invocation:
        """The wish to list them, and to go on with an entry of a version that is wanted only."""
        return replace(self.reading, check="require-version")

    def about(self, value: object) -> dict[str, Any]:
        """Return the context of an operation on one entry."""
        return versioned(self.read, self.members, (self.key, value))


class DeploymentEntries(Entries):
    """Entries that belong to a deployment; each view is one of these."""

    def list(self, deployment: str, **arguments: object) -> Response:
        """Answer with all of them."""
        wish = replace(self.reading, arguments={**self.arguments, **arguments})
        return answer(services().broker.call_deployment(caller(), deployment, [wish]))

    def make(self, deployment: str, value: str, *wishes: Invocation) -> Response:
        """Carry out what makes an entry, and answer with it."""
        return self.made(self._call(deployment, value, *wishes, self.reading))

    def made(self, found: Operation) -> Response:
        """Answer with an entry that was made."""
        return located(tagged(found, 201), self.key)

    def show(self, deployment: str, value: str, **arguments: object) -> Response:
        """Answer with one entry."""
        wish = replace(self.reading, arguments={**self.arguments, **arguments})
        return tagged(self._call(deployment, value, wish))

    def change(
        self, deployment: str, value: str, command: Command, changes: Mapping[str, Any]
    ) -> Response:
        """Read an entry, merge the changes, send it whole, and answer with what is read then."""
        merging = Invocation(command, prepare="merge-subject")
        wishes = (self.reading, merging, self.reading)
        return tagged(self._call(deployment, value, *wishes, changes=dict(changes)))

    def remove(self, deployment: str, value: str, command: Command) -> Response:
        """Remove an entry."""
        wish = Invocation(command, {self.key: value})
        return answer(self._call(deployment, value, self.judged, wish), NO_CONTENT)

    def _call(
        self, deployment: str, value: str, *wishes: Invocation, **context: object
    ) -> Operation:
        whole = self.about(value) | context
        return services().broker.call_deployment(caller(), deployment, wishes, whole)


class InstanceEntries(Entries):
    """Entries inside an instance, with numbers of SPE's; each view is one of these."""

    def list(self, instance: str, query: dict[str, Any]) -> Response:
        """Answer with a page of them."""
        return listed(services().broker.call(caller(), instance, [self.reading]), query, "id")

    def make(self, instance: str, wish: Invocation, *more: Permission) -> Response:
        """Carry out what makes an entry, and answer with it; it may need more permissions."""
        wishes = [self.reading, wish, self.reading]
        return self.made(services().broker.call(caller(), instance, wishes, *more))

    def made(self, found: Operation) -> Response:
        """Answer with an entry that was made."""
        return located(answer(found, 201), "id")

    def show(self, instance: str, number: int) -> Response:
        """Answer with one entry."""
        return tagged(self._call(instance, number, self.reading))

    def change(self, instance: str, number: int, *wishes: Invocation) -> Response:
        """Carry out what changes an entry, and answer with what is read then."""
        after = [self.reading] if wishes else []
        return tagged(self._call(instance, number, self.judged, *wishes, *after))

    def remove(self, instance: str, number: int, command: Command) -> Response:
        """Remove an entry."""
        wish = Invocation(command, {"id": number})
        return answer(self._call(instance, number, self.judged, wish), NO_CONTENT)

    def _call(self, instance: str, number: int, *wishes: Invocation) -> Operation:
        return services().broker.call(caller(), instance, wishes, context=self.about(number))
