"""Readers of a log: page by page, and as a stream that they come back to."""

import json
from collections.abc import Iterator
from random import Random
from threading import Event, Thread
from urllib.parse import urlencode

import requests

from tests.faults.events.people import Person, plain
from tests.simulated import JSON

CONNECT_SECONDS, SILENCE_SECONDS = 10.0, 30.0
PAUSE_SECONDS = 0.2


def listed(person: Person, seed: int) -> list[JSON]:
    """Read a log from its beginning to its end, in pages of any length."""
    random, items, after = Random(seed), [], 0  # noqa: S311 - the same seed, the same pages
    while True:
        query = urlencode({"after": after, "limit": random.choice((7, 100, 613, 1000))})
        page = person.call("GET", f"/events?{query}").json()
        items += page["items"]
        after = page["after"]
        if page["isLast"]:
            return items


class Follower(Thread):
    """Follows a log from its beginning, and comes back whenever the stream breaks off.

    Args:
        person: who reads.

    Attributes:
        heard: every event, in the order in which they came.
        returns: how often it began, or went on where it was.
    """

    def __init__(self, person: Person) -> None:
        super().__init__(daemon=True)
        self.heard: list[JSON] = []
        self.returns = 0
        self._person = person
        self._last = ""
        self._is_over = Event()

    @property
    def number(self) -> int:
        """Of the last event that came."""
        return int(self._last or 0)

    def run(self) -> None:
        """Follow until ``end``."""
        while not self._is_over.is_set():
            try:
                self._follow()
            except requests.RequestException:
                self._is_over.wait(PAUSE_SECONDS)

    def end(self) -> None:
        """Hear no more."""
        self._is_over.set()

    def _follow(self) -> None:
        headers = self._person.bearer() | ({"Last-Event-ID": self._last} if self._last else {})
        with plain() as session:
            url = f"{self._person.gateway()}/events/stream?after=0"
            waits = (CONNECT_SECONDS, SILENCE_SECONDS)
            with session.get(url, headers=headers, stream=True, timeout=waits) as answer:
                answer.raise_for_status()
                self.returns += 1
                for fields in _told(answer):
                    self._take(fields)
                    if self._is_over.is_set():
                        return

    def _take(self, fields: dict[str, str]) -> None:
        if fields.get("event") == "event":
            self.heard.append(json.loads(fields["data"]))
        self._last = fields.get("id", self._last)


def _told(answer: requests.Response) -> Iterator[dict[str, str]]:
    """Yield the fields of each event that came whole: half of one is none (WHATWG HTML, 9.2.6).

    A comment is an event without fields.
    """
    fields: dict[str, str] = {}
    for line in answer.iter_lines(chunk_size=None, decode_unicode=True):
        if line:
            name, _, value = line.partition(":")
            fields |= {name: value.strip()} if name else {}
        else:
            yield fields
            fields = {}
