"""The metrics of several processes are those of one gateway."""

import requests

from tests.core import until
from tests.exposition.busy import CANARY, WORKERS, Busy, Scrape, scraped, total

REQUESTS = "spe_gateway_http_requests_total"
HEALTH = {"operation": "getHealth", "method": "GET", "status": "2xx"}


def test_three_processes_count_together_and_none_counts_twice(cluster: Busy) -> None:
    before = total(cluster.metrics(), REQUESTS, **HEALTH)

    cluster.knock(60)

    after = cluster.metrics()
    assert total(after, REQUESTS, **HEALTH) == before + 60
    timed = "spe_gateway_http_request_duration_seconds_count"
    assert total(after, timed, operation="getHealth") == before + 60


def test_what_a_killed_process_has_counted_still_counts(cluster: Busy) -> None:
    cluster.knock(30)
    before = total(cluster.metrics(), REQUESTS, **HEALTH)

    cluster.kill_one()

    shown = until(lambda: _scraped(cluster))
    assert total(shown, REQUESTS, **HEALTH) == before
    cluster.knock(30)
    assert total(cluster.metrics(), REQUESTS, **HEALTH) == before + 30


def test_what_a_killed_process_showed_of_itself_does_not_count(cluster: Busy) -> None:
    cluster.kill_one()

    until(lambda: total(_scraped(cluster), "spe_gateway_processes") == WORKERS)
    shown = cluster.metrics()
    assert len(cluster.processes()) == WORKERS
    assert total(shown, "spe_gateway_build_info") == 1
    assert total(shown, "spe_gateway_http_requests_in_progress") == 0


def _scraped(cluster: Busy) -> Scrape:
    """Scrape; nothing while the address passes from one process to another."""
    try:
        return cluster.metrics()
    except OSError:
        return {}


def test_calls_upstream_are_those_that_the_deployment_has_seen(cluster: Busy) -> None:
    seen = [cluster.control.commands().count("GetStores"), _calls(cluster, "GetStores")]

    for _ in range(5):
        cluster.ask("GET", f"/instances/{cluster.instance}/stores")

    arrived = cluster.control.commands().count("GetStores") - seen[0]
    assert arrived == 5
    assert _calls(cluster, "GetStores") - seen[1] == arrived


def _calls(cluster: Busy, command: str) -> float:
    name = "spe_gateway_upstream_calls_total"
    return sum(
        total(scraped(f"{target}/metrics"), name, command=command, outcome="answered")
        for target in cluster.targets
    )


def test_a_deployment_has_one_series_for_all_commands(cluster: Busy) -> None:
    shown = cluster.metrics()

    labels = {dict(has)["deployment"] for name, has in shown if "deployment_calls" in name}
    assert labels == {cluster.deployment}


def test_the_sweeper_and_the_chores_are_the_workers(cluster: Busy) -> None:
    gateway, worker = (scraped(f"{target}/metrics") for target in cluster.targets)

    sweeps = {"chore": "operations.sweep", "outcome": "done"}
    assert total(worker, "spe_gateway_chore_runs_total", **sweeps) > 0
    assert total(gateway, "spe_gateway_chore_runs_total", **sweeps) == 0
    assert total(worker, "spe_gateway_processes") == 1


def test_facts_are_the_same_whoever_is_asked(cluster: Busy) -> None:
    gateway, worker = (scraped(f"{target}/facts") for target in cluster.targets)

    up = ("spe_gateway_deployment_up", (("deployment", cluster.deployment),))
    assert gateway[up] == worker[up] == 1
    assert gateway.keys() == worker.keys()


def test_the_public_port_shows_nothing_of_it(cluster: Busy) -> None:
    url = cluster.known["SPE_GATEWAY_URL"]

    answers = [requests.get(url + path, timeout=20) for path in ("/metrics", "/facts")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_no_page_names_a_customer_an_address_or_a_secret(cluster: Busy) -> None:
    said = cluster.simulator.announcement()
    secrets = [said["password"], said["sha256"], cluster.known["SPE_GATEWAY_CLIENT_SECRET"]]
    names = [CANARY, "acme", "alpha", "127.0.0.1", cluster.known["SPE_GATEWAY_CLIENT_ID"]]

    pages = str([scraped(f"{t}/{p}") for t in cluster.targets for p in ("metrics", "facts")])

    assert [each for each in (*secrets, *names) if str(each) in pages] == []
