"""Mail that comes in day after day, and lies in the archive as soon as the instance runs.

| Member | Meaning |
|---|---|
| `perDay` | messages of a day on which any come |
| `weekdays` | those days: 0 is Monday, 6 Sunday; left out, Monday to Friday |
| `fromHour`, `toHour` | between which they come evenly, in UTC; left out, 8 and 18 |
"""

from typing import Any

from .archive import Archive, Mail
from .deployment import Deployment
from .profiles import store_of_new
from .scenario import snake
from .state import Instance
from .stores import files

DAY = 86400.0
HOUR = 3600.0
MONDAY = 4 * DAY
"""The first Monday, in seconds since 1970."""


def read_mail(document: dict[str, Any], since: float) -> Mail:
    """Return the mail that a document describes, from a moment on.

    Raises:
        ValueError: it describes none.
    """
    try:
        mail = Mail(since=since, **{snake(key): value for key, value in document.items()})
    except TypeError as unknown:
        raise ValueError(str(unknown)) from None
    if not 0 <= mail.from_hour < mail.to_hour <= 24 or mail.per_day < 0:  # noqa: PLR2004 - hours
        raise ValueError("Mail comes between two hours of a day, and is not less than nothing.")
    return mail


def deliver(deployment: Deployment) -> bool:
    """Archive what has come in; return whether there was anything.

    Where the instance does not run as usual, it waits in the mailboxes.
    """
    now = deployment.clock.seconds()
    archives = deployment.state.archives
    delivered = [_delivered(deployment, name, archives[name], now) for name in archives]
    return any(delivered)


def _delivered(deployment: Deployment, directory: str, archive: Archive, now: float) -> bool:
    mail = archive.mail
    if mail is None:
        return False
    count = _arrived(mail, now) - _arrived(mail, mail.since)
    owner = next(
        (one for one in deployment.state.instances.values() if one.directory == directory), None
    )
    if count <= 0 or owner is None or not _archived(deployment, owner, count):
        return False
    mail.since = now
    return True


def bring(deployment: Deployment, instance: Instance, count: int) -> None:
    """Let messages come in at once.

    Raises:
        ValueError: there are none, or the instance cannot take them now.
    """
    if not isinstance(count, int) or count < 1:
        raise ValueError("messages is how many, 1 at least")
    if not _archived(deployment, instance, count):
        raise ValueError(f"{instance.instance_id} does not run, or has no store for new messages")


def _archived(deployment: Deployment, owner: Instance, count: int) -> bool:
    """Put messages into the store for new ones; return whether there is one now."""
    store = store_of_new(deployment, owner) if owner.status == "running" else None
    found = files(deployment, owner, store) if store else None
    if found is None:
        return False
    found.messages += count
    found.size += count * deployment.scenario.bytes_per_message
    deployment.touched.add(owner.directory)
    return True


def _arrived(mail: Mail, moment: float) -> int:
    """Return how many messages came from the first Monday up to a moment."""
    days, seconds = divmod(moment - MONDAY, DAY)
    weeks, weekday = divmod(int(days), 7)
    whole = weeks * len(set(mail.weekdays)) + sum(day < weekday for day in set(mail.weekdays))
    part = 0.0
    if weekday in mail.weekdays:
        hours = seconds / HOUR - mail.from_hour
        part = min(max(hours / (mail.to_hour - mail.from_hour), 0.0), 1.0)
    return whole * mail.per_day + int(part * mail.per_day)
