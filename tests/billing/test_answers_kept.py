"""Answers are kept once, as they came, and one that was altered is found."""

import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import Connection, select

from gateway.model import Prefix, Reading, new_id, now
from gateway.storage import readings
from gateway.storage.readings import RawAltered
from gateway.storage.tables import raws
from tests.billing.scene import COMMAND, DEPLOYMENT, HOUR, Scene, said

DIGEST = "0" * 64


def note(connection: Connection, answer: object) -> Reading:
    """Note a reading of now."""
    made = Reading(new_id(Prefix.READING), DEPLOYMENT, None, COMMAND, now(), None, None)
    return readings.note(connection, made, answer)


def digests(scene: Scene) -> list[str]:
    return [digest for (digest,) in scene.rows(select(raws.c.digest))]


@pytest.mark.parametrize(
    "answer",
    [said({"acme": 1}), [], {}, 0, "", False, {"b": [1, {"ä": "\ud800"}], "a": 1.5}],
    ids=["an object", "no rows", "nothing in it", "zero", "no text", "false", "odd text"],
)
def test_an_answer_comes_back_as_it_came(scene: Scene, answer: object) -> None:
    with scene.database.write() as connection:
        made = note(connection, answer)
        assert readings.answer_of(connection, str(made.raw)) == answer
        assert readings.find(connection, made.id) == made


def test_equal_answers_are_kept_once_whatever_the_order_of_their_names(scene: Scene) -> None:
    with scene.database.write() as connection:
        one = note(connection, {"a": 1, "b": 2})
        other = note(connection, {"b": 2, "a": 1})

    assert one.raw == other.raw
    assert digests(scene) == [one.raw]


@pytest.mark.parametrize(
    "planted",
    [zlib.compress(b'{"instanceData":[]}'), b"\0not compressed", zlib.compress(b"{}")[:-2], b""],
    ids=["another answer", "garbage", "cut", "empty"],
)
def test_an_answer_that_was_altered_is_found(scene: Scene, planted: bytes) -> None:
    scene.read(acme=5)
    (digest,) = digests(scene)
    scene.plant_raw(digest, planted)

    with scene.database.read() as connection, pytest.raises(RawAltered):
        readings.answer_of(connection, digest)


def test_an_answer_that_is_gone_is_found(scene: Scene) -> None:
    with scene.database.read() as connection, pytest.raises(RawAltered):
        readings.answer_of(connection, DIGEST)


def test_a_period_has_its_beginning_and_not_its_end(scene: Scene) -> None:
    begin = now()
    for _ in range(3):
        scene.read(acme=5)
        scene.later()

    with scene.database.read() as connection:
        found = readings.between(connection, DEPLOYMENT, COMMAND, begin, begin + 2 * HOUR)
    assert [each.time for each in found] == [begin, begin + HOUR]


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_an_answer_that_comes_again_while_it_is_forgotten_is_kept(scene: Scene) -> None:
    answer, begun, ended = said({"acme": 1}), Event(), Event()
    with scene.database.write() as connection:
        digest = str(note(connection, answer).raw)
        readings.forget(connection, now() + HOUR, 10)

    def again() -> None:
        with scene.database.write() as connection:
            note(connection, answer)
            begun.set()
            ended.wait(0.5)

    def forget() -> int:
        begun.wait()
        with scene.database.write() as connection:
            return readings.forget_raws(connection, now() + HOUR, 10)

    with ThreadPoolExecutor(2) as pool:
        noted, gone = pool.submit(again), pool.submit(forget)
        noted.result()
        assert gone.result() == 0

    with scene.database.read() as connection:
        assert readings.answer_of(connection, digest) == answer


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_an_answer_that_was_forgotten_at_this_moment_is_kept_anew(scene: Scene) -> None:
    answer, begun = said({"acme": 1}), Event()
    with scene.database.write() as connection:
        digest = str(note(connection, answer).raw)
        readings.forget(connection, now() + HOUR, 10)

    def again() -> None:
        begun.wait()
        with scene.database.write() as connection:
            note(connection, answer)

    with ThreadPoolExecutor(1) as pool:
        noted = pool.submit(again)
        with scene.database.write() as connection:
            assert readings.forget_raws(connection, now() + HOUR, 10) == 1
            begun.set()
            with pytest.raises(TimeoutError):
                noted.result(0.5)
        noted.result()

    with scene.database.read() as connection:
        assert readings.answer_of(connection, digest) == answer


def test_what_is_read_again_is_not_older_than_its_first_reading(scene: Scene) -> None:
    scene.read(acme=5)
    begin = now()
    scene.later(timedelta(days=1))
    scene.read()

    with scene.database.read() as connection:
        times = connection.execute(select(raws.c.create_time)).scalars().all()
    assert times == [begin]
