"""Messages of HTTP/1.1 (RFC 9112) as bytes: a request put together, a reply read by llhttp.

The parser is that of Node.js in its strict mode: what two readers could read differently is
refused. The head of a reply is judged before its body is read.
"""

import re
from collections.abc import Callable, Mapping
from http.client import IncompleteRead
from socket import socket
from typing import Final

from httptools import HttpParserCallbackError, HttpParserError, HttpResponseParser

from gateway.errors import ReplyInvalid

TOO_LARGE: Final = "The deployment's reply is too large."
_FRAMING_BYTES: Final = 65536
_FRAMING_SHARE: Final = 4
_MOST_FIELDS: Final = 100
_RECORD_BYTES: Final = 16384  # the most that a record of TLS carries (RFC 8446, section 5.1)
_FINAL: Final = 200  # below are interim replies (RFC 9110, section 15.2)
_PATH: Final = re.compile(r"/[!-~]*", re.ASCII)


def fields(pairs: Mapping[str, str]) -> bytes:
    """Fields of a head.

    Args:
        pairs: values of ASCII by names, which the caller vouches for.

    Returns:
        A line for each.

    Raises:
        ValueError: one would be two lines.
    """
    lines = "".join(f"{name}: {value}\r\n" for name, value in pairs.items())
    if lines.count("\n") != len(pairs) or lines.count("\r") != len(pairs):
        raise ValueError("A field of a request's head has a line break in it.")
    return lines.encode("ascii")


def post(path: str, head: bytes, body: bytes) -> bytes:
    """A whole POST.

    Args:
        path: from the first slash.
        head: its fields, Host among them, but not the body's length.
        body: sent as it is.

    Raises:
        ValueError: the path is none.
    """
    if _PATH.fullmatch(path) is None:
        raise ValueError("The path of a request is none.")
    return b"POST %b HTTP/1.1\r\n%bContent-Length: %d\r\n\r\n%b" % (
        path.encode("ascii"),
        head,
        len(body),
        body,
    )


class Reply:
    """One reply, as far as it has come.

    Attributes:
        status: of HTTP; 0 until the head is there.
        length: of the body, if the head announces it.
        codings: what the body is packed in by the head, in lower case, but for chunks.
        is_kept: whether the connection may carry another exchange.
    """

    def __init__(self, judge: Callable[["Reply"], None], limit: int) -> None:
        """Nothing has come yet.

        Args:
            judge: is shown the head, and raises if the body is not worth reading.
            limit: bytes that the body may have.
        """
        self.status = 0
        self.is_kept = False
        self._forget_head()
        self._judge = judge
        self._limit = limit
        self._is_whole = False
        self._received = 0
        self._size = 0
        self._pieces: list[bytes] = []

    def read(self, connection: socket) -> bytes:
        """Reads the reply to its end.

        Args:
            connection: what the request was sent over.

        Returns:
            The body, without its framing.

        Raises:
            ReplyInvalid: it is too large, or the judge says so.
            HttpParserError, HttpParserUpgrade: it is no reply of HTTP/1.1.
            IncompleteRead: the connection ended within it.
            OSError: the connection broke, or no time is left.
        """
        self._parser = HttpResponseParser(self)
        buffer = memoryview(bytearray(_RECORD_BYTES))
        try:
            while not self._is_whole:
                size = connection.recv_into(buffer)
                if size:
                    self._take(buffer[:size])
                else:
                    self._end()
        finally:
            # Each holds the other, and only the collector of garbage would part them.
            del self._parser
        return b"".join(self._pieces)

    def _take(self, piece: memoryview) -> None:
        try:
            self._parser.feed_data(piece)
        except HttpParserError as error:
            if not self._is_whole:
                raise _told(error) from None
            self.is_kept = False  # what follows a reply is nobody's
        self._received += len(piece)
        if self._received - self._size > _FRAMING_BYTES + self._size // _FRAMING_SHARE:
            raise ReplyInvalid(TOO_LARGE)

    def _end(self) -> None:
        """The connection has ended; that ends a body of which nothing else says how long it is."""
        if not self.status or self.length is not None or self._is_chunked:
            raise IncompleteRead(b"")
        self._is_whole = True

    def _allow(self, size: int) -> None:
        if size > self._limit:
            raise ReplyInvalid(TOO_LARGE)

    def _forget_head(self) -> None:
        self.length: int | None = None
        self.codings: list[bytes] = []
        self._is_chunked = False
        self._fields = 0

    def on_message_begin(self) -> None:
        """Told by the parser: a reply begins.

        Raises:
            ValueError: it is the second, which nobody asked for.
        """
        if self._is_whole:
            raise ValueError("Bytes follow the reply.")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Told by the parser: a field of the head, or behind the body."""
        self._fields += 1
        if self._fields > _MOST_FIELDS:
            raise ReplyInvalid(TOO_LARGE)
        match name.lower():
            case b"content-length":
                self.length = int(value)
            case b"content-encoding":
                self.codings.append(value.lower())
            case b"transfer-encoding" if value.lower() == b"chunked":
                self._is_chunked = True
            case b"transfer-encoding":
                self.codings.append(value.lower())

    def on_headers_complete(self) -> None:
        """Told by the parser: the head is there."""
        status = self._parser.get_status_code()
        if status >= _FINAL:
            self.status = status
            self._judge(self)
            self._allow(self.length or 0)

    def on_body(self, piece: bytes) -> None:
        """Told by the parser: a part of the body."""
        self._size += len(piece)
        self._allow(self._size)
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """Told by the parser: the reply is whole, or an interim one is."""
        if self.status:
            self._is_whole = True
            self.is_kept = self._parser.should_keep_alive()
        else:
            self._forget_head()


def _told(error: HttpParserError) -> BaseException:
    """What was raised while the parser told something, or what it says itself."""
    inner = error.__context__ if isinstance(error, HttpParserCallbackError) else None
    return inner or error
