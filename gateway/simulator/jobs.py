"""Jobs: Management API commands that an instance runs by itself."""

from functools import partial
from typing import Any

from .archive import Archive, Job, JobResult
from .archive_admin import USER_NAME, granted, opened
from .commands import COMMANDS, command, read_arguments
from .deployment import Deployment
from .failures import Failure, missing
from .operations import LongRun
from .reference import offered
from .schedules import next_start, read_schedule
from .state import Instance
from .time_zones import text, utc_text, window, zone
from .wire import Arguments, Pairs

DAYS_KEPT = 90
SECONDS = 0.2
DAY = 86400


@command("GetJobs", "read")
def get_jobs(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List the jobs."""
    return [_view(job) for job in opened(deployment, arguments).jobs]


@command("CreateJob", "change")
def create_job(deployment: Deployment, arguments: Arguments) -> None:
    """Create a job that runs one command; its owner is the service provider unless given."""
    archive = opened(deployment, arguments)
    for name in ("name", "action"):
        if arguments[name] is None:
            raise missing(name)
    _require_action(deployment, arguments["action"])
    owner = arguments["owner"] or USER_NAME
    _require_administrator(archive, owner)
    schedule = read_schedule(deployment, arguments)
    archive.jobs.append(
        Job(
            id=archive.next_id("jobs"),
            name=arguments["name"],
            action=arguments["action"],
            owner=owner,
            created=deployment.clock.seconds(),
            schedule=schedule,
            due=next_start(deployment, schedule),
        )
    )


@command("RenameJob", "change")
def rename_job(deployment: Deployment, arguments: Arguments) -> None:
    """Give a job another name."""
    job = _job(deployment, arguments)
    if arguments["name"] is None:
        raise missing("name")
    job.name = arguments["name"]


@command("SetJobEnabled", "change")
def set_job_enabled(deployment: Deployment, arguments: Arguments) -> None:
    """Let the schedule of a job count, or not."""
    job = _job(deployment, arguments)
    if arguments["enabled"] is None:
        raise missing("enabled")
    job.enabled = arguments["enabled"]
    job.due = next_start(deployment, job.schedule) if job.enabled else None


@command("SetJobSchedule", "change")
def set_job_schedule(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the schedule of a job."""
    job = _job(deployment, arguments)
    job.schedule = read_schedule(deployment, arguments)
    job.due = next_start(deployment, job.schedule) if job.enabled else None


@command("DeleteJob", "change")
def delete_job(deployment: Deployment, arguments: Arguments) -> None:
    """Delete a job; its results stay."""
    job = _job(deployment, arguments)
    opened(deployment, arguments).jobs.remove(job)


@command("RunJobAsync", "background")
def run_job_async(deployment: Deployment, arguments: Arguments) -> LongRun:
    """Start a job now, which ends some time later with a result."""
    instance, job = granted(deployment, arguments), _job(deployment, arguments)
    if deployment.operations.running(_key(instance, job)):
        raise Failure(f"The job '{job.name}' is already running.")
    return _run(deployment, instance, job)


@command("CancelJobAsync", "change")
def cancel_job_async(deployment: Deployment, arguments: Arguments) -> None:
    """Ask a running job to end."""
    job = _job(deployment, arguments)
    running = deployment.operations.running(_key(granted(deployment, arguments), job))
    if running is None:
        raise Failure(f"The job '{job.name}' is not running.")
    deployment.operations.cancel(running.token)


@command("GetJobResults", "read")
def get_job_results(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List the executions that started in a time range and have ended, newest first."""
    archive = opened(deployment, arguments)
    start, end = window(deployment, arguments, arguments["timeZoneId"])
    oldest = max(start, deployment.clock.seconds() - DAYS_KEPT * DAY)
    where = zone(deployment, arguments["timeZoneId"])
    found = [
        result
        for result in archive.job_results
        if oldest <= result.start < end and arguments["jobId"] in {None, result.job_id}
    ]
    return [
        {
            "jobResultId": result.id,
            "jobId": result.job_id,
            "action": result.action,
            "startTime": text(result.start, where),
            "completeTime": text(result.complete, where),
            "result": result.result,
        }
        for result in sorted(found, key=lambda one: (one.start, one.id), reverse=True)
    ]


def due_runs(deployment: Deployment) -> list[LongRun]:
    """Return the runs that schedules start now: one of a job, however long it has been due."""
    now = deployment.clock.seconds()
    due = [
        (directory, job)
        for directory, archive in deployment.state.archives.items()
        for job in archive.jobs
        if job.due is not None and job.due <= now
    ]
    return [run for directory, job in due for run in _scheduled(deployment, directory, job)]


def _scheduled(deployment: Deployment, directory: str, job: Job) -> list[LongRun]:
    """Plan the next start of a job that is due; run it where an instance works as usual."""
    job.due = next_start(deployment, job.schedule)
    deployment.touched.add(directory)
    return [
        _run(deployment, instance, job)
        for instance in deployment.state.instances.values()
        if instance.directory == directory
        and instance.status == "running"
        and not deployment.operations.running(_key(instance, job))
    ]


def _run(deployment: Deployment, instance: Instance, job: Job) -> LongRun:
    started = job.last_start = deployment.clock.seconds()
    work = _work(deployment, instance, job)

    def ended(code: str) -> None:
        work.ended(code)
        _note(deployment, instance, job, started, code)

    return LongRun(work.steps, work.seconds, work.finish, ended, _key(instance, job))


def _job(deployment: Deployment, arguments: Arguments) -> Job:
    archive = opened(deployment, arguments)
    if arguments["id"] is None:
        raise missing("id")
    for job in archive.jobs:
        if job.id == arguments["id"]:
            return job
    raise Failure(f"The job with ID {arguments['id']} does not exist.")


def _key(instance: Instance, job: Job) -> str:
    return f"job {job.id} of {instance.directory}"


def _require_administrator(archive: Archive, owner: str) -> None:
    user = archive.users.get(owner)
    if owner != USER_NAME and (user is None or "admin" not in user.privileges):
        raise Failure(f"The user '{owner}' is not an administrator.")


def _require_action(deployment: Deployment, action: str) -> None:
    """Allow commands that do something inside an instance, but none that plans others."""
    name = _parts(action)[0]
    found = offered(deployment.scenario.version).get(name)
    inside = found is not None and any(one.name == "instanceID" for one in found.arguments)
    if not inside or "Job" in name or COMMANDS[name].effect == "read":
        raise Failure(f"The command '{name}' cannot be run by a job.")


def _parts(action: str) -> tuple[str, Pairs]:
    """Split an action as in the Management Shell: `RunProfile --id=3`."""
    name, *options = action.split() or [""]
    pieces = (option.removeprefix("--").partition("=") for option in options)
    return name, [(key, value) for key, _, value in pieces]


def _work(deployment: Deployment, instance: Instance, job: Job) -> LongRun:
    """Return the work of a job's command; what the command refuses, the job fails with."""
    name, options = _parts(job.action)
    pairs = [("instanceID", instance.instance_id), *options]
    release = deployment.scenario.version

    def act() -> Any:  # noqa: ANN401 - nobody sees the result
        return COMMANDS[name].handle(deployment, read_arguments(release, name, pairs))

    if COMMANDS[name].effect != "run":
        return LongRun((), SECONDS, act)
    try:
        run: LongRun = act()
    except Failure as refusal:
        return LongRun((), 0.0, partial(_refuse, refusal))
    return run


def _refuse(refusal: Failure) -> None:
    raise refusal


def _note(deployment: Deployment, instance: Instance, job: Job, started: float, code: str) -> None:
    archive, now = deployment.archive(instance), deployment.clock.seconds()
    job.last_complete = now
    number = archive.next_id("job_results")
    archive.job_results.append(JobResult(number, job.id, job.action, started, now, code))


def _view(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        "action": job.action,
        "owner": job.owner,
        "creationDateTimeUtc": utc_text(job.created),
        "lastStartDateTimeUtc": utc_text(job.last_start),
        "lastCompleteDateTimeUtc": utc_text(job.last_complete),
        "nextStartDateTimeUtc": utc_text(job.due),
        "enabled": job.enabled,
        "schedule": job.schedule,
    }
