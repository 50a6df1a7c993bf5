"""What Schemathesis is told: the exceptions with their reasons, and what there is to ask for."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from tests.answers import JSON, METHODS
from tests.contract.conftest import Listening
from tests.personas.targets import absent

EXCEPTIONS = """
[checks]
not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", "502", "503", "504"]

[[operations]]
include-operation-id = ["createJob", "updateJob", "releaseInstance"]
checks.positive_data_acceptance.enabled = false

[[operations]]
include-operation-id = "streamEvents"
enabled = false

[[operations]]
include-path-regex = "^/instances/{{instance}}"
checks.use_after_free.enabled = false
"""
"""Each with its reason.

* A deployment that fails is documented as 502, 503 or 504; a 500 never is.
* A job's schedule has exactly one of three members, and the confirmation of a release is SPE's id
  of that instance: no schema can say either.
* A stream of events goes on for an hour.
* A deleted instance is there until it is purged; it says so itself.
"""

PLACES = ("path", "query", "body")


@dataclass(frozen=True)
class Plan:
    """One run.

    Attributes:
        phases: of Schemathesis.
        seed: of everything that is drawn.
        examples: cases for each operation; in the stateful phase, walks.
        steps: of a walk.
        covered: the operations of the coverage phase; None for all.
        unchecked: checks that say nothing here.
    """

    phases: Sequence[str]
    seed: int
    examples: int = 1
    steps: int = 12
    covered: Sequence[str] | None = None
    unchecked: Sequence[str] = ()

    @property
    def walks(self) -> bool:
        """Whether calls follow the links of the answers."""
        return "stateful" in self.phases


def known(listening: Listening) -> dict[str, str]:
    """Return objects that are there, by the names of the parameters."""
    world = listening.world
    page = world.call("GET", f"/operations?instance={listening.archive['id']}")
    return {
        "instance": listening.archive["id"],
        "deployment": world.sites["beta"].id,
        "reseller": world.new_reseller("A")["id"],
        "client": world.new_client("A")["id"],
        "operation": page["items"][0]["id"],
        "user": "jane",
    }


def configuration(listening: Listening, plan: Plan, document: JSON) -> str:
    """Return the configuration file of a run (TOML).

    Paths name an object that is there or one that is not, and nothing else, or the fuzzer would
    take its own rights away. A walk starts from what is there.
    """
    objects = known(listening)
    nobodys = {} if plan.walks else {**absent(listening.world), "user": "nobody"}
    choices = {noun: [value, *_optional(nobodys, noun)] for noun, value in objects.items()}
    return "\n".join(
        [
            EXCEPTIONS.replace("{{", "{").replace("}}", "}"),
            *_phases(plan, document),
            "[dictionaries]",
            *(f"{noun} = {{ values = {json.dumps(each)} }}" for noun, each in choices.items()),
            "[parameters]",
            *_bindings(choices, PLACES if plan.walks else PLACES[:1]),
        ]
    )


def _optional(nobodys: Mapping[str, str], noun: str) -> Iterable[str]:
    return [nobodys[noun]] if noun in nobodys else []


def _bindings(nouns: Iterable[str], places: Sequence[str]) -> Iterable[str]:
    for place, noun in product(places, nouns):
        if place == "path" or noun in {"deployment", "reseller"}:
            yield f'"{place}.{noun}" = {{ dictionary = "{noun}", probability = 1.0 }}'


def _phases(plan: Plan, document: JSON) -> Iterable[str]:
    yield "[phases.fuzzing]"
    yield f"generation.max-examples = {plan.examples}"
    yield "[phases.stateful]"
    yield f"max-steps = {plan.steps}"
    yield f"generation.max-examples = {plan.examples}"
    yield 'generation.mode = "positive"'
    yield "inference.algorithms = []"  # the links of the contract are what is walked
    if plan.covered is not None:
        rest = sorted(set(operation_ids(document)) - set(plan.covered) - {"streamEvents"})
        yield "[[operations]]"
        yield f"include-operation-id = {json.dumps(rest)}"
        yield "phases.coverage.enabled = false"


def operation_ids(document: JSON) -> list[str]:
    """Return the names of the operations of a document, sorted."""
    items = document["paths"].values()
    return sorted(
        item[method]["operationId"] for item in items for method in METHODS if method in item
    )


def contract(listening: Listening, plan: Plan) -> JSON:
    """Return the contract as it is served, with objects that are there as examples of its paths.

    In a walk, 202 leads nowhere: else every operation that may be accepted were a beginning of
    its own, and few walks would come farther than to their beginning.
    """
    document: JSON = listening.world.operator.get("/openapi.json").get_json()
    objects = known(listening)
    for item in document["paths"].values():
        for parameter in item.get("parameters", ()):
            parameter["example"] = objects.get(parameter["name"], parameter.get("example"))
    if plan.walks:
        del document["components"]["responses"]["Accepted"]["links"]
    return document
