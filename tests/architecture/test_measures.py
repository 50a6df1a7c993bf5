"""The measures of the house: files and functions that fit on a page."""

import ast
from statistics import median, quantiles

from tests.architecture.tree import modules, name_of, texts, trees

MOST_LINES = 400
GENERATED = ("requirements/", "openapi/")
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "base_utils"}


def lengths() -> dict[str, int]:
    """Return the lines of each module of the gateway."""
    return {name: len(text.splitlines()) for name, text in modules("gateway")}


def functions() -> list[int]:
    """Return the lines of each function, with its head and docstring; migrations are lists."""
    return [
        1 + (node.end_lineno or 0) - node.lineno
        for name, tree in trees()
        if "/migrations/" not in name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_file_is_longer_than_a_few_pages() -> None:
    long = {
        name: len(text.splitlines())
        for name, text in texts()
        if name.endswith((".py", ".md", ".toml")) and not name.startswith(GENERATED)
    }

    assert {n: size for n, size in long.items() if size > MOST_LINES} == {}


def test_half_of_the_files_are_short() -> None:
    assert median(lengths().values()) <= 120


def test_functions_are_short() -> None:
    found = functions()

    assert len(found) > 1000
    assert median(found) <= 8
    assert quantiles(found, n=10)[-1] <= 30


def test_no_file_is_named_after_nothing() -> None:
    names = [name for name, _ in modules("gateway", "tests")]

    assert [n for n in names if n.rpartition("/")[2].removesuffix(".py") in VAGUE] == []


def test_packages_begin_with_words_and_imports_only() -> None:
    """A docstring, imports, and names that hold a tuple or a list of what was imported."""
    loud = [
        f"{name}:{node.lineno}"
        for name, tree in trees()
        if name.endswith("/__init__.py")
        for node in tree.body
        if not _is_quiet(node)
    ]

    assert loud == []


def _is_quiet(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return isinstance(node.value, ast.Tuple | ast.List)
    return isinstance(node, ast.Import | ast.ImportFrom)


def test_the_name_of_a_file_is_relative() -> None:
    assert name_of.__doc__
    assert "gateway/errors.py" in lengths()
