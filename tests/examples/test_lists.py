"""Lists of the examples: read until the cursor is null, also past an empty page."""

from typing import Any

import pytest

from tests.docs.tables import ROOT
from tests.examples.scripts import Example, loaded

PAGES = {
    "/usage?limit=2": {"items": [], "nextCursor": "c1"},
    "/usage?limit=2&cursor=c1": {"items": ["a"], "nextCursor": "c2"},
    "/usage?limit=2&cursor=c2": {"items": [], "nextCursor": "c3"},
    "/usage?limit=2&cursor=c3": {"items": ["b"], "nextCursor": None},
}


@pytest.fixture(
    params=[("provisioning", "call"), ("monthly_invoice", "get")], ids=lambda way: way[0]
)
def gateway(request: pytest.FixtureRequest) -> Any:  # noqa: ANN401 # of either example
    """What an example reads with, without a connection."""
    name, ask = request.param
    example: Example = loaded(ROOT / "examples" / f"{name}.py")
    made = object.__new__(example.Gateway)
    setattr(made, ask, lambda *words: PAGES[words[-1]])
    return made


def test_an_empty_page_is_not_the_end_of_a_list(gateway: Any) -> None:  # noqa: ANN401 # likewise
    assert list(gateway.items("/usage?limit=2")) == ["a", "b"]
