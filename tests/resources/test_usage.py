"""Usage over HTTP: who sees what, in three forms that say the same."""

import csv
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from sqlalchemy import delete, insert, update
from werkzeug.test import TestResponse

from gateway.model import Measure, Prefix, new_id
from gateway.storage.tables import deployments, figures, instances, readings, resellers
from tests.answers import JSON
from tests.served import CheckedClient, assert_problem
from tests.world import World

NDJSON = "application/x-ndjson"
CSV = "text/csv"
FIRST = date(2026, 9, 1)
START = datetime(2026, 9, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAYS = {"from": "2026-09-01", "to": "2026-09-03"}
NAMES = ("=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", 'a "b", c', "Straße\n2")


@dataclass(frozen=True)
class Month:
    """Two days of September, and a little more, in which the deployments were read each hour.

    Attributes:
        world: in which it was.
        instances: by the letter of the owner, an id.
    """

    world: World
    instances: dict[str, str]

    def get(self, persona: str, accept: str = "application/json", **query: object) -> TestResponse:
        answer = self.world.personas[persona].get(
            "/usage", query_string=query, headers={"Accept": accept}
        )
        assert answer.status_code == 200, answer.text
        assert answer.mimetype == accept
        return answer

    def page(self, persona: str, **query: object) -> JSON:
        return dict(self.get(persona, **query).get_json())

    def items(self, persona: str, **query: object) -> list[JSON]:
        return list(self.page(persona, **query)["items"])


@pytest.fixture(scope="module")
def month(own_world: World) -> Month:
    owned = {owner: own_world.new_instance(owner)["id"] for owner in ("A", "A1", "B")}
    owned["portal"] = own_world.home["id"]
    with own_world.served.gateway.services.database.write() as connection:
        for table in (deployments, instances, resellers):
            connection.execute(update(table).values(create_time=START, update_time=START))
        connection.execute(delete(figures))
        connection.execute(delete(readings))
        places = [site.id for site in own_world.sites.values()]
        rows = [_reading(place, START + hour * HOUR) for place in places for hour in range(51)]
        gone = next(row for row in rows if row["deployment"] == places[0])
        rows = [row for row in rows if row["deployment"] != places[0] or not _is_missing(row)]
        assert gone in rows
        connection.execute(insert(readings), rows)
        for number, (owner, name) in enumerate(owned.items()):
            letter = "A" if owner == "portal" else owner
            place = own_world.sites["beta" if owner == "B" else "alpha"].id
            figure = {
                "instance": name,
                "measure": Measure.LICENCES.value,
                "time": START,
                "value": 10 + number,
                "reseller": own_world.resellers[letter],
                "deployment": place,
                "reading": "rdg_1",
            }
            connection.execute(insert(figures).values(**figure))
    return Month(own_world, owned)


def _is_missing(row: JSON) -> bool:
    return START + 30 * HOUR < row["time"] < START + 34 * HOUR


def _reading(place: str, time: datetime) -> JSON:
    known = {"id": new_id(Prefix.READING), "deployment": place, "instance": None, "time": time}
    return {**known, "command": "CreateLicenseRequest", "raw": "0" * 64, "problem": None}


def figures_of(items: list[JSON]) -> dict[str, int]:
    return {item["instance"]: item["measures"]["licences"]["peak"] for item in items}


def lines(answer: TestResponse) -> list[JSON]:
    return [json.loads(line) for line in answer.text.splitlines()]


def table(answer: TestResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(answer.text, newline="")))


@pytest.mark.parametrize(
    ("persona", "owners"),
    [
        ("operator", {"A", "A1", "B", "portal"}),
        ("root_reader", {"A", "A1", "B", "portal"}),
        ("a_billing", {"A", "A1", "portal"}),
        ("a1_admin", {"A1"}),
        ("b_admin", {"B"}),
        ("bounded", set()),
    ],
)
def test_everybody_sees_the_usage_of_its_own_tree(
    month: Month, persona: str, owners: set[str]
) -> None:
    wanted = {month.instances[owner] for owner in owners}

    assert set(figures_of(month.items(persona, **DAYS))) == wanted
    assert {each["instance"] for each in table(month.get(persona, CSV, **DAYS))} - {""} == wanted
    assert {each["instance"] for each in lines(month.get(persona, NDJSON, **DAYS))[:-1]} == wanted


