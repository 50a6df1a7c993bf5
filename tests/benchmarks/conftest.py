from collections.abc import Iterator

import pytest

from benchmarks.world import World, stub, world


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A gateway before a stub, and before one that is gone."""
    folder = tmp_path_factory.mktemp("measured")
    place = folder / "place"
    place.mkdir()
    with stub(folder, 0.0, ["fast"]) as said, world(place, {"fast": said[0]}) as made:
        yield made
