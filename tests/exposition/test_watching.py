"""What the dashboard and the alerts ask for is what a gateway shows."""

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from gateway.exposition.facts_families import FACTS
from gateway.measures.families import FAMILIES, Kind
from tests.docs.tables import ROOT
from tests.exposition.busy import Busy, Scrape, scraped
from tests.exposition.promql import SUFFIXES, TARGET, grouped, wanted

DEPLOY = ROOT / "deploy"
DECLARED = {family.full_name: set(family.labels) for family in (*FAMILIES, *FACTS)}
RARE = {"spe_gateway_rate_limited_total", "spe_gateway_breaker_changes_total"} | {
    "spe_gateway_database_errors_total"
}
"""What has no series while all is well; ``test_instruments`` shows each."""


def rules() -> list[dict[str, str]]:
    """Return the alerts."""
    document = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())
    found: list[dict[str, str]] = document["groups"][0]["rules"]
    return found


def expressions() -> Iterator[str]:
    """Yield every expression of the files."""
    yield from (rule["expr"] for rule in rules())
    dashboard = json.loads((DEPLOY / "grafana/dashboard.json").read_text())
    for panel in dashboard["panels"]:
        yield from (target["expr"] for target in panel.get("targets", ()))


def labels_of(scrape: Scrape) -> dict[str, set[str]]:
    """Return the labels of each metric of a scrape, as it is declared."""
    found: dict[str, set[str]] = {}
    for name, labels in scrape:
        known = name if name in DECLARED else SUFFIXES.sub("", name)
        found.setdefault(known, set()).update({key for key, _ in labels} - TARGET)
    return found


def test_a_busy_gateway_shows_each_metric_with_its_labels(cluster: Busy) -> None:
    cluster.verify()
    shown: dict[str, set[str]] = {}
    for target in cluster.targets:
        for page in ("metrics", "facts"):
            shown |= labels_of(scraped(f"{target}/{page}"))

    assert shown.keys() <= DECLARED.keys()
    assert {name: DECLARED[name] for name in shown} == shown
    passing = {"spe_gateway_operations_unfinished", "spe_gateway_operations_oldest_age_seconds"}
    assert DECLARED.keys() - shown.keys() <= RARE | passing


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_an_expression_asks_for_what_there_is(expression: str) -> None:
    asked = wanted(expression)

    assert asked
    for name, labels in asked.items():
        assert labels <= DECLARED.get(name, set() if name == "up" else {"?"}), name
        assert name == "up" or name in DECLARED, name
    has = set[str]().union(*(DECLARED.get(name, set()) for name in asked))
    assert grouped(expression) <= has


def test_a_planted_name_and_a_planted_label_are_seen() -> None:
    assert wanted('rate(spe_gateway_x_bucket{a="1",b=~"2"}[5m])') == {"spe_gateway_x": {"a", "b"}}
    assert grouped("sum by (le, kind) (x) / on (job) y") == {"kind"}


def test_every_metric_is_on_the_dashboard() -> None:
    asked = set[str]().union(*(wanted(each) for each in expressions()))

    assert DECLARED.keys() - asked == set()


def test_every_alert_has_a_runbook_and_a_case_that_fires() -> None:
    cases = (DEPLOY / "prometheus/alerts_test.yml").read_text()

    for rule in rules():
        annotations: dict[str, str] = dict(rule["annotations"])  # type: ignore[arg-type] # an object
        assert (ROOT / annotations["runbook"]).is_file(), annotations
        assert f"alertname: {rule['alert']}\n        exp_alerts:\n          - " in cases


@pytest.mark.parametrize("family", [*FAMILIES, *FACTS], ids=lambda family: family.name)
def test_names_follow_the_rules_of_prometheus(family: object) -> None:
    name, kind, says = family.name, family.kind, family.says  # type: ignore[attr-defined] # a Family

    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", name)
    assert (kind is Kind.COUNTER) == name.endswith("_total")
    assert re.fullmatch(r"[A-Z].*\.", says)
    assert not re.search(r"milli|minute|hour|percent|_ms|_kb", name)
    if kind is Kind.HISTOGRAM or "lag" in name or "age" in name:
        assert name.endswith("_seconds")


def test_no_label_is_one_that_has_no_bound() -> None:
    bounded = {"operation", "method", "status", "policy", "command", "outcome", "deployment"} | {
        *("change", "chore", "error", "state", "version", "kind", "topic")
    }

    assert set[str]().union(*DECLARED.values()) == bounded
