"""The schemas of instances."""

from gateway.resources.instance_drift import InstanceDriftSchema
from gateway.resources.store_schemas import StoreCreateSchema
from gateway.resources.users_schemas import UserCreateSchema
from gateway.web.fields import (
    Choice,
    Flag,
    Id,
    Labels,
    LabelsPatch,
    ListOf,
    Part,
    Text,
    Time,
    Whole,
)
from gateway.web.schemas import Paging, PlacementReason, PlacementVerdict, Schema, page_of

START_MODES = ("automatic", "manual", "disabled")
STATUSES = (
    "provisioning",
    "running",
    "stopped",
    "safeMode",
    "frozen",
    "missing",
    "suspended",
    "deleted",
    "failed",
    "unknown",
)
ALIAS = r"^[a-z0-9.@_-]+$"
ALIAS_FORM = "a-z, 0-9, dot, at, underscore and dash only"
LABEL = r"^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?:.{0,256}$"
LABEL_KEY = r"^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$"
INSTANCE_ID = r"^[a-z][a-z0-9-]{2,31}$"


class InstanceSchema(Schema):
    """An instance."""

    id = Id("ins", "Opaque id.", required=True, dump_only=True)
    instance_id = Text(
        "SPE's own id, unique on its deployment.",
        data_key="instanceID",
        required=True,
        dump_only=True,
    )
    display_name = Text("The name shown to people.", min_length=0, required=True, dump_only=True)
    alias = Text("Another name to log in with.", allow_none=True, required=True, dump_only=True)
    status = Choice(
        STATUSES,
        "SPE's word while it is active; `missing` when SPE no longer lists it.",
        required=True,
        dump_only=True,
    )
    start_mode = Choice(
        START_MODES, "How it starts.", allow_none=True, required=True, dump_only=True
    )
    archive_admin = Flag(
        "Whether service provider access is on; SPE tells it of running instances, so this is "
        "what was last read, and null when nothing was.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    process_id = Whole(
        "Of the running process.", data_key="processID", allow_none=True, dump_only=True
    )
    start_stop_error = Text("Why it did not start or stop.", allow_none=True, dump_only=True)
    deployment = Id("dep", "Where it is.", required=True, dump_only=True)
    instance_host = Text("On which host; for operators.", allow_none=True, dump_only=True)
    reseller = Id("res", "Whose it is.", required=True, dump_only=True)
    external_id = Text("Its id in your own system.", allow_none=True, dump_only=True)
    labels = Labels("Your own labels.", required=True, dump_only=True)
    drift = Part(
        InstanceDriftSchema,
        "What was changed past the gateway; null for nothing.",
        allow_none=True,
        required=True,
        dump_only=True,
    )
    observe_time = Time(
        "Since when it is seen so; how old a list is, `asOf` says.", allow_none=True, dump_only=True
    )
    delete_time = Time("When it was deleted.", allow_none=True, dump_only=True)
    purge_time = Time("When its days of grace end.", allow_none=True, dump_only=True)
    create_time = Time("When it was made.", required=True, dump_only=True)
    update_time = Time("When it last changed.", required=True, dump_only=True)


class InstanceListSchema(page_of(InstanceSchema, "InstancePage")):  # type: ignore[misc] # made at run time
    """A page of instances, and what is missing in it."""

    unreachable = ListOf(
        Id("dep"), "Deployments that could not be asked.", required=True, dump_only=True
    )
    as_of = Labels(
        "When each deployment concerned was last asked; one that never was is left out.",
        required=True,
        dump_only=True,
    )


class InstanceQuery(Paging):
    """Which instances, and how fresh."""

    deployment = Id("dep", "Only those on this deployment.")
    reseller = Id("res", "Only those of this reseller.")
    status = Choice(STATUSES, "Only those that are shown with this status.")
    label = ListOf(
        Text(
            "A key, a colon, and the value.",
            max_length=320,
            pattern=LABEL,
            form="a key of letters, digits, dots, slashes, _ and -, a colon, and the value",
        ),
        "Only those with these labels, such as `plan:gold`; several between commas all apply.",
        min_items=1,
        max_items=16,
    )
    external_id = Text("Only those with this id in your own system.", max_length=200)
    q = Text(
        "Only those with this text in `instanceID`, `displayName`, `alias` or `externalId`; "
        "A to Z in either case.",
        max_length=200,
    )
    consistency = Choice(
        ("cached", "live"), "From what was last seen, or asked now.", load_default="cached"
    )
    max_age = Whole(
        "In seconds: deployments that were last asked longer ago are asked now. `live` is 0.",
        most=86_400,
    )
    require = Choice(
        ("partial", "complete"),
        "Whether a deployment that cannot be asked is left out or fails the call.",
        load_default="partial",
    )


