"""What the resellers above leave to those below: rights, places, numbers, and acting at all."""

from tests.model.calls import Call, Ref
from tests.model.roles import ALL, WIDE, bound
from tests.model.rules import Object, demand, refuse

ROOT, DEPLOYMENTS = Ref("r0"), (Ref("d0"), Ref("d1"))


class Bounds:
    """The rules of the tree of resellers."""

    resellers: dict[Ref, Object]
    instances: dict[Ref, Object]

    def line(self, reseller: Ref) -> tuple[Ref, ...]:
        parent = self.resellers[reseller]["parent"]
        return (*(self.line(parent) if parent else ()), reseller)

    def most(self, reseller: Ref) -> frozenset[str]:
        above = [self.resellers[each] for each in self.line(reseller)]
        return (ALL if reseller == ROOT else ALL - WIDE).intersection(*map(bound, above))

    def is_suspended(self, reseller: Ref) -> bool:
        return any(self.resellers[each].get("_suspended") for each in self.line(reseller))

    def open_to(self, reseller: Ref) -> list[Ref]:
        bounds = [self.resellers[each].get("deployments") for each in self.line(reseller)]
        return [d for d in DEPLOYMENTS if all(b is None or d in b for b in bounds)]

    def suspend_reseller(self, who: Object, call: Call, one: Object) -> Object:
        refuse(one["id"] == who["reseller"], 409, "CONFLICT")
        one["_suspended"] = call.name == "suspendReseller"
        return one

    resume_reseller = suspend_reseller

    def set_quotas(self, who: Object, call: Call, one: Object) -> Object:
        refuse(one["id"] == who["reseller"], 409, "CONFLICT")
        limits, before = call.body["limits"], one.get("_limits", {})
        lifted = {
            name for name in limits if limits[name] is None and before.get(name, 0) is not None
        }
        demand({"resellers:unlimited"} - who["may"] if lifted else ())
        one["_limits"] = limits
        return {"limits": limits}

    def pools(self, reseller: Ref) -> dict[Ref, int]:
        """The limits that count for a reseller; one that is lifted ends those above it."""
        limits = {each: self.resellers[each].get("_limits", {}) for each in self.line(reseller)}
        own = {each: limit["instances"] for each, limit in limits.items() if "instances" in limit}
        lifted = [number for number, limit in enumerate(own.values(), 1) if limit is None]
        return dict([*own.items()][max(lifted, default=0) :])

    def admit(self, owner: Ref, *former: Ref) -> None:
        mine = {pool for each in former for pool in self.pools(each)}
        alive = [
            self.line(i["reseller"]) for i in self.instances.values() if i["status"] != "purged"
        ]
        for pool, limit in self.pools(owner).items():
            full = sum(pool in line for line in alive) >= limit
            refuse(full and pool not in mine, 403, "QUOTA_EXCEEDED")
