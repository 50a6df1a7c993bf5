"""What nobody has written down: a failure here against a real server is the answer.

The expectations are what the simulator assumes. docs/real-server.md lists the questions.
"""

import pytest

from gateway.spe.commands.jobs import CREATE_JOB, DELETE_JOB, GET_JOBS
from tests.real.scratch import Scratch


@pytest.mark.parametrize(
    ("spelling", "hits"),
    [
        ("itself", True),
        ("alias", False),
        ("upper case", False),
        ("prefix", False),
        ("comma", False),
        ("tab", True),
        ("line break", True),
    ],
)
def test_q1_a_filter_hits_whole_ids_between_blanks(
    made: Scratch, spelling: str, *, hits: bool
) -> None:
    rows = made.outcome("GetInstances", ("instanceFilter", made.spellings[spelling]))

    found = rows if rows == "failed" else [row["instanceID"] for row in rows]
    assert found == ([made.id] if hits else [])


@pytest.mark.parametrize("spelling", ["alias", "upper case", "prefix", "comma", "tab"])
def test_q2_an_instance_id_is_one_exact_id(made: Scratch, spelling: str) -> None:
    pair = ("instanceID", made.spellings[spelling])

    assert made.outcome("GetInstanceConfiguration", pair) == "failed"
    assert made.outcome("GetInstanceConfiguration", ("instanceID", made.id)) != "failed"


def test_q3_an_argument_that_is_given_twice_is_refused(scratch: Scratch) -> None:
    own = ("instanceID", scratch.id)

    assert scratch.outcome("GetStores", own, own) == "failed"
    assert scratch.outcome("GetStores", own, ("includeSize", "true")) != "failed"
    twice = (("includeSize", "true"), ("includeSize", "false"))
    assert scratch.outcome("GetStores", own, *twice) == "failed"


@pytest.mark.parametrize("action", ["StopInstances", "GwTestNoSuchCommand", "GetUsers"])
def test_q7_a_job_cannot_run_just_anything(scratch: Scratch, action: str) -> None:
    job = {"instanceID": scratch.id, "name": f"gwtest {action}", "action": action}
    refused = not scratch.invoke(CREATE_JOB, **job).succeeded
    listed = list(scratch.result(GET_JOBS, instanceID=scratch.id))
    for one in listed:
        scratch.result(DELETE_JOB, instanceID=scratch.id, id=one["id"])

    assert refused
    assert listed == []


def test_q7_a_job_runs_a_command_inside_its_instance(scratch: Scratch) -> None:
    job = {"instanceID": scratch.id, "name": "gwtest", "action": "VerifyStores"}
    scratch.result(CREATE_JOB, **job)
    (listed,) = scratch.result(GET_JOBS, instanceID=scratch.id)
    scratch.result(DELETE_JOB, instanceID=scratch.id, id=listed["id"])

    assert (listed["action"], listed["enabled"]) == ("VerifyStores", True)
    assert scratch.result(GET_JOBS, instanceID=scratch.id) == []


def test_q8_the_schedule_of_a_job_is_set_by_its_instance(made: Scratch) -> None:
    assert "instanceID" in made.metadata()["SetJobSchedule"]
