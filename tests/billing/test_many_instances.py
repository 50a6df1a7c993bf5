"""Ten thousand instances on one deployment: nothing is asked or written for each of them alone."""

import pytest
from sqlalchemy import func, insert, select

from gateway.storage import event_log, owners
from gateway.storage import tables as table
from tests.billing.scene import DEPLOYMENT, Scene
from tests.core import fresh_instance
from tests.statements import counted

MANY = 10_000
FEW = 20
BATCHES = MANY // 500


@pytest.fixture
def crowded(scene: Scene) -> Scene:
    """The scene with many instances, of which none was read yet."""
    some = [fresh_instance(f"i{number}", DEPLOYMENT, scene.owner, "host") for number in range(MANY)]
    rows = [{**vars(each)} for each in some]
    for row in rows:
        del row["reseller_path"]
    with scene.database.write() as connection:
        connection.execute(insert(table.instances), rows)
    scene.counts = dict.fromkeys((each.instance_id for each in some), 3)
    return scene


def written(seen: list[tuple[str, int]], name: str) -> int:
    """Return how many rows of a table were inserted."""
    return sum(number for text, number in seen if text.startswith(f"INSERT INTO {name} "))


def test_the_first_reading_of_many_is_written_in_batches(crowded: Scene) -> None:
    with counted(crowded.database.engine) as seen:
        crowded.read()

    assert len(seen) <= FEW + 2 * BATCHES
    assert written(seen, "figures") == written(seen, "outbox") == MANY
    query = select(func.count(), func.sum(table.figures.c.value))
    assert crowded.rows(query) == [(MANY, 3 * MANY)]


def test_a_reading_that_changes_nothing_writes_no_figure(crowded: Scene) -> None:
    crowded.read()
    crowded.later()

    with counted(crowded.database.engine) as seen:
        crowded.read()

    assert len(seen) <= FEW
    assert written(seen, "figures") == written(seen, "outbox") == written(seen, "raws") == 0
    assert written(seen, "readings") == 1


def test_a_few_changes_hold_a_few_instances(
    crowded: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowded.read()
    crowded.later()
    held: list[int] = []
    hold = owners.hold
    monkeypatch.setattr(
        owners, "hold", lambda connection, some: held.append(len(some)) or hold(connection, some)
    )

    with counted(crowded.database.engine) as seen:
        crowded.read(i5=4, i50=None)

    assert held == [2]
    assert len(seen) <= FEW
    assert written(seen, "figures") == written(seen, "outbox") == 2
    with crowded.database.read() as connection:
        assert event_log.is_waiting(connection)


def test_a_day_of_many_is_closed_by_few_statements(crowded: Scene) -> None:
    crowded.read()
    crowded.later()
    crowded.read(i5=4)
    with counted(crowded.database.engine) as seen:
        crowded.day_close.close(crowded.deployment(), crowded.deployment().create_time.date())

    assert len(seen) <= 2 * FEW
    assert written(seen, "usage_days") == MANY