class AntiAffinitySchema(Schema):
    """Beside what an instance is not to be: another of its reseller with the same label."""

    label = Text(
        "The key of a label that the instance carries; those with the same value are kept apart.",
        max_length=63,
        pattern=LABEL_KEY,
        form="a label's key",
        required=True,
    )
    scope = Choice(("deployment", "host"), "What they are not to share.", load_default="deployment")
    enforcement = Choice(
        ("required", "preferred"),
        "Whether the call is refused rather than that they share it, or it is only avoided.",
        load_default="required",
    )


class InstancePlacementSchema(Schema):
    """Where an instance may be placed."""

    labels = Labels("The deployment carries these labels.", load_default={})
    anti_affinity = Part(AntiAffinitySchema, "Beside what it is not to be.")


class HostVerdictSchema(Schema):
    """A host of the deployment that was not taken."""

    instance_host = Text("Its name.", required=True, dump_only=True)
    reasons = ListOf(Part(PlacementReason), "Every reason.", required=True, dump_only=True)


class InstanceRehearsalSchema(Schema):
    """Where the instance would be, and why nowhere else; for operators with figures."""

    deployment = Id("dep", "Where it would be.", required=True, dump_only=True)
    deployment_name = Text("The name of the deployment; for operators.", dump_only=True)
    instance_host = Text("On which host; for operators.", dump_only=True)
    capacity = Whole(
        "How many instances it may have; for operators.", allow_none=True, dump_only=True
    )
    instances = Whole("How many it has; for operators.", dump_only=True)
    running = Whole("How many of them ran when last seen; for operators.", dump_only=True)
    not_taken = ListOf(
        Part(PlacementVerdict),
        "Each other deployment that its reseller may use, and why it was not taken.",
        required=True,
        dump_only=True,
    )
    hosts_not_taken = ListOf(
        Part(HostVerdictSchema), "The other hosts of the deployment; for operators.", dump_only=True
    )


class InstanceCreateSchema(Schema):
    """An instance to be made; where it lies on disk is derived, never given."""

    instance_id = Text(
        "SPE's own id: a-z, 0-9 and dash, a letter first, 3 to 32 characters.",
        data_key="instanceID",
        min_length=3,
        max_length=32,
        pattern=INSTANCE_ID,
        form="3 to 32 of a-z, 0-9 and dash, a letter first",
        required=True,
    )
    display_name = Text("The name shown to people.", max_length=200, required=True)
    alias = Text("Another name to log in with.", max_length=200, pattern=ALIAS, form=ALIAS_FORM)
    external_id = Text("Its id in your own system.", max_length=200)
    labels = Labels("Your own labels.", load_default={})
    reseller = Id("res", "Whose it will be; by default yours.")
    deployment = Id("dep", "Where; left out, the least loaded that fits is chosen.")
    placement = Part(InstancePlacementSchema, "What the deployment must be like.")
    start_mode = Choice(("automatic", "manual"), "How it starts.", load_default="automatic")
    start = Flag("Start it at once.", load_default=True)
    archive_admin = Flag(
        "Switch service provider access on, with the customer's consent; users need it.",
        load_default=False,
    )
    store = Part(StoreCreateSchema, "A first archive store.")
    users = ListOf(Part(UserCreateSchema), "First users.")
    on_failure = Choice(
        ("keep", "remove"),
        "What becomes of the instance when a later step fails: `keep` leaves it as far as it got, "
        "`remove` takes it back if it is proved to be empty.",
        load_default="keep",
    )


class InstancePatchSchema(Schema):
    """What changes of an instance; what is left out stays."""

    display_name = Text("The name shown to people.", max_length=200)
    alias = Text(
        "Another name to log in with; null for none.",
        max_length=200,
        pattern=ALIAS,
        form=ALIAS_FORM,
        allow_none=True,
    )
    start_mode = Choice(("automatic", "manual"), "How it starts.")
    external_id = Text("Its id in your own system.", max_length=200, allow_none=True)
    labels = LabelsPatch("Your own labels; null removes one.")
    archive_admin = Flag(
        "Switch service provider access, on only with the customer's consent; nothing else in the "
        "same call."
    )


class InstancePatchQuery(Schema):
    """How the change is made."""

    restart = Flag("Stop a running instance for it, and start it again.", load_default=False)


class InstancePurgeSchema(Schema):
    """The confirmation."""

    instance_id = Text(
        "SPE's own id of the instance, as confirmation.", data_key="instanceID", required=True
    )
    legal_hold_checked = Flag(
        "You checked that it is under no legal hold, where SPE could not be asked.",
        load_default=False,
    )


class PurgedInstanceSchema(Schema):
    """What is left of a purged instance."""

    id = Id("ins", "Opaque id.", required=True, dump_only=True)
    status = Choice(("purged",), "Always `purged`.", required=True, dump_only=True)
    data_remains = Flag("Its data stays on disk.", required=True, dump_only=True)
    data_directory = Text("Where; for operators.", allow_none=True, required=True, dump_only=True)


class InstanceStartSchema(Schema):
    """How an instance is started."""

    safe_mode = Flag("Administrators only, no automatic profiles or jobs.", load_default=False)
