"""What an instance keeps in its base directory, where it outlives the instance."""

from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]


@dataclass
class Store:
    """An archive store as its instance knows it.

    Attributes:
        error: why it could not be opened; another try may go better.
    """

    id: int
    name: str
    requested_state: str
    database_path: str
    content_path: str
    index_path: str
    needs_upgrade: bool = False
    search_indexes_need_rebuild: bool = False
    error: str | None = None


@dataclass
class User:
    """A MailStore user of an instance."""

    user_name: str
    full_name: str | None = None
    distinguished_name: str | None = None
    authentication: str = "integrated"
    mfa_status: str = "disabled"
    email_addresses: list[str] = field(default_factory=list)
    pop3_user_names: list[str] = field(default_factory=list)
    privileges: list[str] = field(default_factory=list)
    login_privileges: list[str] = field(default_factory=list)
    privileges_on_folders: dict[str, list[str]] = field(default_factory=dict)
    password_sha256: str | None = None
    app_passwords: int = 0


@dataclass
class Job:
    """A Management API command on a schedule; moments are seconds since 1970.

    Attributes:
        due: when the schedule starts it next; None for never.
    """

    id: int
    name: str
    action: str
    owner: str
    created: float
    schedule: Document
    enabled: bool = True
    due: float | None = None
    last_start: float | None = None
    last_complete: float | None = None


@dataclass
class JobResult:
    """One execution of a job that has ended."""

    id: int
    job_id: int
    action: str
    start: float
    complete: float
    result: str


@dataclass
class Profile:
    """An archiving or exporting profile; secrets in its properties are sealed."""

    id: int
    properties: Document
    version: int = 1


@dataclass
class WorkerResult:
    """One execution of a profile that has ended."""

    id: int
    user_name: str
    profile_id: int | None
    profile_name: str | None
    result: str
    items_archived: int
    start: float
    complete: float
    report: str = ""


@dataclass
class Credential:
    """What an instance proves itself with to others; its private key is nowhere."""

    id: int
    type: str
    description: str
    application_id: str | None
    tenant_id: str | None
    certificate_thumbprint: str
    certificate_expires: float


@dataclass
class Folder:
    """A folder of the folder tree, without those below it."""

    messages: int = 0
    size: int = 0


@dataclass
class Mail:
    """What comes in day after day.

    Attributes:
        per_day: messages of a day on which any come.
        since: the moment up to which they are in the archive.
        weekdays: those days, 0 for Monday.
        from_hour: of such a day, in UTC.
        to_hour: as well.
    """

    per_day: int
    since: float
    weekdays: list[int] = field(default_factory=lambda: [0, 1, 2, 3, 4])
    from_hour: float = 8.0
    to_hour: float = 18.0


@dataclass
class Archive:
    """The data of an instance.

    Attributes:
        configuration: documents by the noun that owns them.
        directory: the users that directory services know.
        last_ids: the last number given out, by list.
        mails: what was sent.
        poisoned: moments that make a window of worker results unreadable.
        mail: what comes in; None where nothing does.
    """

    stores: list[Store] = field(default_factory=list)
    users: dict[str, User] = field(default_factory=dict)
    last_store_id: int = 0
    jobs: list[Job] = field(default_factory=list)
    job_results: list[JobResult] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    worker_results: list[WorkerResult] = field(default_factory=list)
    credentials: list[Credential] = field(default_factory=list)
    folders: dict[str, Folder] = field(default_factory=dict)
    folder_statistics_fail: bool = False
    configuration: dict[str, Any] = field(default_factory=dict)
    directory: list[Document] = field(default_factory=list)
    last_ids: dict[str, int] = field(default_factory=dict)
    mails: list[Document] = field(default_factory=list)
    poisoned: list[float] = field(default_factory=list)
    mail: Mail | None = None

    def next_id(self, name: str) -> int:
        """Return the next number of a list, which is never given out again."""
        self.last_ids[name] = self.last_ids.get(name, 0) + 1
        return self.last_ids[name]


LISTS: dict[str, type[Any]] = {
    "stores": Store,
    "jobs": Job,
    "job_results": JobResult,
    "profiles": Profile,
    "worker_results": WorkerResult,
    "credentials": Credential,
}
MAPPINGS: dict[str, type[Any]] = {"users": User, "folders": Folder}


def read_archive(document: Document) -> Archive:
    """Return the archive that was written as JSON."""
    lists = {
        name: [kind(**entry) for entry in document.get(name, ())] for name, kind in LISTS.items()
    }
    mappings = {
        name: {key: kind(**entry) for key, entry in document.get(name, {}).items()}
        for name, kind in MAPPINGS.items()
    }
    mail = document.get("mail")
    incoming = {"mail": mail and Mail(**mail)}
    return Archive(**{**document, **lists, **mappings, **incoming})
