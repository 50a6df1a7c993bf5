"""What users prove themselves with: passwords, second factors, app passwords.

An administrator's are changed by those only who could make one: they need users:admin too.
"""

from typing import Any

from flask import Response
from flask.views import MethodView

from gateway.access.permissions import Permission
from gateway.broker.engine.plan import Invocation
from gateway.model import Operation
from gateway.resources.users import context_of, guarded, require_ordinary
from gateway.resources.users_schemas import UserMfaSchema, UserPasswordSchema
from gateway.spe.command import Command
from gateway.spe.commands.users import (
    DELETE_APP_PASSWORDS,
    DISABLE_MFA,
    GET_USER_INFO,
    INITIALIZE_MFA,
    SET_USER_PASSWORD,
)
from gateway.web.api import Blueprint
from gateway.web.door import NO_CONTENT, answer, object_of, services
from gateway.web.hooks import caller
from gateway.web.operation import operation

blp = Blueprint(
    "user-credentials",
    __name__,
    description=__doc__,
    url_prefix="/instances/<ins:instance>/users/<name:user>",
)


def mfa_shape(found: Operation) -> dict[str, Any]:
    """Return what InitializeMFA gave and the state that followed."""
    _, set_up, read = found.steps
    return {"mfaStatus": object_of(read.result).get("mfaStatus"), "setup": set_up.result}


def _done(instance: str, user: str, command: Command, **arguments: str) -> Response:
    """Carry out a command about an ordinary user that has nothing to answer."""
    require_ordinary(user, "/path/user")
    wishes = guarded(user, [Invocation(command, {"userName": user, **arguments})])
    found = services().broker.call(caller(), instance, wishes, context=context_of())
    return answer(found, NO_CONTENT)


@blp.route("/password")
class UserPassword(MethodView):
    """The password, which is never shown."""

    @operation(
        blp,
        "setUserPassword",
        permission=Permission.USERS_CREDENTIALS,
        commands=(GET_USER_INFO, SET_USER_PASSWORD),
        asynchronous=True,
        errors=(409,),
    )
    @blp.arguments(UserPasswordSchema, example={"password": "correct horse battery staple"})
    @blp.response(204)
    def put(self, body: dict[str, Any], instance: str, user: str) -> Response:
        """Set a user's password."""
        return _done(instance, user, SET_USER_PASSWORD, password=body["password"])


@blp.route("/mfa")
class UserMfa(MethodView):
    """The second factor."""

    @operation(
        blp,
        "initializeUserMfa",
        permission=Permission.USERS_CREDENTIALS,
        commands=(GET_USER_INFO, INITIALIZE_MFA),
        asynchronous=True,
        errors=(409,),
        shape=mfa_shape,
    )
    @blp.response(200, UserMfaSchema)
    def put(self, instance: str, user: str) -> Response:
        """Demand a second factor that the user sets up anew.

        One that was active is void, and so are the devices that were trusted with it.
        """
        require_ordinary(user, "/path/user")
        about = {"userName": user}
        wishes = [
            *guarded(user, [Invocation(INITIALIZE_MFA, about)]),
            Invocation(GET_USER_INFO, about),
        ]
        found = services().broker.call(caller(), instance, wishes, context=context_of())
        return answer(found)

    @operation(
        blp,
        "disableUserMfa",
        permission=Permission.USERS_CREDENTIALS,
        commands=(GET_USER_INFO, DISABLE_MFA),
        asynchronous=True,
        errors=(409,),
    )
    @blp.response(204)
    def delete(self, instance: str, user: str) -> Response:
        """Demand no second factor of a user any more."""
        return _done(instance, user, DISABLE_MFA)


@blp.route("/app-passwords")
class UserAppPasswords(MethodView):
    """The passwords of programs that cannot ask for a second factor."""

    @operation(
        blp,
        "deleteUserAppPasswords",
        permission=Permission.USERS_CREDENTIALS,
        commands=(GET_USER_INFO, DELETE_APP_PASSWORDS),
        asynchronous=True,
        errors=(409,),
    )
    @blp.response(204)
    def delete(self, instance: str, user: str) -> Response:
        """Delete all app passwords of a user; its programs must be set up anew."""
        return _done(instance, user, DELETE_APP_PASSWORDS)
