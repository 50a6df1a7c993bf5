"""Chooses, from what there is, who calls and about what."""

from collections.abc import Iterable, Mapping
from itertools import count
from random import Random
from typing import Any

from tests.model.calls import Ref
from tests.model.model import Model
from tests.model.roles import granted
from tests.model.rules import ACTIVE, Object

WANTED: Mapping[str, tuple[str, ...]] = {
    "undeleteInstance": ("deleted",),
    "purgeInstance": ("deleted",),
    "thawInstance": ("frozen",),
}
"""The states in which operations come to something; the others want an active instance."""


class Picks:
    """Seeded choices.

    Args:
        seed: the same one chooses the same.
        model: what there is.
    """

    def __init__(self, seed: int, model: Model) -> None:
        self.random = Random(seed)  # noqa: S311 # a plan, not a secret
        self.model = model
        self._numbers = {letter: count(1) for letter in "cirt"}

    def new(self, letter: str) -> Ref:
        """Return a handle that nothing has."""
        return Ref(f"{letter}{next(self._numbers[letter])}")

    def pick(self, things: Iterable[Any]) -> Any:  # noqa: ANN401 # whatever there is to choose from
        """Choose one."""
        return self.random.choice(list(things))

    def one_in(self, number: int) -> bool:
        """Be true once in so many times."""
        return self.random.randrange(number) == 0

    def caller(self, permission: str) -> Ref | None:
        """Choose a token: mostly a live one, and often one that holds a permission."""
        if self.one_in(40) or not self.model.tokens:
            return None
        live = [token for token in self.model.tokens if not self.holder(token)["disabled"]]
        dead = [token for token in self.model.tokens if token not in live]
        if dead and (self.one_in(12) or not live):
            return self.pick(dead)
        may = [token for token in live if self._holds(token, permission)]
        return self.pick(live if self.one_in(4) else may or live)

    def holder(self, token: Ref | None) -> Object:
        """Return the client of a token; a disabled one if there is none."""
        client, _ = self.model.tokens.get(token, (None, None))
        nobody: Object = {"disabled": True, "roles": [], "permissions": [], "instances": None}
        return self.model.clients.get(client, nobody)

    def _holds(self, token: Ref, permission: str) -> bool:
        one = self.holder(token)
        scope = self.model.tokens[token][1] & self.model.most(one["reseller"])
        return not permission or permission in granted(one) & scope

    def among(self, letter: str, table: Mapping[Ref, Object]) -> Ref:
        """Choose an object, whosesoever, or one that is not there."""
        if not table or self.one_in(20):
            return Ref(f"{letter}{self.random.randrange(90, 99)}")
        return self.pick(table)

    def seen(self, who: Ref | None, letter: str, table: Mapping[Ref, Object]) -> Ref:
        """Choose mostly what the caller sees."""
        me = self.holder(who)
        mine = [ref for ref, one in table.items() if "id" in me and self.model.sees(me, one)]
        return self.pick(mine) if mine and not self.one_in(4) else self.among(letter, table)

    def instance(self, who: Ref | None, name: str) -> Ref:
        """Choose an instance, often one in a state that suits an operation."""
        states = WANTED.get(name, ACTIVE)
        every = self.model.instances
        fit = {ref: i for ref, i in every.items() if i["status"] in states}
        return self.seen(who, "i", every if self.one_in(4) else fit or every)

    def reseller(self, who: Ref | None) -> Ref:
        """Choose a reseller, often one that has clients, seldom the caller's own."""
        homes = {one["reseller"] for one in self.model.clients.values()}
        homes -= {self.holder(who).get("reseller")}
        table = {ref: one for ref, one in self.model.resellers.items() if ref in homes}
        return self.seen(who, "r", self.model.resellers if self.one_in(3) else table)

    def number(self) -> int:
        """Choose the number of a store of anybody: planted below an instance of another."""
        numbers = {n for i in self.model.instances.values() for n in i["_stores"]}
        return self.pick(sorted({1, 9, *numbers}))
