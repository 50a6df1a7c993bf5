"""Whatever bytes a deployment says, the answer is right or a typed problem, and nothing hangs."""

from collections.abc import Iterator

import pytest

from tests.faults.hostile.callers import CALLERS, Ground, assert_bearable, ground
from tests.faults.hostile.replies import REPLIES
from tests.world import world

EVERY = ("read", "live")
"""These meet every reply; the others each meet a few, by turns, so that all are met."""

OTHERS = tuple(name for name in CALLERS if name not in EVERY)
MUTATIONS = [
    (caller, reply)
    for number, reply in enumerate(REPLIES)
    for caller in (*EVERY, OTHERS[number % len(OTHERS)])
]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A world whose deployment lies."""
    with world(tmp_path_factory.mktemp("hostile")) as made:
        yield ground(made)


def test_there_are_enough_mutations() -> None:
    assert len(MUTATIONS) == len(set(MUTATIONS)) >= 500


@pytest.mark.parametrize(
    ("caller", "reply"), MUTATIONS, ids=[f"{caller}-{reply}" for caller, reply in MUTATIONS]
)
def test_a_hostile_reply_ends_well(scene: Ground, caller: str, reply: str) -> None:
    response = CALLERS[caller](scene, REPLIES[reply])

    assert_bearable(response)
    assert scene.get("/statistics").status_code == 200
