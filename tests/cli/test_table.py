"""Tables: as wide as they are for programs, no wider than the screen for people."""

from collections import Counter

import pytest

from gateway.cli.table import folded, table_of, tell_table

HEAD = ("ID", "NAME", "WHAT IT IS")
ID = "ins_01a1fd5103af767aadbe1f4d3b44b8c3"
ROWS = [(ID, "acme", "an archive with a great many words"), (ID, "b", "")]


def test_what_is_printed_for_programs_is_never_cut() -> None:
    assert list(table_of(HEAD, ROWS))[1] == f"{ID}  acme  an archive with a great many words"


def test_long_cells_are_folded() -> None:
    lines = list(folded(HEAD, ROWS, 60))
    assert max(map(len, lines)) <= 60
    assert lines[1] == f"{ID}  acme  an archive with"
    assert lines[2].split() == ["a", "great", "many"]


def test_where_that_is_not_enough_the_id_has_a_line_of_its_own() -> None:
    lines = list(folded(HEAD, ROWS, 40))
    assert lines[2] == ID
    assert lines[3] == "  acme  an archive with a great many"
    assert max(map(len, lines)) <= 40


@pytest.mark.parametrize("width", [1, 10, 37])
def test_however_narrow_it_is_nothing_is_lost(width: int) -> None:
    told = "".join(folded(HEAD, ROWS, width))
    whole = "".join(table_of(HEAD, ROWS))
    assert Counter(told.replace(" ", "")) == Counter(whole.replace(" ", ""))


def test_without_a_terminal_it_is_plain(capfd: pytest.CaptureFixture[str]) -> None:
    tell_table(HEAD, ROWS)
    tell_table(HEAD, [])
    assert capfd.readouterr().out.splitlines() == [*table_of(HEAD, ROWS), "There are none."]
