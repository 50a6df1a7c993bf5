"""Law 3 against everything that a deployment may say: a list never decides what is whose."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.errors import ReplyInvalid
from gateway.model import InstanceStatus
from gateway.storage import names as register
from gateway.storage.tables import instances, names
from tests.broker.inventory.scene import Scene, row
from tests.core import Core, copied

OURS = {
    "acme": InstanceStatus.ACTIVE,
    "globex": InstanceStatus.ACTIVE,
    "initech": InstanceStatus.DELETED,
    "hooli": InstanceStatus.PROVISIONING,
    "umbrella": InstanceStatus.PURGED,
    "stark": InstanceStatus.FAILED,
}
OWNERSHIP = ("id", "instance_id", "deployment", "reseller", "status", "alias", "base_directory")
LISTED = st.lists(
    st.sampled_from([*OURS, "alien", "ACME", "*", "* .running", "", None]).flatmap(
        lambda name: st.fixed_dictionaries(
            {"instanceID": st.just(name)},
            optional={
                "status": st.sampled_from(["running", "stopped", "missing", None]),
                "alias": st.sampled_from(["globex", "other", None]),
                "displayName": st.sampled_from(["Other", ""]),
                "baseDirectory": st.sampled_from(["D:\\x", "E:\\y"]),
            },
        )
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, template: Path) -> Any:  # noqa: ANN401 - a generator
    """A scene that all examples share: what one list has done, the next may undo or not."""
    core = Core(copied(template, tmp_path_factory.mktemp("lists")))
    made = Scene(core)
    for name, status in OURS.items():
        found = made.owned(name, status)
        if status is InstanceStatus.PURGED:
            with core.database.write() as connection:
                register.bury(connection, found.id)
    yield made
    core.close()


def belongings(scene: Scene) -> Any:  # noqa: ANN401 - rows
    """Return who owns what, and every name."""
    with scene.core.database.read() as connection:
        owned = select(*(instances.c[name] for name in OWNERSHIP)).order_by(instances.c.id)
        taken = select(names).order_by(names.c.name)
        return connection.execute(owned).all(), connection.execute(taken).all()


@settings(max_examples=25, deadline=None)
@given(sequence=st.lists(LISTED, min_size=1, max_size=4))
def test_no_sequence_of_lists_takes_an_instance_or_a_name_from_anybody(
    scene: Scene, sequence: list[list[dict[str, Any]]]
) -> None:
    before = belongings(scene)
    for listed in sequence:
        scene.lists(*listed)
        try:
            scene.refresh()
        except ReplyInvalid:
            continue
        assert belongings(scene) == before
        assert not scene.strangers().keys() & {"acme", "globex", "initech", "hooli"}
    assert belongings(scene) == before


def test_a_foreign_alias_or_name_gives_nothing_of_ours_away(scene: Scene) -> None:
    before = belongings(scene)
    scene.lists(row("alien", alias="acme"), row("acme", alias="globex"), row("globex"))
    scene.refresh()
    assert belongings(scene) == before
