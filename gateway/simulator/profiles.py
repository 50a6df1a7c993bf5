"""Profiles: what an instance archives from where, or exports to where."""

import re
from typing import Any

from .archive import Archive, Folder, Profile, Store, WorkerResult
from .archive_admin import USER_NAME, granted, opened
from .commands import command
from .deployment import Deployment
from .documents import sealed, shown
from .failures import Failure, missing, out_of_range
from .operations import LongRun, Step
from .state import Instance
from .stores import files
from .wire import Arguments

CLIENT_SIDE = {"Outlook", "Thunderbird", "SeaMonkey", "WindowsMail", "Pst", "EmlFile", "MboxFile"}
REQUIRED = ("name", "type", "connector")
OWN = {"id", "version"}
LONGEST_PAUSE = 2147483647
TIMES = r"([01]\d|2[0-3]):[0-5]\d"
MAINTENANCE = re.compile(f"{TIMES}-{TIMES}")
ENDS = {"succeeded": "succeeded", "cancelled": "cancelled"}


@command("GetProfiles", "read")
def get_profiles(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List the profiles, without the passwords in them."""
    archive = opened(deployment, arguments)
    _require_raw(arguments)
    return [
        {"id": profile.id, "version": profile.version, **shown(profile.properties)}
        for profile in archive.profiles
    ]


@command("CreateProfile", "change")
def create_profile(deployment: Deployment, arguments: Arguments) -> None:
    """Create a profile."""
    archive = opened(deployment, arguments)
    properties = sealed(_properties(arguments))
    archive.profiles.append(Profile(archive.next_id("profiles"), properties))


@command("DeleteProfile", "change")
def delete_profile(deployment: Deployment, arguments: Arguments) -> None:
    """Delete a profile; the results of its executions stay."""
    archive = opened(deployment, arguments)
    archive.profiles.remove(_find(archive, arguments["id"]))


@command("SetProfileServerSideExecution", "change")
def set_profile_server_side_execution(deployment: Deployment, arguments: Arguments) -> None:
    """Let a profile be executed again and again, or not."""
    profile = _find(opened(deployment, arguments), arguments["id"])
    pause = arguments["automaticPauseBetweenExecutions"]
    window = arguments["automaticMaintenanceWindows"]
    if not arguments["automatic"]:
        if pause is not None or window is not None:
            raise out_of_range()
        profile.properties["serverSideExecution"] = _server_side(automatic=False, pause=0)
        return
    if pause is None:
        raise missing("automaticPauseBetweenExecutions")
    if not 0 <= pause <= LONGEST_PAUSE or (window and not MAINTENANCE.fullmatch(window)):
        raise out_of_range()
    execution = _server_side(automatic=True, pause=pause)
    if window:
        execution["automaticMaintenanceWindows"] = window
    profile.properties["serverSideExecution"] = execution


@command("RunProfile", "run")
def run_profile(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Execute a profile, which leaves a worker result."""
    instance = granted(deployment, arguments)
    profile = _find(deployment.archive(instance), arguments["id"])
    return _execution(deployment, instance, profile.properties, profile.id)


@command("RunTemporaryProfile", "run")
def run_temporary_profile(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Execute a profile that is not kept."""
    instance = granted(deployment, arguments)
    return _execution(deployment, instance, _properties(arguments), None)


@command("CanRunArchiveProfiles", "read")
def can_run_archive_profiles(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """Return whether there is an archive store to archive to."""
    instance = deployment.running_instance(arguments["instanceID"])
    return {"value": store_of_new(deployment, instance) is not None}


def _find(archive: Archive, profile_id: int) -> Profile:
    for profile in archive.profiles:
        if profile.id == profile_id:
            return profile
    raise Failure(f"The profile with ID {profile_id} does not exist.")


def _require_raw(arguments: Arguments) -> None:
    if not arguments["raw"]:
        raise Failure("Currently only raw profiles are supported.", "System.NotSupportedException")


def _properties(arguments: Arguments) -> dict[str, Any]:
    _require_raw(arguments)
    given = arguments["properties"]
    if not isinstance(given, dict):
        raise missing("properties")
    for name in REQUIRED:
        if not isinstance(given.get(name), str) or not given[name]:
            raise missing(f"properties.{name}")
    if OWN & given.keys() or not isinstance(given.get("details", {}), dict):
        raise out_of_range()
    default = {"owner": USER_NAME, "details": {}}
    execution = {"serverSideExecution": _server_side(automatic=False, pause=0)}
    return {**default, **execution, **given}


def _server_side(*, automatic: bool, pause: int) -> dict[str, Any]:
    return {"automatic": automatic, "automaticPauseBetweenExecutions": pause}


def store_of_new(deployment: Deployment, instance: Instance) -> Store | None:
    """Return the store that takes new messages: the current one, else the first normal one."""
    stores = [
        store
        for store in deployment.archive(instance).stores
        if store.requested_state in {"current", "normal"} and files(deployment, instance, store)
    ]
    return min(stores, key=lambda store: store.requested_state, default=None)


def _execution(
    deployment: Deployment, instance: Instance, properties: dict[str, Any], number: int | None
) -> LongRun:
    if properties["connector"] in CLIENT_SIDE:
        raise Failure("Only profiles that are executed on server side can be run.")
    count, started = deployment.scenario.messages_per_run, deployment.clock.seconds()
    seconds = count / deployment.scenario.verify_rate
    steps = (
        Step(0.0, f"Executing profile '{properties['name']}'...\r\n", 0),
        Step(seconds, f"  {count} messages processed.\r\n", 100),
    )

    def ended(code: str) -> None:
        result = WorkerResult(
            id=deployment.archive(instance).next_id("worker_results"),
            user_name=properties["owner"],
            profile_id=number,
            profile_name=properties["name"] if number else None,
            result=ENDS.get(code, "failed"),
            items_archived=count if code == "succeeded" else 0,
            start=started,
            complete=deployment.clock.seconds(),
            report="".join(step.log for step in steps),
        )
        deployment.archive(instance).worker_results.append(result)

    def finish() -> None:
        _archive(deployment, instance, properties)

    return LongRun(steps, seconds, finish, ended)


def _archive(deployment: Deployment, instance: Instance, properties: dict[str, Any]) -> None:
    store = store_of_new(deployment, instance)
    data = files(deployment, instance, store) if store else None
    if data is None:
        raise Failure("There is no archive store that takes new messages.")
    count, each = deployment.scenario.messages_per_run, deployment.scenario.bytes_per_message
    if properties["type"] == "export":
        return
    folder = deployment.archive(instance).folders.setdefault(
        f"{properties['owner']}/{properties['name']}", Folder()
    )
    for part in (data, folder):
        part.messages += count
        part.size += count * each
