"""Rows of nouns: a verb each, as data. What a row says is held against the contract by a test."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from gateway.cli.nouns.kinds import Kind, kinds_of
from gateway.cli.nouns.showing import Column, Thing


class Form(Enum):
    """How a value is given on the command line, and what it is in JSON."""

    TEXT = auto()
    NUMBER = auto()
    SWITCH = auto()
    """``--x`` or ``--no-x``: true or false."""
    FLAG = auto()
    """``--x``: true."""
    LIST = auto()
    """An option that is repeated: a list."""
    LABELS = auto()
    """``KEY=VALUE``, repeated: an object."""
    SECRET = auto()
    """A file, standard input, or an answer that is not shown: a text."""
    NEW_SECRET = auto()
    """The same; somebody at a terminal types it twice."""


@dataclass(frozen=True)
class Field:
    """A value that a call carries.

    Attributes:
        member: its name in the body, with dots for members of members, or in the query.
        help: what it is.
        form: how it is given.
        option: its name on the command line without dashes; by default the member's.
        choices: the only texts that it can be.
        of: the kind that it names: an id or a name may be given.
        each: the member of an object that each text of a list becomes.
        required: whether the call is nothing without it.
        nullable: whether an empty text makes it null.
        emptiable: whether an empty text makes it an empty list.
        in_query: whether it stands in the query.
    """

    member: str
    help: str
    form: Form = Form.TEXT
    option: str = ""
    choices: tuple[str, ...] = ()
    of: Kind | None = None
    each: str = ""
    required: bool = False
    nullable: bool = False
    emptiable: bool = False
    in_query: bool = False

    @property
    def name(self) -> str:
        """The option without its dashes."""
        words = self.member.rpartition(".")[2]
        spread = "".join(f"-{sign.lower()}" if sign.isupper() else sign for sign in words)
        return self.option or spread

    @property
    def parameter(self) -> str:
        """The name under which click hands the value over."""
        return f"given_{self.name.replace('-', '_')}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A verb.

    Attributes:
        name: of the command.
        path: of REST; each place in it is an argument.
        help: what the command does.
        examples: what stands after the command, for each example.
        fields: what the call carries.
    """

    name: str
    path: str
    help: str
    examples: tuple[str, ...] = ("",)
    fields: tuple[Field, ...] = ()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What the call is about: the last one is the thing itself."""
        return kinds_of(self.path)


@dataclass(frozen=True, kw_only=True)
class Listing(Row):
    """A verb that shows many things.

    Attributes:
        columns: of the table.
        arranged: puts the things in order, for people.
        most: how many are shown unless somebody says otherwise; None for all.
    """

    columns: tuple[Column, ...]
    arranged: Callable[[Sequence[Thing]], Sequence[Thing]] = field(default=list)
    most: int | None = None


@dataclass(frozen=True, kw_only=True)
class Page(Row):
    """A verb that shows one thing."""


class Asked(Enum):
    """What somebody must do before something is done."""

    NOTHING = auto()
    YES = auto()
    NAME = auto()
    """Type the name of the thing."""


@dataclass(frozen=True, kw_only=True)
class Change(Row):
    """A verb that changes something.

    Attributes:
        method: of HTTP.
        done: what is told afterwards; names in braces are the arguments as they were given, and
            the members of what was answered.
        doing: what is told before it is asked, as a sentence without its end; with the arguments.
        asked: whether that is asked at all.
        lasting: whether it may outlast the call: it is followed then.
        in_parts: whether it is answered with an operation, also when that has ended.
        rehearsed: whether it can be checked without being done.
        lines: what else of the answer is told.
    """

    done: str
    method: str = "POST"
    doing: str = ""
    asked: Asked = Asked.NOTHING
    lasting: bool = False
    in_parts: bool = False
    rehearsed: bool = False
    lines: Callable[[Any], Iterable[str]] = field(default=lambda _: ())
