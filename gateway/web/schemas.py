"""The base of all schemas, and those that every resource shares.

A schema's component name in the contract is its class name; two of one name, or a schema
cut down with ``only``, ``exclude`` or ``partial``, are refused, because generated clients
would get types called ``Store1``.
"""

from functools import cache
from typing import Any, Self, cast

import marshmallow as ma

from gateway.errors import DeclarationError
from gateway.web.fields import Fault, Flag, Id, ListOf, Part, Text, Time, Whole

DEFAULT_LIMIT = 50
MAX_LIMIT = 500

_DECLARED: dict[str, str] = {}


@cache
def whole(schema: type[ma.Schema]) -> ma.Schema:
    """Return the one instance of a schema: making one takes longer than what it does."""
    return schema()


class Schema(ma.Schema):
    """An object with camelCase keys that refuses what it does not know.

    A key is the field's name in camelCase unless ``data_key`` says otherwise. The class's
    docstring is its description in the contract.
    """

    error_messages: dict[str, str] = {  # noqa: RUF012 # marshmallow declares it so
        "type": Fault("This must be an object.", "WRONG_TYPE"),
        "unknown": Fault("This field is not known.", "UNKNOWN_FIELD"),
    }

    class Meta:
        """Marshmallow's options."""

        unknown = ma.RAISE

    def __init__(
        self,
        *,
        only: ma.types.StrSequenceOrSet | None = None,
        exclude: ma.types.StrSequenceOrSet = (),
        partial: bool | ma.types.StrSequenceOrSet | None = None,
        **options: Any,  # noqa: ANN401 # marshmallow's
    ) -> None:
        """Make the schema whole; one that is cut down would need an invented name.

        Raises:
            DeclarationError: it is to be cut down.
        """
        if only is not None or exclude or partial:
            raise DeclarationError(f"{type(self).__name__}, cut down: write a schema of its own.")
        super().__init__(**options)

    def __init_subclass__(cls, **kwargs: Any) -> None:  # noqa: ANN401 # marshmallow's signature
        super().__init_subclass__(**kwargs)
        claim_name(component_name(cls), f"{cls.__module__}.{cls.__qualname__}")

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return itself: nothing changes a schema, and flask-smorest copies all it documents."""
        del memo
        return self

    def get_attribute(self, obj: object, attr: str, default: object) -> object:
        """Return a value of what is dumped; most are dictionaries, which need no second look."""
        if isinstance(obj, dict):
            return obj.get(attr, default)
        return super().get_attribute(obj, attr, default)

    def on_bind_field(self, field_name: str, field_obj: ma.fields.Field[Any]) -> None:
        """Give the field its key."""
        field_obj.data_key = field_obj.data_key or camel_case(field_name)


def component_name(schema: type[ma.Schema]) -> str:
    """Return the name of a schema class in the contract."""
    return schema.__name__.removesuffix("Schema")


def claim_name(name: str, owner: str) -> None:
    """Reserve a component name.

    Raises:
        DeclarationError: another class has it.
    """
    if _DECLARED.setdefault(name, owner) != owner:
        raise DeclarationError(f"{owner} and {_DECLARED[name]} are both called {name}.")


def camel_case(name: str) -> str:
    """Return ``display_name`` as ``displayName``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


class Page(Schema):
    """A page of a list. Subclass it with an ``items`` field and a name of your own."""

    next_cursor = Text(
        "Pass it as `cursor` for the next page; null on the last one. A page before may be "
        "short, or empty: ask on until this is null.",
        dump_only=True,
        allow_none=True,
        required=True,
    )


def page_of(item: type[Schema], name: str = "") -> type[Page]:
    """Return the schema of a page: ``{items, nextCursor}``.

    Args:
        item: the schema of one item.
        name: of the component; by default the item's name and ``Page``.
    """
    name = name or component_name(item) + "Page"
    items = ListOf(Part(item), "Those of this page.", dump_only=True, required=True)
    doc = f"A page of {component_name(item)} objects."
    members = {"items": items, "__doc__": doc, "__module__": item.__module__}
    return cast("type[Page]", type(name, (Page,), members))


class Paging(Schema):
    """The query parameters of every list; subclass it to add filters."""

    limit = Whole(
        f"At most so many items; more than {MAX_LIMIT} is lowered to {MAX_LIMIT}.",
        least=1,
        load_default=DEFAULT_LIMIT,
    )
    cursor = Text("`nextCursor` of the page before.", max_length=2048)

    @ma.post_load
    def lower_limit(self, data: dict[str, Any], **_: object) -> dict[str, Any]:
        """Lower the limit to the largest page."""
        return {**data, "limit": min(data["limit"], MAX_LIMIT)}


