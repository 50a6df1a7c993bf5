from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import Connection, delete, insert, select

from gateway.errors import NameTaken
from gateway.model import now
from gateway.storage import names
from gateway.storage.database import Database
from gateway.storage.names import REFUSAL, RESERVED
from gateway.storage.tables import deployments, metadata
from gateway.storage.tables import names as table

DEPLOYMENT = "dep_1"
NAMES = ("acme", "Acme", "other", "third")
RESELLERS = ("res_a", "res_b")


def register(connection: Connection) -> None:
    """Insert a deployment for names to lie on."""
    times = {"create_time": now(), "update_time": now()}
    words = dict.fromkeys(("name", "host", "user_name", "password"), "alpha")
    rest = {"port": 8474, "labels": {}, "commands": {}, "cordoned": False, "revision": 1}
    connection.execute(insert(deployments).values(id=DEPLOYMENT, **words, **rest, **times))


@pytest.fixture
def reserve(database: Database) -> Callable[..., None]:
    with database.write() as connection:
        register(connection)

    def call(name: str, instance: str = "ins_1", reseller: str = "res_a") -> None:
        with database.write() as connection:
            take(connection, name, instance, reseller)

    return call


def take(connection: Connection, name: str, instance: str, reseller: str) -> None:
    names.reserve(connection, DEPLOYMENT, name, instance=instance, reseller=reseller, time=now())


def test_every_clash_has_the_same_answer(database: Database, reserve: Callable[..., None]) -> None:
    reserve("held")
    reserve("buried", "ins_2")
    with database.write() as connection:
        names.bury(connection, "ins_2")
    answers = set()
    for name in ("held", "HELD", "buried", *RESERVED):
        with pytest.raises(NameTaken) as refusal:
            reserve(name, "ins_3", "res_b")
        answers.add((refusal.value.detail, refusal.value.code, refusal.value.status))
    assert answers == {(REFUSAL, "NAME_TAKEN", 409)}


def test_a_refusal_leaves_the_transaction_usable(
    database: Database, reserve: Callable[..., None]
) -> None:
    reserve("held")
    with database.write() as connection:
        with pytest.raises(NameTaken):
            take(connection, "held", "ins_2", "res_b")
        take(connection, "free", "ins_2", "res_b")
    with database.read() as connection:
        assert names.owner(connection, DEPLOYMENT, "free") == "ins_2"


def test_an_instance_may_take_again_what_it_has(reserve: Callable[..., None]) -> None:
    reserve("alias", "ins_1")
    reserve("Alias", "ins_1")
    with pytest.raises(NameTaken):
        reserve("alias", "ins_2")


def test_the_names_of_one_deployment_are_free_on_another(
    database: Database, reserve: Callable[..., None]
) -> None:
    reserve("acme")
    with database.read() as connection:
        assert names.owner(connection, "dep_2", "acme") is None
        assert names.owner(connection, DEPLOYMENT, "ACME") == "ins_1"


class Names(RuleBasedStateMachine):
    """Random lives of instances against the law: an id once used stays with its reseller."""

    database: Database
    made = 0

    def __init__(self) -> None:
        super().__init__()
        with self.database.write() as connection:
            for each in reversed(metadata.sorted_tables):
                connection.execute(delete(each))
            register(connection)
        self.live: dict[str, tuple[str, str]] = {}
        self.used: dict[str, str] = {}

    def _free(self, name: str, reseller: str) -> bool:
        folded = name.lower()
        held = any(taken == folded for taken, _ in self.live.values())
        return not held and self.used.get(folded, reseller) == reseller

    @rule(name=st.sampled_from(NAMES), reseller=st.sampled_from(RESELLERS))
    def make(self, name: str, reseller: str) -> None:
        Names.made += 1
        instance = f"ins_{Names.made}"
        expected = self._free(name, reseller)
        try:
            with self.database.write() as connection:
                take(connection, name, instance, reseller)
        except NameTaken:
            assert not expected
        else:
            assert expected
            self.live[instance] = (name.lower(), reseller)

    @rule(data=st.data())
    def bury(self, data: st.DataObject) -> None:
        instance = self._one(data)
        if instance is not None:
            name, reseller = self.live.pop(instance)
            self.used[name] = reseller
            with self.database.write() as connection:
                names.bury(connection, instance)

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        instance = self._one(data)
        if instance is not None:
            self.live.pop(instance)
            with self.database.write() as connection:
                names.release(connection, instance)

    def _one(self, data: st.DataObject) -> str | None:
        return data.draw(st.sampled_from(sorted(self.live))) if self.live else None

    @invariant()
    def what_was_used_stays_with_its_reseller(self) -> None:
        with self.database.read() as connection:
            rows = connection.execute(select(table)).all()
        found = {row.name: row.reseller for row in rows}
        assert self.used.items() <= found.items()
        held = {row.name for row in rows if not row.tombstone}
        assert held == {name for name, _ in self.live.values()}


def test_an_id_once_used_never_belongs_to_another_reseller(database: Database) -> None:
    Names.database = database
    machine: Any = Names.TestCase()
    machine.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
    machine.runTest()


@given(st.sampled_from(sorted(RESERVED)))
def test_reserved_words_are_taken_in_every_spelling(word: str) -> None:
    for spelling in (word, word.upper(), word.title()):
        with pytest.raises(NameTaken):
            take(None, spelling, "ins_1", "res_a")  # type: ignore[arg-type] # never asked