def portal(month: Month) -> CheckedClient:
    """Return a client of A that is restricted to one instance."""
    made = month.world.new_client(
        "A", permissions=["usage:read"], instances=[month.instances["portal"]]
    )
    return month.world.served.log_in(made["clientId"], made["clientSecret"])


def test_a_restricted_client_sees_its_instances_alone(month: Month) -> None:
    client = portal(month)
    found = client.get("/usage", query_string={**DAYS, "groupBy": "reseller"}).get_json()

    assert [each["measures"]["licences"]["peak"] for each in found["items"]] == [13]
    assert set(found["asOf"]) == {month.world.sites["alpha"].id}
    for name in ("A", "A1", "B"):
        for accept in ("application/json", CSV, NDJSON):
            query = {**DAYS, "instance": month.instances[name]}
            answer = client.get("/usage", query_string=query, headers={"Accept": accept})
            assert_problem(answer, 404, "NOT_FOUND")


@pytest.mark.parametrize("accept", ["application/json", CSV, NDJSON])
@pytest.mark.parametrize("filtered", ["reseller", "deployment", "instance"])
def test_what_is_foreign_is_as_absent_as_what_is_not(
    month: Month, filtered: str, accept: str
) -> None:
    foreign = {
        "reseller": month.world.resellers["B"],
        "deployment": month.world.sites["beta"].id,
        "instance": month.instances["B"],
    }[filtered]
    absent = new_id(Prefix(foreign.partition("_")[0]))
    client = month.world.personas["a_billing"]
    answers = [
        client.get("/usage", query_string={**DAYS, filtered: each}, headers={"Accept": accept})
        for each in (foreign, absent)
    ]

    for answer in answers:
        assert_problem(answer, 404, "NOT_FOUND")
    assert len({answer.get_json()["detail"] for answer in answers}) == 1


def test_filters_narrow(month: Month) -> None:
    world, owned = month.world, month.instances

    def seen(**query: str) -> set[str]:
        return set(figures_of(month.items("operator", **DAYS, **query)))

    assert seen(reseller=world.resellers["A1"]) == {owned["A1"]}
    assert seen(deployment=world.sites["beta"].id) == {owned["B"]}
    assert seen(instance=owned["A"]) == {owned["A"]}
    assert seen(instance=owned["A"], reseller=world.resellers["B"]) == set()


def test_groups_are_the_sums_of_their_instances(month: Month) -> None:
    world = month.world
    groups = month.items("operator", **DAYS, groupBy="reseller")
    places = month.items("operator", **DAYS, groupBy="deployment")

    assert {each["reseller"]: each["measures"]["licences"]["latest"] for each in groups} == {
        world.resellers["A"]: 10 + 13,
        world.resellers["A1"]: 11,
        world.resellers["B"]: 12,
    }
    assert {each["deployment"]: each["measures"]["licences"]["readings"] for each in places} == {
        world.sites["alpha"].id: 3 * 45,
        world.sites["beta"].id: 48,
    }


def test_a_gap_is_named_and_only_what_it_lies_in_is_incomplete(month: Month) -> None:
    page = month.page("operator", **DAYS, granularity="day", groupBy="deployment")
    alpha, beta = (month.world.sites[name].id for name in ("alpha", "beta"))
    gap = {
        "deployment": alpha,
        "from": "2026-09-02T06:00:00Z",
        "to": "2026-09-02T10:00:00Z",
        "problem": "NOT_READ",
    }

    assert page["completeness"] == {"expected": 96, "readings": 93, "gaps": [gap]}
    assert {(each["deployment"], each["from"]): each["complete"] for each in page["items"]} == {
        (alpha, "2026-09-01"): True,
        (alpha, "2026-09-02"): False,
        (beta, "2026-09-01"): True,
        (beta, "2026-09-02"): True,
    }
    assert page["asOf"] == {alpha: "2026-09-02T23:00:00Z", beta: "2026-09-02T23:00:00Z"}


