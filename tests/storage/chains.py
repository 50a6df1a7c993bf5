"""Chains of the audit log, and the ways in which somebody with the database could alter them."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, update

from gateway.model import Prefix, new_id
from gateway.storage import audit_log, outbox
from gateway.storage.audit_log import CHAIN, Entry, hash_of
from gateway.storage.chains import GENESIS
from gateway.storage.database import Database
from gateway.storage.tables import audit_log as log
from gateway.storage.tables import counters

RESELLERS = ("res_a", "res_b", "res_c")
ROWS = 6


def write(database: Database, reseller: str, **payload: Any) -> None:  # noqa: ANN401 - JSON
    """Write a row as the broker does."""
    with database.write() as connection:
        row = {"phase": "done", "action": "test", **payload}
        outbox.put(connection, audit_log.TOPIC, reseller, row)


def fill(database: Database) -> None:
    """Make a chain for each reseller, and anchor them."""
    with database.write() as connection:
        for number in range(ROWS * len(RESELLERS)):
            row = {"phase": "done", "action": "test", "object": f"{number}", "note": "Zoë \u2028"}
            reseller = RESELLERS[number % len(RESELLERS)]
            outbox.put(connection, audit_log.TOPIC, reseller, row)
        audit_log.sequence(connection, ROWS * len(RESELLERS))
    with database.write() as connection:
        audit_log.anchor(connection)


Edit = Callable[[Connection, random.Random, str, int], int]
"""Alters a chain about a row; returns the number at which it is broken from then on."""


def at(reseller: str, number: int) -> ColumnElement[bool]:
    """The condition of one row."""
    return (log.c.reseller == reseller) & (log.c.number == number)


def _found(connection: Connection, reseller: str, number: int) -> Entry:
    [entry] = audit_log.part(connection, reseller, number - 1, 1)
    return entry


def _set(connection: Connection, reseller: str, number: int, values: Mapping[str, Any]) -> None:
    connection.execute(update(log).where(at(reseller, number)).values(**values))


def alter_payload(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Say something else."""
    payload = dict(_found(connection, reseller, number).payload)
    payload[dice.choice(sorted(payload))] += dice.choice("abc")
    _set(connection, reseller, number, {"payload": payload})
    return number


def add_member(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Say something more."""
    payload = {**_found(connection, reseller, number).payload, f"m{dice.random()}": None}
    _set(connection, reseller, number, {"payload": payload})
    return number


def alter_time(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Say another time."""
    time = _found(connection, reseller, number).create_time
    moved = time + timedelta(microseconds=dice.choice([-1, 1, 10**9]))
    _set(connection, reseller, number, {"create_time": moved})
    return number


def alter_hash(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Spoil the hash."""
    _set(connection, reseller, number, {"hash": f"{dice.getrandbits(256):064x}"})
    return number


def alter_id(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Give a row another id."""
    del dice
    _set(connection, reseller, number, {"id": new_id(Prefix.AUDIT)})
    return number


def remove(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Remove a row."""
    del dice
    connection.execute(delete(log).where(at(reseller, number)))
    return number


def truncate(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Remove a row and all after it, and count anew."""
    connection.execute(delete(log).where(log.c.reseller == reseller, log.c.number >= number))
    if dice.random() < 0.5:
        _count(connection, reseller, number - 1)
    return number


def close_up(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Remove a row and let the later ones move up."""
    remove(connection, dice, reseller, number)
    for later in range(number + 1, ROWS + 1):
        _set(connection, reseller, later, {"number": later - 1})
    _count(connection, reseller, ROWS - 1)
    return number


def swap(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Exchange what two rows say."""
    other = dice.choice([n for n in range(1, ROWS + 1) if n != number])
    one, two = _found(connection, reseller, number), _found(connection, reseller, other)
    _set(connection, reseller, number, {"payload": two.payload, "hash": two.hash})
    _set(connection, reseller, other, {"payload": one.payload, "hash": one.hash})
    return min(number, other)


def move_away(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Put a row into another's chain."""
    other = dice.choice([each for each in RESELLERS if each != reseller])
    _set(connection, reseller, number, {"reseller": other, "number": ROWS + 1})
    return number


def append(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Add a row at the end that fits, without counting it."""
    del dice
    last, pattern = _found(connection, reseller, ROWS), _found(connection, reseller, number)
    made = replace(pattern, number=ROWS + 1, id=new_id(Prefix.AUDIT))
    connection.execute(insert(log).values(**vars(replace(made, hash=hash_of(last.hash, made)))))
    return ROWS + 1


def rewrite(connection: Connection, dice: random.Random, reseller: str, number: int) -> int:
    """Alter a row and make all hashes from there on anew: the chain fits, the anchor does not."""
    alter_payload(connection, dice, reseller, number)
    previous = GENESIS if number == 1 else _found(connection, reseller, number - 1).hash
    for later in range(number, ROWS + 1):
        previous = hash_of(previous, _found(connection, reseller, later))
        _set(connection, reseller, later, {"hash": previous})
    return ROWS


def _count(connection: Connection, reseller: str, number: int) -> None:
    mine = counters.c.name == CHAIN + reseller
    connection.execute(update(counters).where(mine).values(value=number))


EDITS: tuple[Edit, ...] = (
    alter_payload,
    add_member,
    alter_time,
    alter_hash,
    alter_id,
    remove,
    truncate,
    close_up,
    swap,
    move_away,
    append,
    rewrite,
)
