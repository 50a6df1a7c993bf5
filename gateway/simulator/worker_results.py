"""Worker results: how the executions of profiles ended."""

from hashlib import sha256
from typing import Any

from .archive import Archive, WorkerResult
from .archive_admin import USER_NAME, opened
from .commands import command
from .deployment import Deployment
from .failures import Failure, out_of_range
from .time_zones import text, window, zone
from .wire import Arguments

ONLY_OWN = "23.2"
"""Since this version nobody can ask for the results of another user."""

DAYS_KEPT = 30
DAY = 86400


@command("GetWorkerResults", "read")
def get_worker_results(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List the executions that started in a time range, in no order.

    Raises:
        Failure: the range is too long, or holds a moment that the server cannot read.
    """
    archive = opened(deployment, arguments)
    start, end = window(deployment, arguments, arguments["timeZoneID"])
    _require_readable(deployment, archive, start, end)
    if arguments["profileID"] is not None and arguments["profileID"] < 1:
        raise out_of_range()
    if deployment.has(ONLY_OWN) and arguments["userName"] not in {None, USER_NAME}:
        raise Failure("The user name must be that of the current user.")
    where = zone(deployment, arguments["timeZoneID"])
    found = [
        result
        for result in _kept(deployment, archive)
        if start <= result.start < end
        and arguments["profileID"] in {None, result.profile_id}
        and arguments["userName"] in {None, result.user_name}
    ]
    return [
        {
            **_view(result),
            "startTime": text(result.start, where),
            "completeTime": text(result.complete, where),
            "machineName": deployment.instance(arguments["instanceID"]).instance_host,
        }
        for result in sorted(found, key=_shuffled)
    ]


@command("GetWorkerResultReport", "read")
def get_worker_result_report(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """Return what an execution reported."""
    for result in _kept(deployment, opened(deployment, arguments)):
        if result.id == arguments["id"]:
            return {**_view(result), "report": result.report}
    raise Failure(f"The worker result with ID {arguments['id']} does not exist.")


def _require_readable(deployment: Deployment, archive: Archive, start: float, end: float) -> None:
    too_long = end - start > deployment.scenario.worker_result_days * DAY
    if too_long or any(start <= moment < end for moment in archive.poisoned):
        raise Failure("Nullable object must have a value.")


def _kept(deployment: Deployment, archive: Archive) -> list[WorkerResult]:
    oldest = deployment.clock.seconds() - DAYS_KEPT * DAY
    return [result for result in archive.worker_results if result.complete >= oldest]


def _shuffled(result: WorkerResult) -> str:
    return sha256(str(result.id).encode()).hexdigest()


def _view(result: WorkerResult) -> dict[str, Any]:
    profile = {"profileId": result.profile_id, "profileName": result.profile_name}
    return {
        "id": result.id,
        "userName": result.user_name,
        **(profile if result.profile_id is not None else {}),
        "result": result.result,
        "itemsArchived": result.items_archived,
    }