@pytest.mark.parametrize("accept", ["application/json", CSV, NDJSON])
def test_who_wants_everything_or_nothing_is_told_the_gaps(month: Month, accept: str) -> None:
    query = {**DAYS, "require": "complete"}
    headers = {"Accept": accept}
    answer = month.world.operator.get("/usage", query_string=query, headers=headers)

    assert_problem(answer, 503, "USAGE_INCOMPLETE")
    told = answer.get_json()
    assert told["gaps"][0]["deployment"] == month.world.sites["alpha"].id
    assert "2026-09-02T06:00:00Z to 2026-09-02T10:00:00Z (NOT_READ)" in told["detail"]
    whole = month.world.personas["b_admin"].get("/usage", query_string=query, headers=headers)
    assert whole.status_code == 200


@pytest.mark.parametrize("granularity", ["total", "day", "month"])
@pytest.mark.parametrize("grouping", ["instance", "reseller", "deployment"])
def test_the_three_forms_say_the_same(month: Month, grouping: str, granularity: str) -> None:
    query = {**DAYS, "groupBy": grouping, "granularity": granularity}
    pages, cursor = [], None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        pages.append(month.page("operator", **query, limit=1, **more))
        cursor = pages[-1]["nextCursor"]
        if cursor is None:
            break
    items = [item for page in pages for item in page["items"]]
    *told, last = lines(month.get("operator", NDJSON, **query))
    rows = table(month.get("operator", CSV, **query))

    assert told == items
    assert last == {"completeness": pages[0]["completeness"], "asOf": pages[0]["asOf"]}
    assert [row for row in rows if row["kind"] == "usage"] == [_as_row(item) for item in items]
    assert [
        {name: row[name] for name in ("deployment", "from", "to", "problem")}
        for row in rows
        if row["kind"] == "gap"
    ] == last["completeness"]["gaps"]


def _as_row(item: JSON) -> dict[str, str]:
    """Return an item as a spreadsheet shows it; all names here are harmless."""
    row = dict.fromkeys(table_columns(), "")
    flat = {name: value for name, value in item.items() if name != "measures"}
    for measure, figure in item["measures"].items():
        for name, value in (figure or {}).items():
            flat[f"{measure}{name[0].upper()}{name[1:]}"] = value
    texts = {name: str(value) for name, value in flat.items() if value is not None}
    return {**row, **texts, "kind": "usage", "complete": str(item["complete"]).lower()}


def table_columns() -> list[str]:
    figures = ("Latest", "Average", "Peak", "Readings", "AsOf")
    measures = [f"{one}{each}" for one in Measure for each in figures]
    about = "kind from to reseller resellerName deployment instance instanceID displayName"
    return [*about.split(), "externalId", *measures, "complete", "problem"]


@pytest.mark.parametrize("name", NAMES)
def test_a_cell_is_never_a_formula(month: Month, name: str) -> None:
    mine = instances.c.id == month.instances["A"]
    with month.world.served.gateway.services.database.write() as connection:
        before = update(instances).where(mine).values(display_name=name, external_id=name)
        connection.execute(before)
    answer = month.get("operator", CSV, **DAYS, instance=month.instances["A"])
    row = table(answer)[0]

    wanted = f"'{name}" if name[0] in "=+-@\t\r" else name
    assert (row["displayName"], row["externalId"]) == (wanted, wanted)
    assert list(row) == table_columns()
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert answer.data.count(b"\r\n") >= len(table(answer)) + 1


