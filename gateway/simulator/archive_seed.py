"""Planting what lies in an instance's directory.

| Key of an instance | Holds |
|---|---|
| `stores` | `{name, requestedState, messages, damaged, expired, databasePath, …}`; with `error` (a trouble that passes), `broken`, `needsUpgrade`, `searchIndexesNeedRebuild`, `oldFormat`, or `passphrase` with `identifier` (it is locked) |
| `users` | `{userName, …, privileges, mfaStatus, appPasswords}` |
| `folders` | `{folder, messages}`; without the key each user has an inbox |
| `directory` | `{userName, fullName, distinguishedName, emailAddresses}` of directory services |
| `jobResults`, `workerResults` | executions that ended `daysAgo` (or at `start`, an ISO time) |
| `poisonedInstants` | ISO times that make a window of worker results unreadable |
| `folderStatisticsFail` | whether `GetFolderStatistics` fails here |
| `mail` | what comes in from now on, see `mail`; `null` ends it |
"""  # noqa: E501 - a table

from collections.abc import Callable
from datetime import datetime
from typing import Any

from . import folders
from .archive import Archive, Folder, JobResult, Store, User, WorkerResult
from .deployment import Deployment
from .documents import digest
from .mail import read_mail
from .scenario import snake
from .state import Instance, StoreFiles
from .stores import on_disk, place
from .users import LOGIN_PRIVILEGES

DAY = 86400
OF_STORE = {"requestedState", "error", "needsUpgrade", "searchIndexesNeedRebuild"}
OF_FILES = {"messages", "damaged", "expired", "broken"}
Entry = dict[str, Any]


def plant(deployment: Deployment, instance: Instance, entry: Entry) -> None:
    """Plant what an instance's entry names, beside what lies there already."""
    archive = deployment.archive(instance)
    for store in entry.get("stores", ()):
        _plant_store(deployment, instance, store)
    for user in entry.get("users", ()):
        _plant_user(archive, user)
    _plant_folders(deployment, archive, entry)
    for result in entry.get("jobResults", ()):
        _plant_result(deployment, archive, "job_results", JobResult, result)
    for result in entry.get("workerResults", ()):
        _plant_result(deployment, archive, "worker_results", WorkerResult, result)
    archive.directory = entry.get("directory", archive.directory)
    archive.poisoned += [_moment(text) for text in entry.get("poisonedInstants", ())]
    archive.folder_statistics_fail = entry.get("folderStatisticsFail", False)
    if "mail" in entry:
        mail, since = entry["mail"], deployment.clock.seconds()
        archive.mail = None if mail is None else read_mail(mail, since)


def alter(deployment: Deployment, instance: Instance, entry: Entry) -> None:
    """Plant what an entry names, as `plant` does; a store of a known name becomes another.

    Of such a store the members that are given count: `requestedState`, `error`, `needsUpgrade`,
    `searchIndexesNeedRebuild`, `messages`, `damaged`, `expired` and `broken`.
    """
    archive = deployment.archive(instance)
    known = {store.name: store for store in archive.stores}
    entries = entry.get("stores", [])
    for each in entries:
        if each["name"] in known:
            _alter_store(deployment, instance, known[each["name"]], each)
    fresh = [each for each in entries if each["name"] not in known]
    kept = {"folderStatisticsFail": archive.folder_statistics_fail}
    plant(deployment, instance, {**kept, **entry, "stores": fresh})


def _alter_store(deployment: Deployment, instance: Instance, store: Store, entry: Entry) -> None:
    found = on_disk(deployment, instance, store)
    if found is None:
        raise ValueError(f"The archive store {store.name} has no files.")
    for member in OF_STORE & entry.keys():
        setattr(store, snake(member), entry[member])
    for member in OF_FILES & entry.keys():
        setattr(found, member, entry[member])
    found.size = found.messages * deployment.scenario.bytes_per_message


def _plant_store(deployment: Deployment, instance: Instance, entry: Entry) -> None:
    archive, scenario = deployment.archive(instance), deployment.scenario
    archive.last_store_id += 1
    path = entry.get("databasePath", f"~\\{entry['name']}")
    archive.stores.append(
        Store(
            archive.last_store_id,
            entry["name"],
            entry.get("requestedState", "normal"),
            path,
            entry.get("contentPath", f"{path}\\Content"),
            entry.get("indexPath", f"{path}\\Index"),
            entry.get("needsUpgrade", False),
            entry.get("searchIndexesNeedRebuild", False),
            entry.get("error"),
        )
    )
    messages = entry.get("messages", scenario.messages_per_store)
    passphrase = entry.get("passphrase")
    deployment.state.disk[place(instance, path)] = StoreFiles(
        messages=messages,
        size=messages * scenario.bytes_per_message,
        old_format=entry.get("oldFormat", False),
        broken=entry.get("broken", False),
        damaged=entry.get("damaged", 0),
        expired=entry.get("expired", 0),
        identifier=entry.get("identifier", "7c1f42") if passphrase else None,
        passphrase_sha256=digest(passphrase) if passphrase else None,
    )


def _plant_user(archive: Archive, entry: Entry) -> None:
    values = {snake(key): value for key, value in entry.items()}
    values.setdefault("login_privileges", list(LOGIN_PRIVILEGES))
    values.setdefault("privileges", ["login"])
    archive.users[values["user_name"]] = User(**values)


def _plant_folders(deployment: Deployment, archive: Archive, entry: Entry) -> None:
    inboxes = [{"folder": f"{user['userName']}/Inbox"} for user in entry.get("users", ())]
    for folder in entry.get("folders", inboxes):
        messages = folder.get("messages", 0)
        size = messages * deployment.scenario.bytes_per_message
        archive.folders[folders.normal(folder["folder"])] = Folder(messages, size)


def _plant_result(
    deployment: Deployment,
    archive: Archive,
    name: str,
    kind: Callable[..., Any],
    entry: Entry,
) -> None:
    values = {snake(key): value for key, value in entry.items()}
    days = values.pop("days_ago", 0)
    start = values.pop("start", None)
    begun = deployment.clock.seconds() - days * DAY if start is None else _moment(start)
    number = archive.next_id(name)
    complete = begun + values.pop("seconds", 60)
    getattr(archive, name).append(
        kind(**{**DEFAULTS[name], **values}, id=number, start=begun, complete=complete)
    )


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


DEFAULTS: dict[str, Entry] = {
    "job_results": {"job_id": 1, "action": "VerifyStores", "result": "succeeded"},
    "worker_results": {
        "user_name": "$archiveadmin",
        "profile_id": 1,
        "profile_name": "Profile",
        "result": "succeeded",
        "items_archived": 0,
    },
}
