"""Writes the nouns of the companion: one module for each, a method for each operation.

What a method takes is read from the functions that the generator has made, so both have the same
types; how it is called is the contract's ``x-sdk-method``.
"""

import ast
import keyword
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill, indent
from typing import Any, Final

from openapi.sdk.contract import Operation, document, operations, resolved
from openapi.sdk.python.edition import answers

HIDDEN: Final = frozenset({"prefer", "validate_only", "cursor"})
"""Parameters that the companion sets itself: it waits, rehearses and pages."""

HEAD: Final = '''"""{title}"""

from __future__ import annotations

import builtins
import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..caller import keyed, nothing
{imports}
from ..generated import models
from ..generated.types import UNSET, Unset
from ..operation import Operation
from ..pages import Pages
from ..streams import StreamEvent

if TYPE_CHECKING:
    from ..caller import Caller


class {noun}:
    """{title}"""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
'''

ALL: Final = '''"""All nouns of the API; a module is read when its noun is used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..caller import Caller
{imports}

CONTRACT = {version!r}
"""The version of the contract that this client was made from."""


class Nouns:
    """What can be called, by its noun."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
'''

ONE: Final = '''
    @cached_property
    def {name}(self) -> {noun}:
        """{title}"""
        from .{name} import {noun}

        return {noun}(self._caller)
'''


@dataclass(frozen=True)
class Argument:
    """One argument of a method.

    Args:
        name: in Python.
        kind: its type, as it is written.
        default: likewise; None if it must be given.
        words: what it is.
    """

    name: str
    kind: str
    default: str | None
    words: str

    def __str__(self) -> str:
        """Return it as it stands in a signature."""
        return f"{self.name}: {self.kind}" + (f" = {self.default}" if self.default else "")


class Generated:
    """Finds what was generated, by names of the contract.

    Args:
        folder: of the generated package.
    """

    def __init__(self, folder: Path) -> None:
        self._modules = {_key(each.stem): each for each in folder.glob("api/*/*.py")}
        tree = ast.parse((folder / "models" / "__init__.py").read_text(encoding="utf-8"))
        imports = (node for node in tree.body if isinstance(node, ast.ImportFrom))
        names = (alias.name for node in imports for alias in node.names)
        self._models = {_key(each): each for each in names}

    def module(self, operation: Operation) -> Path:
        """Return the file with the functions of an operation."""
        return self._modules[_key(operation.spec["operationId"])]

    def reading(self, schema: dict[str, Any] | None) -> tuple[str, str]:
        """Return what reads an answer of a schema, and the type that it makes."""
        if schema is None:
            return "nothing", "None"
        if "$ref" in schema:
            name = f"models.{self._models[_key(schema['$ref'].rpartition('/')[2])]}"
            return f"{name}.from_dict", name
        return "lambda body: body", "Any"


@dataclass(frozen=True)
class Method:
    """One method.

    Args:
        _names: of what was generated.
        operation: that it calls.
        module: of the generated functions, below ``generated.api``.
        first: arguments that may be given by place.
        other: arguments that are given by name.
        names: of everything that the generated function takes.
    """

    _names: Generated
    operation: Operation
    module: str
    first: tuple[Argument, ...]
    other: tuple[Argument, ...]
    names: frozenset[str]

    @property
    def verb(self) -> str:
        """Its name."""
        name = snake_case(self.operation.spec["x-sdk-method"].partition(".")[2])
        return f"{name}_" if keyword.iskeyword(name) else name

    def source(self) -> str:
        """Return it as Python, and the rehearsal beside it if there is one."""
        kind, code = self._way()
        made = self._written(self.verb, kind, code, "")
        if "validate_only" not in self.names:
            return made
        found = answers(self.operation).get("200") if "201" in answers(self.operation) else None
        read, kind = self._names.reading(found)
        code = f"return self._caller.value(call, {read})"
        said = "Make every check of this call, and change nothing.\n\n"
        rehearsed = self._written(f"rehearse_{self.verb}", kind, code, said)
        return made + rehearsed

    def _way(self) -> tuple[str, str]:
        """Return what it returns, and the statement that does so."""
        kinds = answers(self.operation)
        schema = kinds.get("201") or kinds.get("200")
        read, kind = self._names.reading(schema)
        if not kinds:
            return "models.Operation", "return self._caller.accepted(call)"
        if schema == {}:
            return "Iterator[StreamEvent]", "return self._caller.events(call)"
        if "cursor" in self.names and schema:
            item = resolved(schema)["properties"]["items"]["items"]
            pages = f"Pages[{kind}, {self._names.reading(item)[1]}]"
            return pages, f"return self._caller.pages(call, {read}, lambda page: page.items)"
        if self.operation.spec.get("security") is not None:
            return kind, f"return self._caller.open(call, {read})"
        if "202" not in self.operation.spec["responses"]:
            return kind, f"return self._caller.value(call, {read})"
        return self._long(schema, read, kind)

    def _long(self, schema: dict[str, Any] | None, read: str, kind: str) -> tuple[str, str]:
        """Return likewise for what may take long: a change is begun, a read is awaited."""
        fields = resolved(schema)["properties"] if schema else {}
        if {"status", "deadline", "result"} <= fields.keys():
            read, kind = self._names.reading(fields["result"])
            return f"Operation[{kind}]", f"return self._caller.begin_many(call, {read})"
        if self._is_keyed() or self.operation.method in {"put", "patch", "delete"}:
            return f"Operation[{kind}]", f"return self._caller.begin(call, {read})"
        return kind, f"return self._caller.awaited(call, {read})"

    def _is_keyed(self) -> bool:
        return "idempotency_key" in self.names

    def _written(self, name: str, kind: str, code: str, said: str) -> str:
        given = [each for each in (*self.first, *self.other) if not said or each.name != "priority"]
        first = ", ".join(["self", *(str(each) for each in self.first)])
        other = [str(each) for each in given if each in self.other]
        signature = ", ".join([first, "*", *other] if other else [first])
        passed = [f"{each.name}={each.name}" for each in given]
        passed += ["validate_only=True"] if said else []
        call = f"{self.module.rpartition('.')[2]}._get_kwargs({', '.join(passed)})"
        call = f"keyed({call})" if self._is_keyed() else call
        lines = [f'"""{self._docstring(said, given)}"""', f"call = {call}", code]
        return f"\n    def {name}({signature}) -> {kind}:\n" + indent("\n".join(lines), " " * 8)

    def _docstring(self, said: str, given: list[Argument]) -> str:
        spec = self.operation.spec
        text = [str(spec["summary"]) + "\n"]
        if said:
            text.append(said)
        if permission := spec.get("x-permission"):
            text.append(f"Permission: ``{permission}``.\n")
        words = [
            fill(f"{each.name}: {each.words}", 80, initial_indent="    ", subsequent_indent=" " * 8)
            for each in given
        ]
        if words:
            text += ["Args:", *words]
        return "\n".join(text).replace("\\", "\\\\").strip() + "\n"


