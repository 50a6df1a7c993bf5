"""What a busy gateway logs can be read by a program, and says whom it concerns."""

from tests.exposition.busy import CANARY, Busy

ALWAYS = {"event", "level", "timestamp"}


def test_every_line_is_an_object_with_its_event(cluster: Busy) -> None:
    cluster.verify()

    lines = cluster.lines()

    assert len(lines) > 10
    assert [line for line in lines if not line.keys() >= ALWAYS] == []


def test_the_line_of_a_request_says_whose_it_was_and_what_it_cost(cluster: Busy) -> None:
    path = f"/instances/{cluster.instance}/stores"
    cluster.ask("GET", path)

    line = cluster.line(path=path)

    assert line["event"] == "request"
    assert line["action"] == "listStores"
    assert line["client"] == cluster.known["SPE_GATEWAY_CLIENT_ID"]
    assert line["reseller"].startswith("res_")
    assert line["deployment"] == cluster.deployment
    assert len(line["request_id"]) == len(line["trace_id"]) == 32
    assert line["status"] == 200
    assert 0 < line["upstream_milliseconds"] <= line["milliseconds"]


def test_the_line_of_a_change_names_its_operation(cluster: Busy) -> None:
    operation = cluster.verify()

    assert cluster.line(operation=operation)


def test_a_failure_in_the_background_says_whose_it_is(cluster: Busy) -> None:
    body = {"arguments": {"instanceID": "acme", "id": 99, "includeIndexes": False}}
    path = f"/deployments/{cluster.deployment}/commands/VerifyStore"
    cluster.control.fault("failed", "VerifyStore", text="It is broken.")

    failed = cluster.refused(path, body, Confirm="VerifyStore", Prefer="wait=20")

    line = cluster.line(event="operation.failed", request_id=failed)
    assert line["deployment"] == cluster.deployment
    assert line["operation"].startswith("op_")
    assert line.keys() >= {"client", "reseller", "trace_id"}


def test_no_line_holds_a_secret_or_a_name(cluster: Busy) -> None:
    said = cluster.simulator.announcement()
    secrets = [said["password"], cluster.known["SPE_GATEWAY_CLIENT_SECRET"], CANARY, "eyJ"]

    text = cluster.gateway.log + cluster.worker.log

    assert [each for each in secrets if str(each) in text] == []
