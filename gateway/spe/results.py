"""What the results must be from which something follows: rules compare, merge and store them.

A result that is only shown is held against the contract of its answer instead.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from gateway.errors import ReplyInvalid
from gateway.spe.command import INSTANCE_FILTER, Command

Types = Mapping[str, type]


@dataclass(frozen=True)
class Form:
    """What a result is made of; members that are not named may be anything.

    Attributes:
        needed: members that every object has.
        optional: members that are of this type unless they are null or left out.
        is_list: the result is a list of objects, else it is one.
    """

    needed: Types = field(default_factory=dict)
    optional: Types = field(default_factory=dict)
    is_list: bool = True

    def allows(self, result: object) -> bool:
        """Whether a result has the form."""
        if not self.is_list:
            return self._allows_object(result)
        return isinstance(result, list) and all(self._allows_object(each) for each in result)

    def _allows_object(self, found: object) -> bool:
        if not isinstance(found, dict):
            return False
        for name, kind in self.needed.items():
            if type(found.get(name)) is not kind:
                return False
        for name, kind in self.optional.items():
            if found.get(name) is not None and type(found[name]) is not kind:
                return False
        return True


FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {
        "GetInstances": Form(
            {"instanceID": str},
            {"status": str, "startMode": str, "startStopError": str, "processID": int},
        ),
        "GetInstanceConfiguration": Form(
            optional={"displayName": str, "alias": str, "startMode": str, "baseDirectory": str},
            is_list=False,
        ),
        "GetArchiveAdminEnabled": Form(is_list=False),
        "GetStores": Form({"id": int}, {"name": str, "databasePath": str}),
        "GetUsers": Form({"userName": str}),
        "GetUserInfo": Form(optional={"userName": str, "privileges": list}, is_list=False),
        "GetJobs": Form({"id": int}, {"name": str, "action": str}),
        "GetProfiles": Form({"id": int}),
        "GetCredentials": Form({"ID": int}, {"Type": str, "Description": str, "Settings": dict}),
        "GetCredential": Form(
            optional={"Type": str, "Description": str, "Settings": dict}, is_list=False
        ),
        "GetInstanceHosts": Form({"serverName": str}),
        "GetClientAccessServers": Form({"serverName": str}),
        "GetSystemAdministrators": Form({"userName": str}),
    }
)
"""By command."""


def require_form(command: Command, arguments: Mapping[str, Any], result: object) -> None:
    """Refuse a result from which nothing may follow.

    Args:
        command: that was carried out.
        arguments: what it was given; a filter names the one instance that may be answered.
        result: what SPE returned.

    Raises:
        ReplyInvalid: it has another form, or is about another instance.
    """
    form = FORMS.get(command.name)
    if form is None:
        return
    if not form.allows(result):
        raise ReplyInvalid(f"The deployment's answer to {command.name} has another form.")
    wanted = arguments.get(INSTANCE_FILTER.name)
    rows = result if isinstance(result, list) and wanted is not None else []
    if any(row.get("instanceID") != wanted for row in rows):
        raise ReplyInvalid("The deployment answered about another instance.")
