"""What a hostile deployment may say instead of an answer, byte for byte and by name."""

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping

GOOD = json.dumps(
    {
        "error": None,
        "token": None,
        "statusVersion": 2,
        "statusCode": "succeeded",
        "percentProgress": None,
        "statusText": None,
        "result": {"numberOfMessages": 1},
        "logOutput": None,
    }
)
"""The envelope that every reply below is made from."""

VALUES: Mapping[str, str] = {
    "null": "null",
    "true": "true",
    "minus-one": "-1",
    "half": "0.5",
    "minus-zero": "-0",
    "huge-integer": "9" * 400,
    "endless-integer": "9" * 5000,
    "overflow": "1e999",
    "nan": "NaN",
    "infinity": "-Infinity",
    "empty": '""',
    "text": '"text"',
    "script": '"<script>alert(1)</script>"',
    "controls": r'"\u0000\r\n\u202e\u2066"',
    "lone-surrogate": r'"\ud800"',
    "page": f'"{"x" * 100_000}"',
    "array": "[]",
    "object": "{}",
    "prototype": '{"__proto__": {"polluted": true}, "constructor": 1}',
    "deep": "[" * 10_000 + "]" * 10_000,
    "wide": f"[{'[],' * 10_000}[]]",
}
"""Spellings of JSON, and of what only claims to be."""
WORDS: Mapping[str, str] = {
    "in-title-case": "Succeeded",
    "in-capitals": "SUCCEEDED",
    "alike": "success",
    "unknown": "paused",
    "with-nul": r"succeeded\u0000",
    "with-a-blank": " succeeded",
}
"""Instead of the state."""


