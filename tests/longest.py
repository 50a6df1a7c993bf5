"""Which files take longest: they begin first, or the end of a run would wait for one of them."""

from collections.abc import Sequence
from typing import Final

import pytest

LONGEST: Final[Sequence[str]] = (
    "contract/test_schemathesis.py",
    "faults/test_rotation_under_load.py",
    "billing/month/test_month.py",
    "coverage/test_asynchronous.py",
    "faults/test_upgrade_rolling.py",
    "worker/test_many.py",
    "model/test_model.py",
    "docs/test_guides.py",
    "worker/test_cluster.py",
    "personas/test_matrix.py",
    "docs/test_runbooks.py",
    "faults/kills/test_kills.py",
    "faults/events/test_events.py",
    "deploy/test_cluster_demo.py",
    "web/test_reference_page.py",
    "model/test_the_tests_can_fail.py",
    "coverage/test_commands.py",
    "faults/test_bulk.py",
    "cli/test_watching.py",
    "benchmarks/test_lists.py",
    "faults/test_restore_under_load.py",
    "sdk/test_typescript.py",
)
"""Those of a minute and more, the longest first."""

_PLACES: Final = {name: place for place, name in enumerate(LONGEST)}


def first_the_longest(items: list[pytest.Item]) -> None:
    """Put the tests of these files before all others, in the same order on every worker."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    return _PLACES.get(item.nodeid.partition("::")[0].removeprefix("tests/"), len(_PLACES))
