from pathlib import Path

from gateway.simulator.archive import Archive, Store, User
from gateway.simulator.state import Host, State, StateFile, StoreFiles, read


def sample() -> State:
    state = State()
    state.hosts["h"] = Host("h", 8472, "AB", None)
    for key in ("one", "two"):
        state.archives[key] = Archive([Store(1, "Mail", "normal", "~\\a", "~\\b", "~\\c")])
        state.archives[key].users["jäne"] = User("jäne", privileges=["login"])
    state.disk["h|d"] = StoreFiles(3, 4)
    return state


def test_what_was_written_is_read() -> None:
    assert read(sample().text()) == sample()


def test_the_file_holds_the_whole_state(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    state = sample()
    StateFile(path).save(state, set())

    assert StateFile(path).load() == state
    assert path.read_text(encoding="utf-8") == state.text()


def test_a_touched_archive_is_written_anew(tmp_path: Path) -> None:
    file, state = StateFile(tmp_path / "state.json"), sample()
    file.save(state, set())
    state.archives["two"].users["jäne"].full_name = "Jäne"
    state.archives["three"] = Archive()

    assert file.save(state, {"two"}) is True
    assert StateFile(tmp_path / "state.json").load() == state


def test_keeping_the_same_state_again_is_no_change(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")

    assert file.save(sample(), set()) is True
    assert file.save(sample(), {"one", "gone"}) is False


def test_archives_that_are_gone_leave_the_file(tmp_path: Path) -> None:
    file = StateFile(tmp_path / "state.json")
    file.save(sample(), set())
    file.save(State(), set())

    assert StateFile(tmp_path / "state.json").load() == State()