def write_nouns(package: Path) -> None:
    """Write the modules of all nouns into the package of the companion.

    Args:
        package: holds what was generated, as ``generated``.
    """
    folder = package / "nouns"
    folder.mkdir()
    generated = Generated(package / "generated")
    nouns: dict[str, list[Method]] = defaultdict(list)
    for operation in operations():
        noun = operation.spec["x-sdk-method"].partition(".")[0]
        nouns[noun].append(_method(operation, generated))
    for noun, methods in nouns.items():
        (folder / f"{snake_case(noun)}.py").write_text(_module(noun, methods), encoding="utf-8")
    (folder / "__init__.py").write_text(_all(sorted(nouns)), encoding="utf-8")


def _module(noun: str, methods: list[Method]) -> str:
    imports = sorted(
        f"from ..generated.api.{tag} import {name}"
        for tag, _, name in (each.module.partition(".") for each in methods)
    )
    head = HEAD.format(title=_title(noun), noun=_class(noun), imports="\n".join(imports))
    return head + "\n".join(each.source() for each in methods) + "\n"


def _all(nouns: list[str]) -> str:
    imports = "\n".join(f"    from .{snake_case(each)} import {_class(each)}" for each in nouns)
    made = ALL.format(imports=imports, version=document()["info"]["version"])
    return made + "".join(
        ONE.format(name=snake_case(each), noun=_class(each), title=_title(each)) for each in nouns
    )


def _title(noun: str) -> str:
    return f"Calls of the noun ``{snake_case(noun)}``."


def _class(noun: str) -> str:
    return noun[0].upper() + noun[1:]


def _method(operation: Operation, generated: Generated) -> Method:
    spec = operation.spec
    file = generated.module(operation)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    made = _function(tree).args
    words = {_key(each["name"]): str(each.get("description", "")) for each in operation.parameters}
    words["body"] = str(_body(spec).get("description", "What is sent."))
    first = [_argument(each, None, words) for each in made.args]
    pairs = zip(made.kwonlyargs, made.kw_defaults, strict=True)
    other = [_argument(each, default, words) for each, default in pairs]
    bodies = [each for each in other if each.name == "body"]
    kept = [each for each in other if each.name not in HIDDEN | {"body"}]
    return Method(
        generated,
        operation,
        f"{file.parent.name}.{file.stem}",
        (*first, *bodies),
        tuple(sorted(kept, key=lambda each: each.default is not None)),
        frozenset(each.name for each in (*first, *other)),
    )


def _body(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of what is sent, or nothing."""
    content = resolved(spec.get("requestBody", {})).get("content", {})
    return next((resolved(each["schema"]) for each in content.values()), {})


def _function(tree: ast.Module) -> ast.FunctionDef:
    return next(
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == "_get_kwargs"
    )


def _argument(made: ast.arg, default: ast.expr | None, words: dict[str, str]) -> Argument:
    kind = ast.unparse(made.annotation) if made.annotation else "Any"
    kind = re.sub(r"\b(?!Unset\b|UNSET\b)([A-Z]\w*)", _qualified, kind)
    kind = re.sub(r"\blist\[", "builtins.list[", kind)
    written = None if default is None else ast.unparse(default)
    said = " ".join(words.get(_key(made.arg), "").split())
    return Argument(made.arg, kind, written, said or "Any.")


def snake_case(name: str) -> str:
    """Return a name in camelCase as Python writes it."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _qualified(found: re.Match[str]) -> str:
    """Models by their module; what is of Python stays as it is."""
    name = found[1]
    return name if name in {"Any", "Mapping", "None", "True", "False"} else f"models.{name}"
