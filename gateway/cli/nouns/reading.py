"""Reads what REST has, all pages of it, however long one takes."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from gateway.cli.account import Account
from gateway.cli.api_client import Call
from gateway.cli.options import MOST
from gateway.cli.progress import Silence
from gateway.cli.sending import ended
from gateway.cli.watching import Ended, Views
from gateway.model import OperationStatus

Document = dict[str, Any]
Query = Mapping[str, Any]


def read(account: Account, path: str, views: Views = Silence) -> Any:  # noqa: ANN401 - any JSON value
    """Return what is answered at a path, also where that takes an operation.

    Raises:
        Refused: it was answered with a problem.
        Ended: the deployment did not say.
    """
    operation = ended(account, Call("GET", path), views)
    if operation["status"] != OperationStatus.SUCCEEDED:
        raise Ended(operation)
    return operation["result"]


def every(account: Account, path: str, query: Query | None = None) -> list[Document]:
    """Return all items of a list."""
    items: list[Document] = read_all(account, path, query or {})["items"]
    return items


def read_all(
    account: Account, path: str, query: Query, limit: int | None = None, views: Views = Silence
) -> Document:
    """Return a list as if it were one page.

    Args:
        account: who reads.
        path: of the list.
        query: filters, each with its values.
        limit: how many items at most; None for all.
        views: makes what shows how far a slow page is.

    Returns:
        The page: ``items``; ``nextCursor``, None unless the limit left some out; whatever else
        pages of this list say, of all of them together.
    """
    whole: Document = {"items": [], "nextCursor": None}
    for page in _pages(account, path, query, limit, views):
        _join(whole, page)
    return whole


def _pages(
    account: Account, path: str, query: Query, limit: int | None, views: Views
) -> Iterator[Document]:
    cursor, left = None, limit
    while True:
        size = MOST if left is None else min(MOST, left)
        asked = {**query, "limit": size, **({"cursor": cursor} if cursor else {})}
        page: Document = read(account, f"{path}?{urlencode(asked, doseq=True)}", views)
        yield page
        cursor = page["nextCursor"]
        left = None if left is None else left - len(page["items"])
        if cursor is None or left == 0:
            return


def _join(whole: Document, page: Document) -> None:
    for name, value in page.items():
        before = whole.get(name)
        if isinstance(before, list):
            new = value if name == "items" else [each for each in value if each not in before]
            before.extend(new)
        elif isinstance(before, dict):
            before.update(value)
        else:
            whole[name] = value
