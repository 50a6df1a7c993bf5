from pathlib import Path

import pytest

from tests.faults.thousand import exactly, lose

NUMBER = 100


@pytest.mark.timeout(120)
def test_as_many_instances_as_creations_although_every_answer_is_lost(tmp_path: Path) -> None:
    assert lose(tmp_path, NUMBER) == exactly(NUMBER)
