"""What an archive does on its deployment: started, deleted, undeleted, purged, and its inside."""

from collections.abc import Callable
from typing import Any

from tests.model.calls import Call, Ref
from tests.model.rules import ACTIVE, Object, Rules, refuse

INSIDE = {"store": ("_stores", "id", "name"), "user": ("_users", "userName", "fullName")}
UP = ("running", "safeMode")
ACTIONS: dict[str, tuple[tuple[str, ...], Object]] = {  # what SPE demands, and what follows on it
    "start": (ACTIVE, {"stopped": "running"}),
    "stop": (ACTIVE, dict.fromkeys(ACTIVE, "stopped")),
    "restart": (ACTIVE, dict.fromkeys(ACTIVE, "running")),
    "freeze": (("running",), {"running": "frozen"}),
    "thaw": (("frozen",), {"frozen": "running"}),
}
UPSTREAM = frozenset({"displayName", "alias", "startMode"})


class Life(Rules):
    """The rules of single instances, for callers who see them and may do that."""

    line: Callable[[Ref], tuple[Ref, ...]]
    reserve: Callable[..., None]

    def begin(self, who: Object, call: Call, i: Object) -> None:
        """From here on the deployment is asked; a change is an operation that stays."""
        self.now.at, handle = i["id"], Ref(f"o{len(self.operations)}")
        about = {"instance": i["id"], "deployment": i["deployment"], "createdBy": who["id"]}
        row = {"id": handle, "kind": call.name, "status": "succeeded", **about}
        if not call.row.reads:
            self.operations[handle] = row | {"_line": self.line(i["reseller"])}

    def furnished(self, i: Object) -> Object:
        """Return how an instance begins; what is asked for of its inside is taken off."""
        users, access, store = i.pop("users", []), i.pop("archiveAdmin", False), i.pop("store", {})
        start = i.pop("start", True)
        refuse((users and not access) or (not start and (access or store)), 422, "INVALID_INPUT")
        inside = {"_stores": dict.fromkeys(range(1, 1 + len(store)), store.get("name"))}
        inside |= {"_users": {user["userName"]: user.get("fullName") for user in users}}
        state = {"status": "running" if start else "stopped", "_access": access}
        return inside | state | {"_last": len(store)}

    def update_instance(self, who: Object, call: Call, i: Object) -> Object:
        labels = {**i["labels"], **call.body.get("labels", {})}
        body = call.body | {"labels": {k: text for k, text in labels.items() if text is not None}}
        if body.keys() & UPSTREAM:
            refuse(i["status"] == "deleted", 409, "CONFLICT")
            self.reserve(i, body.get("alias"))
            self.begin(who, call, i)
            running = i["status"] != "stopped"
            refuse(running and not call.query.get("restart"), 409, "INSTANCE_NOT_STOPPED")
            i["status"] = "running" if running else "stopped"
        i |= body
        return i

    def act(self, who: Object, call: Call, i: Object) -> Object:
        refuse(i["status"] == "deleted", 409, "CONFLICT")
        self.begin(who, call, i)
        demanded, after = ACTIONS[call.rule.partition("_")[0]]
        refuse(i["status"] not in demanded, 409, "CONFLICT")
        safe = call.body and call.body["safeMode"] and i["status"] == "stopped"
        i["status"] = "safeMode" if safe else after.get(i["status"], i["status"])
        return i

    def delete_instance(self, who: Object, call: Call, i: Object) -> Object:
        refuse(i["status"] == "deleted", 409, "CONFLICT")
        self.begin(who, call, i)
        status = "stopped" if i["status"] == "stopped" else "running"
        i |= {"_back": {"startMode": i["startMode"], "status": status}}
        i |= {"startMode": "disabled", "status": "deleted"}
        return i

    def undelete_instance(self, who: Object, call: Call, i: Object) -> Object:
        refuse(i["status"] != "deleted", 409, "CONFLICT")
        self.begin(who, call, i)
        i |= i["_back"]
        return i

    def purge_instance(self, who: Object, call: Call, i: Object) -> Object:
        refuse(i["status"] != "deleted", 409, "CONFLICT")
        refuse(call.body["instanceID"] != i["instanceID"], 422, "INVALID_INPUT")
        self.begin(who, call, i)
        i["status"] = "purged"
        for held in self.names.values():
            held["_buried"] |= held["id"] == i["id"]
        return {"id": i["id"], "status": "purged", "dataRemains": True}

    # what is inside of them

    def enter(self, who: Object, call: Call, i: Object) -> tuple[Object, Any, str, str]:
        noun = call.rule.partition("_")[2]
        place, key, text = INSIDE.get(noun.rstrip("s"), ("_switch", "", "enabled"))
        one = call.on.get(noun)
        refuse(i["status"] == "deleted", 409, "CONFLICT")
        self.begin(who, call, i)
        refuse(i["status"] not in UP, 409, "INSTANCE_NOT_RUNNING")
        closed = place == "_users" and not i["_access"]
        refuse(closed, 409, "SERVICE_PROVIDER_ACCESS_OFF")
        refuse(one is not None and one not in i[place], 404, "NOT_FOUND")
        return i.get(place, {}), one, key, text

    def list_inside(self, who: Object, call: Call, i: Object) -> dict[Any, Object]:
        table, _, key, text = self.enter(who, call, i)
        own = {"$archiveadmin": {key: "$archiveadmin"}} if key == "userName" else {}
        return own | {name: {key: name, text: said} for name, said in table.items()}

    def get_inside(self, who: Object, call: Call, i: Object) -> Object:
        table, one, key, text = self.enter(who, call, i)
        return {key: one, text: table[one]}

    def verify_inside(self, who: Object, call: Call, i: Object) -> None:
        self.enter(who, call, i)

    def create_inside(self, who: Object, call: Call, i: Object) -> Object:
        body = call.body
        refuse(body.get("userName", "").startswith("$"), 422, "INVALID_INPUT")
        table, _, key, text = self.enter(who, call, i)
        i["_last"] += key == "id"
        one = body.get(key, i["_last"])
        refuse(one in table, 409, "NAME_TAKEN")
        table[one] = body.get(text)
        return {key: one, text: table[one]}

    def update_inside(self, who: Object, call: Call, i: Object) -> Object:
        table, one, key, text = self.enter(who, call, i)
        table[one] = call.body.get(text, table[one])
        return {key: one, text: table[one]}

    def delete_inside(self, who: Object, call: Call, i: Object) -> None:
        table, one, *_ = self.enter(who, call, i)
        del table[one]

    detach_inside = delete_inside

    def get_archive_admin(self, who: Object, call: Call, i: Object) -> Object:
        self.enter(who, call, i)
        i["_access"] = (call.body or {}).get("enabled", i["_access"])
        return {"enabled": i["_access"]}

    set_archive_admin = get_archive_admin
