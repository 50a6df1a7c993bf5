"""What lies in the archives of the sandbox, as the control plane of a simulator takes it."""

from random import Random
from typing import Any, Final

from gateway.cli.sandbox.cast import FAILING, SEED, TROUBLED, Company

Document = dict[str, Any]

GIVEN: Final = (
    *("Alma", "Ben", "Clara", "David", "Elena", "Finn", "Greta", "Hugo", "Ines", "Jonas"),
    *("Klara", "Liam", "Mara", "Nora", "Oskar", "Paula", "Quentin", "Rosa", "Samuel", "Tilda"),
)
FAMILY: Final = (
    *("Abbott", "Becker", "Conti", "Dvorak", "Evans", "Fischer", "Garnier", "Holm", "Ibanez"),
    *("Jansen", "Keller", "Lowe", "Moreau", "Nielsen", "Ortega", "Price", "Quinn", "Rossi"),
)
WORKDAY: Final = range(3, 12)
"""Messages that somebody sends and receives on a day of work."""

WORKDAYS: Final = 220
DAYS_TOLD: Final = 7
SINCE_NIGHT: Final = 0.3
"""Days since the last run of a profile."""

FAULTS: Final = (
    ("failed", "The server refused the login: the password has expired."),
    ("completedWithErrors", "3 messages could not be read and were left out."),
)


def contents_of(company: Company, year: int) -> Document:
    """Return what a company has archived up to a year, the same each time.

    Args:
        company: whose archive it is.
        year: of the store that takes new messages.
    """
    chance = Random(f"{SEED}:{company.instance_id}")  # noqa: S311 # made-up data, no secret
    people = [_person(company, number, chance) for number in range(company.users)]
    daily = sum(chance.choice(WORKDAY) for _ in people)
    return {
        "instanceID": company.instance_id,
        "stores": _stores(company, year, daily, chance),
        "users": people,
        "folders": [_folder(each, chance) for each in people],
        "workerResults": _results(company, daily, chance),
        "mail": {"perDay": daily},
    }


def _person(company: Company, number: int, chance: Random) -> Document:
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    name = f"{given}.{family}".lower() + (f"{number}" if number else "")
    return {
        "userName": name,
        "fullName": f"{given} {family}",
        "emailAddresses": [f"{name}@{company.domain}"],
    }


def _folder(person: Document, chance: Random) -> Document:
    return {"folder": f"{person['userName']}/Inbox", "messages": chance.randint(200, 9000)}


def _stores(company: Company, year: int, daily: int, chance: Random) -> list[Document]:
    """Return a store for each year; the older ones are not written any more."""
    years = range(company.since, year + 1)
    stores: list[Document] = [
        {
            "name": str(each),
            "messages": int(daily * WORKDAYS * chance.uniform(0.5, 1.0)),
            "requestedState": "current" if each == year else "writeProtected",
        }
        for each in years
    ]
    stores[0] |= TROUBLED.get(company.instance_id, {})
    return stores


def _results(company: Company, daily: int, chance: Random) -> list[Document]:
    """Return how the nightly runs of the profile ended."""
    kinds = FAULTS if company.instance_id in FAILING else ()
    return [_result(day, daily, chance, kinds) for day in range(DAYS_TOLD, 0, -1)]


def _result(day: int, daily: int, chance: Random, kinds: tuple[tuple[str, str], ...]) -> Document:
    result, report = chance.choice(kinds) if kinds else ("succeeded", "")
    items = 0 if result == "failed" else int(daily * chance.uniform(0.7, 1.2))
    return {
        "profileName": "Mail server, all mailboxes",
        "result": result,
        "report": report or f"{items} messages were archived.",
        "daysAgo": day - SINCE_NIGHT,
        "seconds": chance.randint(40, 900),
        "itemsArchived": items,
    }
