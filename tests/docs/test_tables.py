"""The tables of the documents say what the code says."""

import re

import pytest

from gateway.web.schemas import Problem
from tests.docs.tables import BLOCK, ROOT, TABLES, documents, written


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_the_tables_are_those_of_the_code(path: object) -> None:
    """When this fails: ``python -m tests.docs.tables`` writes them anew."""
    text = path.read_text()

    assert text == written(text)


def test_every_table_stands_in_a_document() -> None:
    found = [match[2] for path in documents() for match in BLOCK.finditer(path.read_text())]

    assert sorted(found) == sorted(TABLES)


def test_a_row_that_is_missing_is_seen() -> None:
    text = "<!-- table: settings -->\n| `SPE_GATEWAY_HOME` | somewhere |\n<!-- end -->"

    assert written(text) != text
    assert "`SPE_GATEWAY_ISSUER`" in written(text)


def test_every_member_of_a_problem_is_documented() -> None:
    """In the table of members, or in the sentence above it for those that are always there."""
    text = (ROOT / "docs" / "errors.md").read_text().partition("<!-- table: errors -->")[0]
    documented = set(re.findall(r"`([a-zA-Z]+)(?:\[\])?`", text))
    members = {str(field.data_key) for field in Problem().fields.values()}
    assert members - documented == set()
