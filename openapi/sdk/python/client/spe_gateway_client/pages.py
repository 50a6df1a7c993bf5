"""Lists of any length, read page by page while they are iterated over."""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from .generated.types import Unset


class Page(Protocol):
    """What every page has."""

    @property
    def next_cursor(self) -> str | Unset | None:
        """Leads to the next page; there is none on the last."""


P = TypeVar("P", bound=Page)
T = TypeVar("T")


class Pages(Generic[P, T]):
    """A list. Iterating over it asks for a page when the one before is used up.

    Each iteration reads the list anew.

    Args:
        ask: gets the page of a cursor; None for the first.
        items: those of a page.
    """

    def __init__(self, ask: Callable[[str | None], P], items: Callable[[P], list[T]]) -> None:
        self._ask = ask
        self._items = items

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from self._items(page)

    def pages(self) -> Iterator[P]:
        """Yield the pages themselves, with what they say besides their items."""
        page = self._ask(None)
        yield page
        while isinstance(page.next_cursor, str):
            page = self._ask(page.next_cursor)
            yield page