def http(body: bytes, *headers: str, status: str = "200 OK", length: object = None) -> bytes:
    """Return a whole answer that announces its length, or another one."""
    announced = len(body) if length is None else length
    head = [f"HTTP/1.1 {status}", f"Content-Length: {announced}", *headers, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def _envelopes() -> Iterator[tuple[str, bytes]]:
    for key in json.loads(GOOD):
        whole = json.loads(GOOD)
        del whole[key]
        yield f"{key}-absent", json.dumps(whole).encode()
        for name, spelling in VALUES.items():
            text = json.dumps(json.loads(GOOD) | {key: "*"}).replace('"*"', spelling)
            yield f"{key}-{name}", text.encode()
        yield f"{key}-twice", GOOD.replace("{", f'{{"{key}": 1, ', 1).encode()


def _texts() -> Iterator[tuple[str, bytes]]:
    whole = GOOD.encode()
    words = {"statusCode": "running", "token": "0" * 40}
    yield "bom", b"\xef\xbb\xbf" + whole
    yield "two-boms", b"\xef\xbb\xbf" * 2 + whole
    yield "utf-16", GOOD.encode("utf-16")
    yield "utf-32", GOOD.encode("utf-32")
    yield "utf-7", b"+AHs-" + whole
    yield "not-utf-8", whole.replace(b"2", b"\xff", 1)
    yield "overlong", whole.replace(b"2", b"\xc0\xaf", 1)
    yield "nul", whole + b"\0"
    yield "two-answers", whole + whole
    yield "trailing-comma", whole[:-1] + b",}"
    yield "comment", b"/* */" + whole
    yield "callback", b"alert(" + whole + b")"
    yield "hijacking", b")]}'," + whole
    yield "unquoted", whole.replace(b'"error"', b"error")
    yield "single-quotes", whole.replace(b'"', b"'")
    yield "half", whole[:40]
    yield "unterminated", b'{"error": "' + b"x" * 100_000
    yield "backslashes", b'{"error": "' + b"\\" * 100_000
    yield "brackets", b"[" * 100_000
    yield "another-token", json.dumps(json.loads(GOOD) | words).encode()
    yield "version-gone-back", whole.replace(b'"statusVersion": 2', b'"statusVersion": 0')
    yield "percent-of-thousands", whole.replace(b'Progress": null', b'Progress": 1000000000')
    for name, word in WORDS.items():
        yield f"word-{name}", GOOD.replace("succeeded", word).encode()


BODIES: Mapping[str, bytes] = dict((*_envelopes(), *_texts()))
"""What stands below an ordinary head."""


def _encoded() -> Iterator[tuple[str, bytes]]:
    body = GOOD.encode()
    for name in ("gzip", "deflate", "br", "zstd", "compress", "x-gzip", "gzip, gzip", "GZIP"):
        yield f"encoding-{name}", http(gzip.compress(body, mtime=0), f"Content-Encoding: {name}")
    bomb = gzip.compress(bytes(2**24), mtime=0)
    yield "gzip-bomb", http(bomb, "Content-Encoding: gzip")
    yield "gzip-in-gzip", http(gzip.compress(bomb, mtime=0), "Content-Encoding: gzip, gzip")
    yield "deflate-bomb", http(zlib.compress(bytes(2**24)), "Content-Encoding: deflate")
    yield "transfer-gzip", http(bomb, "Transfer-Encoding: gzip")
    yield "gzip-unannounced", http(bomb)


def _chunked() -> Iterator[tuple[str, bytes]]:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    size = b"%x\r\n" % len(GOOD)
    yield "chunks", head + size + GOOD.encode() + b"\r\n0\r\n\r\n"
    yield "chunk-of-no-size", head + b"xyz\r\n"
    yield "chunk-of-negative-size", head + b"-1\r\n" + GOOD.encode()
    yield "chunk-of-endless-size", head + b"f" * 100_000 + b"\r\n"
    yield "chunk-of-exabytes", head + b"ffffffffffffffff\r\n" + GOOD.encode()
    yield "chunk-extension", head + size[:-2] + b";" + b"x" * 100_000 + b"\r\n" + GOOD.encode()
    yield "chunk-cut", head + size + GOOD.encode()[:9]
    yield (
        "chunk-trailers",
        head + size + GOOD.encode() + b"\r\n0\r\n" + b"A: b\r\n" * 9999 + b"\r\n",
    )
    yield "chunked-and-length", http(GOOD.encode(), "Transfer-Encoding: chunked")
    yield "chunked-twice", http(GOOD.encode(), "Transfer-Encoding: chunked, chunked")


def _lengths() -> Iterator[tuple[str, bytes]]:
    body = GOOD.encode()
    yield "no-length", b"HTTP/1.1 200 OK\r\n\r\n" + body
    for name, length in {
        "shorter": len(body) - 9,
        "longer": len(body) + 9,
        "zero": 0,
        "negative": -1,
        "exabytes": 2**63,
        "endless": "9" * 5000,
        "hexadecimal": hex(len(body)),
        "text": "many",
        "two": f"{len(body)}, 5",
        "plus": f"+{len(body)}",
    }.items():
        yield f"length-{name}", http(body, length=length)
    yield "length-repeated", http(body, "Content-Length: 5")


def _heads() -> Iterator[tuple[str, bytes]]:
    body = GOOD.encode()
    yield "nothing", b""
    yield "banner", b"SSH-2.0-OpenSSH_9.7\r\n\r\n"
    yield "http-0.9", body
    yield "http-2", b"HTTP/2 200\r\n\r\n" + body
    yield "http-99", http(body).replace(b"HTTP/1.1", b"HTTP/9.9")
    yield "status-line-cut", b"HTTP/1.1 2"
    yield "status-of-letters", b"HTTP/1.1 abc OK\r\n\r\n"
    yield "status-line-of-a-mebibyte", b"HTTP/1.1 200 " + b"x" * 2**20 + b"\r\n\r\n"
    yield "header-of-a-mebibyte", http(body, "X-Long: " + "x" * 2**20)
    yield "headers-by-the-thousand", http(body, *["X-Many: x"] * 5000)
    yield "header-without-colon", http(body, "garbage")
    yield "header-folded", http(body, "X-Folded: a\r\n b")
    yield "header-with-nul", http(body, "X-Nul: \0")
    yield "cookies", http(body, *["Set-Cookie: a=b; Domain=127.0.0.1; Path=/"] * 20)
    yield "html", http(b"<html><script>alert(1)</script>", "Content-Type: text/html")
    yield "json-as-html", http(body, "Content-Type: text/html")
    yield "no-type", http(body)
    yield "type-of-another-charset", http(body, "Content-Type: application/json; charset=utf-16")
    yield "hints-by-the-hundred", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 500 + http(body)
    yield "continues", b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + http(body)
    yield "switching", http(body, "Upgrade: h2c", status="101 Switching Protocols")


def _statuses() -> Iterator[tuple[str, bytes]]:
    elsewhere = "Location: https://127.0.0.1:1/api/invoke/Ping"
    for number in (300, 301, 302, 303, 305, 307, 308):
        yield f"redirect-{number}", http(GOOD.encode(), elsewhere, status=f"{number} Elsewhere")
        yield (
            f"redirect-{number}-bomb",
            http(
                gzip.compress(bytes(2**22), mtime=0),
                elsewhere,
                "Content-Encoding: gzip",
                status=f"{number} Elsewhere",
            ),
        )
    yield "redirect-to-itself", http(b"", "Location: ?", status="302 Found")
    yield "redirect-to-a-file", http(b"", "Location: file:///etc/passwd", status="302 Found")
    for number in (201, 202, 204, 205, 206, 226, 299, 304, 400, 403, 404, 405, 407, 408, 411, 418):
        yield f"status-{number}", http(GOOD.encode(), status=f"{number} Word")
    for number in (425, 429, 500, 501, 502, 503, 504, 511, 599, 600, 999):
        yield f"status-{number}", http(GOOD.encode(), "Retry-After: 99999", status=f"{number} Word")


WHOLE: Mapping[str, bytes] = dict((*_encoded(), *_chunked(), *_lengths(), *_heads(), *_statuses()))
"""Everything from the status line on."""

REPLIES: Mapping[str, bytes] = {
    **WHOLE,
    **{name: http(body, "Content-Type: application/json") for name, body in BODIES.items()},
}
"""All, each with a head."""
