"""Random calls of several resellers over two deployments: the gateway does what the model says."""

import re
from pathlib import Path

import pytest

from tests.model import model
from tests.model.episode import Difference, episode, shortest

CALLS = 200
SEEDS = (*range(1, 10), 11, 16, 22)
"""Fixed here, so that everybody runs the same 2,400 calls; ``make test-long`` takes new ones."""


@pytest.mark.parametrize("seed", SEEDS)
def test_gateway_and_model_do_not_differ(seed: int) -> None:
    try:
        assert episode(seed, CALLS) >= CALLS
    except Difference as found:
        pytest.fail(f"seed {seed}, {shortest(found)}")


def test_the_model_is_short_enough_to_be_believed() -> None:
    assert len(Path(model.__file__).read_text(encoding="utf-8").splitlines()) <= 200


def test_the_model_knows_nothing_of_the_gateway() -> None:
    folder = Path(model.__file__).parent
    for name in ("bounds", "calls", "forms", "life", "model", "roles", "rules"):
        text = (folder / f"{name}.py").read_text(encoding="utf-8")
        assert not re.search(r"^ *(from|import) gateway", text, re.MULTILINE)
