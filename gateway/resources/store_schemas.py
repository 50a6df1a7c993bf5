"""The schemas of archive stores."""

from gateway.resources.deployment_schemas import SEGMENTS
from gateway.web.fields import Choice, Flag, ListOf, Secret, Text, Whole
from gateway.web.schemas import Schema

STATES = ("current", "normal", "writeProtected", "disabled")
STORE_DIRECTORY = rf"(?:~|[A-Za-z]:){SEGMENTS}"
LONGEST_PATH = 200
MAX_NUMBER = 2**31 - 1


class StoreSchema(Schema):
    """An archive store."""

    id = Whole("The number that SPE gave it.", required=True, dump_only=True)
    name = Text("Its name.", min_length=0, required=True, dump_only=True)
    requested_state = Choice(
        STATES, "The state it is meant to have.", required=True, dump_only=True
    )
    error = Text("What is wrong with it; null if nothing is.", allow_none=True, dump_only=True)
    statistics_count = Whole("Messages in it.", allow_none=True, dump_only=True)
    statistics_size = Whole("Its size in bytes.", allow_none=True, dump_only=True)
    needs_upgrade = Flag("Whether its database format is old.", allow_none=True, dump_only=True)
    search_indexes_need_rebuild = Flag(
        "Whether its search indexes must be rebuilt.", allow_none=True, dump_only=True
    )
    database_path = Text("Where its database lies; for operators.", min_length=0, dump_only=True)
    content_path = Text(
        "Where its content lies; for operators.", min_length=0, allow_none=True, dump_only=True
    )
    index_path = Text(
        "Where its indexes lie; for operators.", min_length=0, allow_none=True, dump_only=True
    )


class StoreCreateSchema(Schema):
    """A store to be made."""

    name = Text("Its name.", max_length=255, required=True)
    requested_state = Choice(STATES, "The state it is meant to have.")


class StoreAttachSchema(Schema):
    """A store that lies on disk already."""

    name = Text("Its name.", max_length=255, required=True)
    database_path = Text(
        r"Where its database lies; `~` is the instance's base directory.",
        max_length=LONGEST_PATH,
        pattern=STORE_DIRECTORY,
        required=True,
    )
    content_path = Text("Where its content lies.", max_length=LONGEST_PATH, pattern=STORE_DIRECTORY)
    index_path = Text("Where its indexes lie.", max_length=LONGEST_PATH, pattern=STORE_DIRECTORY)
    requested_state = Choice(STATES, "The state it is meant to have.")


class StorePatchSchema(Schema):
    """What changes of a store; what is left out stays."""

    name = Text("Its new name.", max_length=255)
    requested_state = Choice(STATES, "The state it is meant to have.")
    database_path = Text(
        "Where its database lies now; for operators, and of a disabled store.",
        max_length=LONGEST_PATH,
        pattern=STORE_DIRECTORY,
    )
    content_path = Text(
        "Where its content lies now; with `databasePath`.",
        max_length=LONGEST_PATH,
        pattern=STORE_DIRECTORY,
    )
    index_path = Text(
        "Where its indexes lie now; with `databasePath`.",
        max_length=LONGEST_PATH,
        pattern=STORE_DIRECTORY,
    )


class StoreDetachmentSchema(Schema):
    """A store that the instance does not know any more."""

    id = Whole("The number that it had.", required=True, dump_only=True)
    name = Text("The name that it had.", min_length=0, required=True, dump_only=True)
    data_remains = Flag("Always true: its data stays on disk.", required=True, dump_only=True)
    database_path = Text("Where; for operators.", min_length=0, dump_only=True)


class StoreRunSchema(Schema):
    """The end of work on archive stores."""

    finished = Flag("Always true: it ran to its end.", required=True, dump_only=True)
    log = Text("What SPE logged.", min_length=0, required=True, dump_only=True)


class StoreVerificationRequestSchema(Schema):
    """What is verified."""

    include_indexes = Flag("Also the search indexes.", load_default=False)


class StoreUnlockSchema(Schema):
    """What unlocks a store."""

    passphrase = Secret("Of the recovery key.", max_length=1024, required=True)


class StoreRecoverySchema(Schema):
    """How a store is recovered from its recovery records."""

    encryption_key = Secret("Of the store, where it is encrypted.", max_length=1024)
    recover_deleted_messages = Flag("Also messages that were deleted.")


class StoreMergeSchema(Schema):
    """Which store goes into another."""

    source_id = Whole(
        "The store whose messages move.",
        least=1,
        most=MAX_NUMBER,
        required=True,
    )


class StoreTransferSchema(Schema):
    """Which messages are copied where."""

    source_stores = ListOf(
        Whole(least=1, most=MAX_NUMBER),
        "The numbers of the stores that are copied.",
        min_items=1,
        max_items=100,
        required=True,
    )
    target_store = Whole(
        "Where to; left out, the store in the state `current`.", least=1, most=MAX_NUMBER
    )
    start_index = Text(
        "`store:message` from which on, to go on with a transfer.",
        max_length=30,
        pattern=r"[1-9][0-9]{0,9}:[0-9]{1,18}",
    )


class StoreAutoCreationSchema(Schema):
    """When SPE makes a new store by itself."""

    size_threshold = Text(
        "The size at which the current store gets a successor, as SPE writes it; null for never.",
        max_length=30,
        pattern=r"[0-9]+(?:\.[0-9]+)? ?[A-Za-z]{0,2}",
        allow_none=True,
        required=True,
    )
    base_directory = Text(
        "Where new stores lie; for operators.",
        max_length=LONGEST_PATH,
        pattern=rf"(?:~|[A-Za-z]:)(?:{SEGMENTS})?\\?",
        allow_none=True,
    )
    content_base_directory = Text(
        "Where their content lies; for operators.",
        max_length=LONGEST_PATH,
        pattern=rf"(?:~|[A-Za-z]:)(?:{SEGMENTS})?\\?",
        allow_none=True,
    )
    index_base_directory = Text(
        "Where their indexes lie; for operators.",
        max_length=LONGEST_PATH,
        pattern=rf"(?:~|[A-Za-z]:)(?:{SEGMENTS})?\\?",
        allow_none=True,
    )