def test_decimals_are_written_as_they_are(month: Month) -> None:
    big = {"measure": "bytes", "reseller": month.world.resellers["B"], "reading": "rdg_1"}
    of = {**big, "instance": month.instances["B"], "deployment": month.world.sites["beta"].id}
    values = (9_007_199_254_740_990, 9_007_199_254_740_991, 9_007_199_254_740_991)
    rows, looks = [], []
    for hour, value in enumerate(values):
        time = START + hour * HOUR
        rows.append({**of, "time": time, "value": value})
        looks.append({**_reading(of["deployment"], time), "instance": of["instance"]})
    with month.world.served.gateway.services.database.write() as connection:
        connection.execute(insert(figures), rows)
        connection.execute(insert(readings), [{**each, "command": "GetStores"} for each in looks])
    answer = month.get("b_admin", **DAYS)

    assert '"average":9007199254740990.6667' in answer.text
    assert month.get("b_admin", CSV, **DAYS).text.count(",9007199254740990.6667,") == 1


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"from": "2026-09-01", "to": "2026-09-01"}, "/query/to"),
        ({"from": "2026-09-02", "to": "2026-09-01"}, "/query/to"),
        ({"from": "2026-09-01", "to": "2027-09-03"}, "/query/to"),
        ({"to": "2026-09-01"}, "/query/from"),
        ({"granularity": "day"}, "/query/from"),
        ({"from": "2026-02-30"}, "/query/from"),
        ({"from": "2026-9-1"}, "/query/from"),
        ({"from": "2026-09-01T00:00:00Z"}, "/query/from"),
        ({"groupBy": "client"}, "/query/groupBy"),
    ],
)
def test_half_a_question_is_refused(month: Month, query: JSON, pointer: str) -> None:
    answer = month.world.operator.get("/usage", query_string=query)

    assert_problem(answer, 422, "INVALID_INPUT")
    assert [fault["pointer"] for fault in answer.get_json()["errors"]] == [pointer]


def test_a_form_that_is_not_there_is_refused(month: Month) -> None:
    answer = month.world.operator.get("/usage", headers={"Accept": "image/png"})

    assert_problem(answer, 406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize(
    ("accept", "mimetype"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/*", CSV),
        ("text/csv;q=0.5, application/json;q=0.4", CSV),
        ("application/json;q=0, */*", NDJSON),
    ],
)
def test_the_form_is_the_one_that_is_preferred(month: Month, accept: str, mimetype: str) -> None:
    answer = month.world.operator.get("/usage", headers={"Accept": accept})

    assert (answer.status_code, answer.mimetype) == (200, mimetype)


def test_a_cursor_is_of_one_caller_and_one_question(month: Month) -> None:
    cursor = month.page("operator", **DAYS, limit=1)["nextCursor"]
    query = {**DAYS, "cursor": cursor}
    other = {**query, "groupBy": "reseller"}

    for client, asked, accept in (
        (month.world.personas["root_reader"], query, "*/*"),
        (month.world.operator, other, "*/*"),
        (month.world.operator, query, CSV),
    ):
        answer = client.get("/usage", query_string=asked, headers={"Accept": accept})
        assert_problem(answer, 400, "MALFORMED_REQUEST")


def test_without_a_period_everything_is_old(month: Month) -> None:
    page = month.page("a1_admin")

    assert [each["problem"] for each in page["completeness"]["gaps"]] == ["NOT_READ"]
    (item,) = page["items"]
    assert (item["from"], item["to"], item["complete"]) == (None, None, False)
    assert item["measures"]["licences"] == {
        "latest": 11,
        "average": 11,
        "peak": 11,
        "readings": 1,
        "asOf": "2026-09-03T02:00:00Z",
    }


@pytest.mark.parametrize(
    "days",
    [
        {"from": "9999-12-31"},
        {"from": "9999-12-01", "to": "9999-12-31", "granularity": "month"},
        {"from": "9998-12-31", "to": "9999-12-31", "granularity": "month"},
    ],
)
def test_a_period_at_the_end_of_all_days_is_refused(month: Month, days: dict[str, str]) -> None:
    answer = month.world.personas["operator"].get("/usage", query_string=days)

    assert_problem(answer, 422, "INVALID_INPUT")