class Validation(Schema):
    """Whether to try only; subclass it to add parameters."""

    validate_only = Flag(
        "`true`: make every check, answer 204, or what was found out, or what it would be refused "
        "with, and change nothing: nothing is reserved for the call itself.",
        load_default=False,
    )


class NoFields(Schema):
    """An object without fields."""


class InputFault(Schema):
    """One fault in the input."""

    pointer = Text(
        "Where: an RFC 6901 pointer into the body, or `/query/<name>`, `/headers/<name>`.",
        required=True,
        dump_only=True,
    )
    code = Text("Which fault; stable.", required=True, dump_only=True)
    detail = Text("In words.", required=True, dump_only=True)


class UpstreamFault(Schema):
    """What the deployment said; operators only."""

    deployment = Text("Id of the deployment.", dump_only=True)
    command = Text("The Management API command.", dump_only=True)
    message = Text("The deployment's own words.", dump_only=True)


class ProblemStep(Schema):
    """One command of a failed operation."""

    command = Text("The Management API command.", required=True, dump_only=True)
    status = Text("How far it came.", required=True, dump_only=True)


class PlacementReason(Schema):
    """Why a place was not taken."""

    code = Text("Which reason; stable.", required=True, dump_only=True)
    detail = Text("In words.", required=True, dump_only=True)


class PlacementVerdict(Schema):
    """A deployment that was not taken; its name and how full it is are for operators."""

    deployment = Text("Its id.", required=True, dump_only=True)
    deployment_name = Text("Its name.", dump_only=True)
    capacity = Whole("How many instances it may have.", allow_none=True, dump_only=True)
    instances = Whole("How many it has.", dump_only=True)
    running = Whole("How many of them ran when they were last seen.", dump_only=True)
    reasons = ListOf(Part(PlacementReason), "Every reason.", required=True, dump_only=True)


class UsageGapSchema(Schema):
    """A stretch of time in which the licences of a deployment were not read."""

    deployment = Id("dep", "Which.", required=True, dump_only=True)
    since = Time("From when on.", data_key="from", required=True, dump_only=True)
    until = Time("Up to when.", data_key="to", required=True, dump_only=True)
    problem = Text(
        "Why: the code of the error that came instead; `NOT_READ` where nobody asked.",
        required=True,
        dump_only=True,
    )


class UsageCompletenessSchema(Schema):
    """How well the deployments concerned were watched."""

    expected = Whole(
        "How many readings of licences there should be.", required=True, dump_only=True
    )
    readings = Whole("How many there are.", required=True, dump_only=True)
    gaps = ListOf(
        Part(UsageGapSchema),
        "Where they are missing; empty is complete.",
        required=True,
        dump_only=True,
    )


class Problem(Schema):
    """An error, as in RFC 9457."""

    type = Text(
        "The kind of problem: a reference to its description.", required=True, dump_only=True
    )
    title = Text("The kind in words; the same for every occurrence.", required=True, dump_only=True)
    status = Whole("The HTTP status.", required=True, dump_only=True)
    detail = Text("What happened here, and what to do.", required=True, dump_only=True)
    instance = Text("The path that was called.", required=True, dump_only=True)
    code = Text("Stable name of the kind, for programs.", required=True, dump_only=True)
    request_id = Text("Names this request in our logs.", required=True, dump_only=True)
    retryable = Flag("Whether the same request may be sent again.", required=True, dump_only=True)
    errors = ListOf(Part(InputFault), "Each fault in the input.", dump_only=True)
    permission = Text("The missing permission.", dump_only=True)
    operation = Text("Id of the operation that is in progress, or failed.", dump_only=True)
    steps = ListOf(Part(ProblemStep), "What of a failed operation was done.", dump_only=True)
    upstream = Part(UpstreamFault, "What the deployment said; operators only.", dump_only=True)
    not_taken = ListOf(
        Part(PlacementVerdict),
        "Each deployment that may be used, and why it cannot take the instance.",
        dump_only=True,
    )
    resource = Text("What the quota is of that does not allow it.", dump_only=True)
    limit = Whole("That quota.", dump_only=True)
    used = Whole("How much of it is used.", dump_only=True)
    gaps = ListOf(Part(UsageGapSchema), "Where readings are missing.", dump_only=True)
    oldest = Whole("The number of the oldest event that is kept.", dump_only=True)
    reseller = Text(
        "Whose quota it is; left out with its figures for a reseller above you.", dump_only=True
    )
