"""The life of an instance: made, configured, started, opened, stopped, deleted, made again."""

from gateway.spe.commands.archive_admin import (
    GET_ARCHIVE_ADMIN_ENABLED,
    SET_ARCHIVE_ADMIN_ENABLED,
)
from gateway.spe.commands.instances import (
    CREATE_INSTANCE,
    DELETE_INSTANCES,
    GET_INSTANCE_CONFIGURATION,
    SET_INSTANCE_CONFIGURATION,
)
from gateway.spe.commands.statistics import GET_INSTANCE_STATISTICS
from gateway.spe.commands.users import CREATE_USER, DELETE_USER, GET_USERS
from tests.real.scratch import Scratch


def test_a_running_instance_has_a_process_and_figures(scratch: Scratch) -> None:
    row = scratch.row()

    assert row is not None
    assert (row["status"], type(row["processID"])) == ("running", int)
    assert scratch.result(GET_INSTANCE_STATISTICS, instanceID=scratch.id)["totalSizeMB"] >= 0


def test_a_stopped_instance_has_no_process_and_no_figures(scratch: Scratch) -> None:
    scratch.stop()
    row = scratch.row()

    assert row is not None
    assert (row["status"], row["processID"]) == ("stopped", None)
    assert scratch.refusal(GET_INSTANCE_STATISTICS, instanceID=scratch.id)


def test_a_configuration_is_changed_while_the_instance_is_stopped(scratch: Scratch) -> None:
    changed = scratch.configuration(displayName="Ünïcode & <more>")
    refused = scratch.refusal(SET_INSTANCE_CONFIGURATION, config=changed)
    scratch.stop()
    scratch.result(SET_INSTANCE_CONFIGURATION, config=changed)
    found = scratch.result(GET_INSTANCE_CONFIGURATION, instanceID=scratch.id)

    assert refused
    assert found["displayName"] == "Ünïcode & <more>"
    assert found["baseDirectory"] == scratch.directory


def test_service_provider_access_is_what_opens_an_instance(scratch: Scratch) -> None:
    scratch.result(SET_ARCHIVE_ADMIN_ENABLED, instanceID=scratch.id, enabled=False)
    closed = scratch.result(GET_ARCHIVE_ADMIN_ENABLED, instanceID=scratch.id)
    refused = scratch.refusal(GET_USERS, instanceID=scratch.id)
    scratch.result(SET_ARCHIVE_ADMIN_ENABLED, instanceID=scratch.id, enabled=True)
    users = scratch.result(GET_USERS, instanceID=scratch.id)

    assert closed == {"value": False}
    assert refused
    assert "$archiveadmin" in {user["userName"] for user in users}


def test_an_id_is_given_once(scratch: Scratch) -> None:
    assert scratch.refusal(CREATE_INSTANCE, config=scratch.configuration())


def test_q4_a_running_instance_is_not_deleted(scratch: Scratch) -> None:
    assert scratch.refusal(DELETE_INSTANCES, instanceFilter=scratch.id)
    assert scratch.status() == "running"


def test_q6_a_new_instance_in_an_old_directory_finds_what_lies_there(scratch: Scratch) -> None:
    user = {"instanceID": scratch.id, "userName": "kept"}
    scratch.result(CREATE_USER, **user, privileges=["login"])
    scratch.remove()
    gone = scratch.row()
    scratch.create()
    scratch.start()
    users = scratch.result(GET_USERS, instanceID=scratch.id)
    scratch.result(DELETE_USER, **user)

    assert gone is None
    assert "kept" in {user["userName"] for user in users}
