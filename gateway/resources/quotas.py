"""Quotas of a reseller: what it and all below it may have together, and what they have."""

from typing import Any

from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.quotas import Standing
from gateway.storage.quotas import Limits
from gateway.web import etags
from gateway.web.api import Blueprint
from gateway.web.door import services
from gateway.web.fields import Id, Part, Whole
from gateway.web.hooks import caller
from gateway.web.operation import operation
from gateway.web.schemas import Schema

blp = Blueprint(
    "quotas", __name__, description=__doc__, url_prefix="/resellers/<res:reseller>/quotas"
)

MOST = 2**31 - 1


def _limit(what: str, **options: Any) -> Whole:  # noqa: ANN401 # options of a field
    return Whole(
        f"{what}; null lifts the limits above, left out inherits them.",
        most=MOST,
        allow_none=True,
        **options,
    )


class QuotaLimitsSchema(Schema):
    """Limits on what a reseller and all below it have together; 0 allows none."""

    instances = _limit("Instances, with those in their days of grace")
    users = _limit("Users of all instances")
    stores = _limit("Archive stores of all instances")
    concurrent_operations = _limit(
        "Changing operations that have not ended", attribute="concurrentOperations"
    )


class QuotaBoundSchema(Schema):
    """The limit that is felt first."""

    available = Whole("How many more it allows.", required=True, dump_only=True)
    limit = Whole("The limit; null for one above you.", allow_none=True, dump_only=True)
    used = Whole("How much is used of it; null for one above you.", allow_none=True, dump_only=True)
    reseller = Id("res", "Whose limit it is; null for one above you.", allow_none=True)


class QuotaUseSchema(Schema):
    """The use of one resource."""

    used = Whole("How much the reseller and all below it have.", required=True, dump_only=True)
    effective = Part(
        QuotaBoundSchema,
        "Of all limits that count, its own and those above, the one with the least room; null "
        "when there is none.",
        required=True,
        allow_none=True,
        dump_only=True,
    )


class QuotaUsageSchema(Schema):
    """The use of each resource."""

    instances = Part(QuotaUseSchema, "Instances.", required=True, dump_only=True)
    users = Part(QuotaUseSchema, "Users, as admitted or last seen.", required=True, dump_only=True)
    stores = Part(
        QuotaUseSchema, "Archive stores, as admitted or last seen.", required=True, dump_only=True
    )
    concurrent_operations = Part(
        QuotaUseSchema,
        "Changing operations that have not ended.",
        attribute="concurrentOperations",
        required=True,
        dump_only=True,
    )


class QuotasSchema(Schema):
    """Limits and use of a reseller."""

    limits = Part(QuotaLimitsSchema, "Its own limits.", required=True, dump_only=True)
    usage = Part(QuotaUsageSchema, "What it has.", required=True, dump_only=True)


class QuotasReplacementSchema(Schema):
    """All limits of a reseller; what is left out is inherited."""

    limits = Part(QuotaLimitsSchema, "Its own limits.", required=True)


def tag_of(limits: Limits) -> str:
    """Return the entity tag: over the limits, not over the use."""
    return etags.etag_of({str(each): limit for each, limit in limits.items()})


def tagged(found: Standing) -> tuple[Standing, dict[str, str]]:
    """Return what the schema dumps, and the entity tag."""
    return found, {"ETag": tag_of(found.limits)}


def check(limits: Limits) -> None:
    """Check the request's ``If-Match`` against the limits that there are."""
    etags.check_if_match(tag_of(limits))


@blp.route("")
class Quotas(MethodView):
    """The quotas."""

    @operation(blp, "getQuotas", permission=Permission.RESELLERS_READ)
    @blp.response(200, QuotasSchema, headers={"ETag": "ETag"})
    def get(self, reseller: str) -> tuple[Standing, dict[str, str]]:
        """Show limits and use of a reseller, and which limit it will feel first.

        Of a limit of a reseller above you only what is left is told.
        """
        return tagged(services().quotas.of(caller(), reseller))

    @operation(
        blp,
        "setQuotas",
        permission=Permission.RESELLERS_UPDATE,
        errors=(409, 412),
        parameters=("IfMatch",),
    )
    @blp.arguments(
        QuotasReplacementSchema, example={"limits": {"instances": 50, "concurrentOperations": 5}}
    )
    @blp.response(200, QuotasSchema, headers={"ETag": "ETag"})
    def put(self, body: dict[str, Any], reseller: str) -> tuple[Standing, dict[str, str]]:
        """Replace all limits of a reseller below your own.

        A limit is shared by all below; it may be larger than one above, which counts too. Null
        lifts the limits above for the reseller and all below it, and needs resellers:unlimited.
        A limit below what is used takes nothing away; it allows nothing more.
        """
        return tagged(services().quotas.replace(caller(), reseller, body["limits"], check))
