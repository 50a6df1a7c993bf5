"""What is heard of events: asked for, streamed, and let happen."""

import json
import re
from dataclasses import dataclass

from sqlalchemy import select

from gateway.model import EventType, Happening
from gateway.storage import event_log
from gateway.storage.tables import resellers
from tests.answers import JSON
from tests.served import CheckedClient
from tests.world import World

BLOCK = re.compile(r"event: (\w+)\n(?:id: (\S+)\n)?data: (.*)\n")


@dataclass(frozen=True)
class Told:
    """An event of a stream as it arrived."""

    name: str
    id: str
    data: JSON


def events(text: str) -> list[Told]:
    """Return the events of a text."""
    return [Told(name, mark, json.loads(data)) for name, mark, data in BLOCK.findall(text)]


def settle(world: World) -> None:
    """Give every event that was told its number, as the chore does once a second."""
    with world.served.gateway.services.database.write() as connection:
        while event_log.sequence(connection, 500):
            pass


def tell(world: World, owner: str, *subjects: str, kind: str = "operation.started") -> None:
    """Let something happen to a reseller, and have it numbered."""
    with world.served.gateway.services.database.write() as connection:
        path = select(resellers.c.path).where(resellers.c.id == world.resellers[owner])
        found = connection.execute(path).scalar_one()
        for subject in subjects:
            instance = subject if subject.startswith("ins_") else None
            event_log.tell(connection, found, Happening(EventType(kind), subject, instance))
    settle(world)


def part(client: CheckedClient, **query: object) -> JSON:
    answer = client.get("/events", query_string=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def whole(client: CheckedClient, after: int = 0, **query: object) -> list[JSON]:
    """Poll until nothing more has happened."""
    found: list[JSON] = []
    while True:
        some = part(client, after=after, **query)
        found += some["items"]
        assert some["after"] >= after
        after = some["after"]
        if some["isLast"]:
            return found


def numbers(found: list[JSON]) -> list[int]:
    return [each["number"] for each in found]


def standing(world: World, persona: str) -> int:
    """Return the number of the last event of a persona's log."""
    settle(world)
    return int(part(world.personas[persona], limit=1)["last"])
