"""The reading through the real lane and client, from a simulated deployment."""

from collections.abc import Iterator

import pytest

from gateway.billing.licences import Licences
from gateway.broker.engine.reader import Reader
from gateway.model import Figure, Measure, Reading
from gateway.storage import figures, owners, readings
from tests.billing.scene import COMMAND, EVER
from tests.core import Core, until
from tests.simulated import Control


@pytest.fixture
def licences(core: Core) -> Iterator[Licences]:
    reader = Reader(core.connections)
    return Licences(core.database, core.broker.aside, reader.read, 3600)


def noted(core: Core) -> list[Reading]:
    with core.database.read() as connection:
        return list(readings.between(connection, core.deployment, COMMAND, *EVER))


def current(core: Core) -> dict[str, Figure]:
    with core.database.read() as connection:
        ids = list(owners.on(connection, core.deployment))
        return figures.current(connection, ids, Measure.LICENCES)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["at once", "in its time"])
def test_the_licences_of_a_deployment_are_read(
    core: Core, control: Control, licences: Licences, *, asynchronous: bool
) -> None:
    users = [{"userName": "jane"}, {"userName": "joe"}]
    acme = core.planted(control, "acme", users=users)
    if asynchronous:
        control.asynchronous(1, command=COMMAND)

    licences.read(core.deployment)

    (reading,) = noted(core)
    assert reading.problem is None
    assert current(core)[acme.id].value == 2
    assert COMMAND in control.commands()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("reset", "UPSTREAM_CONNECTION_LOST"),
        ("status", "UPSTREAM_REPLY_INVALID"),
        ("failed", "COMMAND_FAILED"),
        ("garbage", "UPSTREAM_REPLY_INVALID"),
    ],
)
def test_what_a_deployment_says_wrongly_or_not_at_all_is_a_named_failure(
    core: Core, control: Control, licences: Licences, fault: str, code: str
) -> None:
    acme = core.planted(control, "acme")
    licences.read(core.deployment)
    before = current(core)
    control.fault(fault, COMMAND, size=10, count=9)

    licences.read(core.deployment)

    assert [reading.problem for reading in noted(core)] == [None, code]
    assert current(core) == before
    assert before[acme.id].value == 1


def test_it_is_done_in_the_lane_of_the_deployment(
    core: Core, control: Control, licences: Licences, monkeypatch: pytest.MonkeyPatch
) -> None:
    core.planted(control, "acme")
    monkeypatch.setattr(licences._appointments, "take_any", lambda: [_Due(core.deployment)])  # noqa: SLF001 - its time has come

    licences.run()

    assert until(lambda: noted(core))[0].problem is None


class _Due:
    def __init__(self, deployment: str) -> None:
        self.id = deployment
