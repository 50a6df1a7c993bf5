"""The log of events as a stream: nothing lost, nothing twice, nobody who may not."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import islice
from time import monotonic

import pytest
import time_machine

from gateway.model import now
from tests.resources.heard import Told, events, part, standing, tell, whole
from tests.resources.leaving import LEAVING
from tests.served import CheckedClient, assert_problem
from tests.world import World

WITHIN = 5.0
"""Seconds; it is a quarter of one, and more on a machine that has much to do."""


@pytest.fixture
def at(own_world: World) -> int:
    """The number of the last event of A's log."""
    return standing(own_world, "a_admin")


@pytest.fixture
def reader(own_world: World) -> CheckedClient:
    return own_world.personas["a_reader"]


@contextmanager
def opened(client: CheckedClient, query: str = "", last: str = "") -> Iterator[Iterator[str]]:
    """Open a stream and read it piece by piece."""
    headers = {"Last-Event-ID": last} if last else {}
    answer = super(CheckedClient, client).open(
        f"/events/stream{query}", method="GET", buffered=False, headers=headers
    )
    with closing(answer):
        assert answer.status_code == 200
        yield (piece.decode() for piece in answer.response)  # type: ignore[union-attr] # bytes, as WSGI has it


def heard(pieces: Iterator[str]) -> Iterator[Told]:
    """Yield events as they come."""
    for piece in pieces:
        yield from events(piece)


def test_a_new_reader_is_told_where_it_stands_and_then_what_happens(
    own_world: World, reader: CheckedClient, at: int
) -> None:
    with opened(reader) as pieces:
        stream = heard(pieces)
        assert next(stream) == Told("position", str(at), {"number": at})
        tell(own_world, "A", "a", "b")
        found = list(islice(stream, 2))

    assert [(each.name, each.id) for each in found] == [
        ("event", str(at + 1)),
        ("event", str(at + 2)),
    ]
    assert [each.data for each in found] == part(reader, after=at)["items"]


def test_a_stream_may_begin_with_what_has_happened_and_end_with_it(
    own_world: World, reader: CheckedClient, at: int
) -> None:
    tell(own_world, "A", *"abc")
    found = events(reader.get(f"/events/stream?seconds=0&after={at}").text)

    assert [each.data["subject"] for each in found] == list("abc")


def test_a_reader_that_breaks_off_again_and_again_misses_nothing_and_hears_nothing_twice(
    own_world: World, reader: CheckedClient, at: int
) -> None:
    found: list[Told] = []
    for number in range(12):
        tell(own_world, "A", f"{number}-a", f"{number}-b", f"{number}-c")
        last = found[-1].id if found else str(at)
        with opened(reader, last=last) as pieces:
            found += islice(heard(pieces), 2)  # breaks off in the middle of what there is
    found += events(
        reader.get("/events/stream?seconds=0", headers={"Last-Event-ID": found[-1].id}).text
    )

    assert [each.data for each in found] == whole(reader, after=at)
    assert len(found) == 36


def test_what_is_not_wanted_moves_the_position(
    own_world: World, reader: CheckedClient, at: int
) -> None:
    tell(own_world, "A", *"abc")
    found = events(reader.get(f"/events/stream?seconds=0&after={at}&types=quota.*").text)

    assert found == [Told("position", str(at + 3), {"number": at + 3})]


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "\u0661", "1" * 16])
def test_an_id_that_is_none_of_ours_is_refused(reader: CheckedClient, last: str) -> None:
    headers = {"Last-Event-ID": last.encode().decode("latin-1")}
    assert_problem(reader.get("/events/stream", headers=headers), 400, "MALFORMED_REQUEST")


def test_an_id_that_is_yet_to_come_is_refused(reader: CheckedClient, at: int) -> None:
    headers = {"Last-Event-ID": str(at + 1)}
    assert_problem(reader.get("/events/stream", headers=headers), 422, "INVALID_INPUT")


@pytest.mark.parametrize("way", [way for way in LEAVING if way != "restricted"])
def test_a_stream_ends_at_once_when_its_reader_must_leave(
    own_world: World, watcher: tuple[str, CheckedClient], way: str
) -> None:
    leave, code = LEAVING[way]
    client, reader = watcher
    with opened(reader) as pieces:
        next(heard(pieces))
        leave(own_world, client)
        left = monotonic()
        tell(own_world, "A", "not for those who left")
        rest = events("".join(pieces))

    assert monotonic() - left < WITHIN
    assert [(each.name, each.data["code"]) for each in rest] == [("problem", code)]


def test_a_stream_hears_of_fewer_instances_as_soon_as_its_reader_may(
    own_world: World, watcher: tuple[str, CheckedClient]
) -> None:
    client, reader = watcher
    with opened(reader) as pieces:
        stream = heard(pieces)
        next(stream)
        own_world.call("PATCH", f"/clients/{client}", {"instances": [own_world.home["id"]]})
        tell(own_world, "A", f"ins_{1:032x}", own_world.home["id"])
        found = next(each for each in stream if each.name == "event")

    assert found.data["subject"] == own_world.home["id"]


def test_a_stream_ends_with_its_token(watcher: tuple[str, CheckedClient]) -> None:
    with opened(watcher[1]) as pieces:
        next(heard(pieces))
        with time_machine.travel(now() + timedelta(hours=1)):
            rest = events("".join(pieces))

    assert [each.data["code"] for each in rest] == ["UNAUTHENTICATED"]
