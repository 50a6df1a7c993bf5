"""The map of the rooms is the house."""

import re

from tests.architecture.tree import GATEWAY

ROW = re.compile(r"^\| `([a-z_/]+(?:/|\.py))` \| (.+) \|$", re.MULTILINE)


def rooms() -> dict[str, str]:
    """Return what the map says of each room."""
    table = (GATEWAY / "README.md").read_text().partition("## ")[0]
    return dict(ROW.findall(table))


def test_every_room_is_on_the_map_and_nothing_else() -> None:
    inside = (path.parent.relative_to(GATEWAY) for path in GATEWAY.glob("*/**/__init__.py"))
    folders = {f"{room.as_posix()}/" for room in inside}
    single = {path.name for path in GATEWAY.glob("*.py")} - {"__init__.py"}

    assert set(rooms()) == folders | single


def test_every_room_has_one_sentence() -> None:
    assert [room for room, said in rooms().items() if not re.fullmatch(r"[A-Z][^.]+\.", said)] == []
