"""Every error has a code of its own and is explained."""

import ast
from collections.abc import Iterator

import gateway.errors
from gateway.errors import GatewayError, SetupError
from gateway.web.docs import problem_kinds
from tests.architecture.tree import trees


def kinds() -> Iterator[type[GatewayError]]:
    """Yield every class of the tree."""
    for kind in vars(gateway.errors).values():
        if isinstance(kind, type) and issubclass(kind, GatewayError):
            yield kind


def made() -> set[str]:
    """Return the names of the errors that some module makes."""
    names = {kind.__name__ for kind in kinds()}
    return {
        node.func.id
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    }


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in kinds()]

    assert sorted(codes) == sorted(set(codes))
    assert len(codes) > 30


def test_every_error_is_drawn_in_the_tree() -> None:
    drawn = gateway.errors.__doc__ or ""

    assert [
        kind.__name__
        for kind in kinds()
        if f" {kind.__name__} " not in drawn.replace("─", " ") and kind is not GatewayError
    ] == []


def test_the_drawn_status_and_code_are_those_of_the_class() -> None:
    drawn = {
        line.replace("│", " ").strip(" ├└─"): line
        for line in (gateway.errors.__doc__ or "").splitlines()
    }
    rows = {text.split()[0]: text.split()[1:3] for text in drawn if len(text.split()) >= 3}
    wrong = {
        kind.__name__: rows[kind.__name__]
        for kind in kinds()
        if kind.__name__ in rows and rows[kind.__name__][0].isdigit()
        if rows[kind.__name__] != [str(kind.status), kind.code]
    }

    assert wrong == {}


def test_every_error_that_is_made_has_its_place_on_the_page_of_problems() -> None:
    explained = {kind.__name__ for kind in problem_kinds()}
    inside = {kind.__name__ for kind in kinds() if issubclass(kind, SetupError)}

    assert made() - explained - inside == set()
