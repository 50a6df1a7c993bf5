"""Opaque cursors: authenticated, and bound to the caller, the path and the filters.

A cursor is a Fernet token (AES-CBC with HMAC) around the position and a digest of what it is
bound to. Whoever brings another's, an altered one, or one of another list gets a 400.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from cryptography.fernet import InvalidToken, MultiFernet
from flask import Response, after_this_request, current_app, request

from gateway.errors import MalformedRequest
from gateway.web.hooks import EXTENSION, caller

_PAGING: Final = frozenset({"cursor", "limit"})
Row = TypeVar("Row")


class Cursors:
    """Seals positions into cursors and opens them again.

    Args:
        fernet: the keys; the first seals, all open.
    """

    def __init__(self, fernet: MultiFernet) -> None:
        self._fernet = fernet

    def seal(self, position: object, bound_to: Sequence[str]) -> str:
        """Return the cursor of a position.

        Args:
            position: JSON; where the next page begins.
            bound_to: who asked for what.
        """
        sealed = json.dumps({"position": position, "boundTo": _digest(bound_to)})
        return self._fernet.encrypt(sealed.encode()).decode()

    def open(self, cursor: str, bound_to: Sequence[str]) -> Any:  # noqa: ANN401 # JSON
        """Return the position of a cursor.

        Raises:
            MalformedRequest: altered, of another caller, or of another list.
        """
        try:
            opened = json.loads(self._fernet.decrypt(cursor.encode("utf-8", "replace")))
        except (InvalidToken, ValueError):
            raise MalformedRequest("The cursor is not one of ours.") from None
        if opened["boundTo"] != _digest(bound_to):
            raise MalformedRequest("The cursor belongs to another list.")
        return opened["position"]


def position(query: Mapping[str, Any]) -> Any:  # noqa: ANN401 # JSON
    """Return where the page that is asked for begins; None for the first.

    Args:
        query: what ``Paging`` loaded.

    Raises:
        MalformedRequest: the cursor is altered, another caller's, or of another list.
    """
    cursor = query.get("cursor")
    return None if cursor is None else _cursors().open(cursor, _binding())


def cut(
    found: Sequence[Row], limit: int, key: Callable[[Row], Any] = attrgetter("id")
) -> tuple[Sequence[Row], Any]:
    """Cut rows down to a page.

    Args:
        found: in order; at least one more than the page holds, if there is one.
        limit: how many the page holds.
        key: what puts them in order; by default their id.

    Returns:
        Those of the page, and the key after which the next page begins; None on the last one.
    """
    shown = found[:limit]
    return shown, key(shown[-1]) if len(found) > limit else None


def page(items: Sequence[Any], next_position: object) -> dict[str, Any]:
    """Return a page, and let the answer link to the next one (RFC 8288).

    Args:
        items: those of this page.
        next_position: JSON; where the next page begins, None on the last one.
    """
    if next_position is None:
        return {"items": items, "next_cursor": None}
    cursor = _cursors().seal(next_position, _binding())
    _link_to(cursor)
    return {"items": items, "next_cursor": cursor}


def _link_to(cursor: str) -> None:
    # A query-only reference resolves against the request itself, so no Host is needed.
    query = urlencode({**request.args.to_dict(), "cursor": cursor})

    def add_link(response: Response) -> Response:
        response.headers["Link"] = f'<?{query}>; rel="next"'
        return response

    after_this_request(add_link)


def _binding() -> list[str]:
    filters = sorted((name, text) for name, text in request.args.items() if name not in _PAGING)
    return [caller().principal.client, request.path, json.dumps(filters)]


def _digest(bound_to: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(bound_to)).encode()).hexdigest()


def _cursors() -> Cursors:
    cursors: Cursors = current_app.extensions[EXTENSION].cursors
    return cursors
