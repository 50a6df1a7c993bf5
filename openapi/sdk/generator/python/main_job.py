"""The main job with the SDK for Python that openapi-generator makes, and an example of its use."""

import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from typing import Any, Final, TypeVar

import urllib3
from spe_gateway_urllib3 import (
    ApiClient,
    ApiException,
    CertificateTrust,
    ClientCreate,
    ClientsApi,
    Configuration,
    DeploymentCreate,
    DeploymentsApi,
    InstanceCreate,
    InstancesApi,
    OauthApi,
    Operation,
    OperationsApi,
    Probe,
    ResellerCreate,
    ResellersApi,
    StoreCreate,
    StoresApi,
    StoreVerificationRequest,
    UserCreate,
)
from spe_gateway_urllib3.exceptions import NotFoundException

GIVEN: Final = os.environ  # noqa: TID251 # a program of a user's, it has no settings of ours
TRIES: Final = 10
Answer = TypeVar("Answer")
FINAL: Final = ("succeeded", "failed", "cancelled", "unknown")


def main() -> None:
    """Do the main job."""
    operator = signed_in(GIVEN["OPERATOR_CLIENT_ID"], GIVEN["OPERATOR_CLIENT_SECRET"])
    tell("signed-in")
    tell("registered", deployment=registered(operator))
    first, second = (reseller(operator, name) for name in ("Northwind IT", "Southside Hosting"))
    tell("resellers")
    instance = created(first)
    tell("created", instance=instance)
    tell("verified", status=verified(first, instance))
    require_absent(second, instance)
    tell("absent")
    listed = patiently(lambda: InstancesApi(operator).list()).items
    require(instance in [each.id for each in listed], "The operator sees the instance")
    tell("seen")


def signed_in(client_id: str, secret: str) -> ApiClient:
    """Return a client with a token of its own."""
    api = ApiClient(Configuration(host=GIVEN["GATEWAY_URL"]))
    token = patiently(
        lambda: OauthApi(api).create_token(
            "client_credentials", client_id=client_id, client_secret=secret
        )
    )
    api.configuration.access_token = token.access_token
    return api


def registered(operator: ApiClient) -> str:
    """Register the deployment, pinned to the certificate that was looked at before."""
    host, port = GIVEN["SPE_HOST"], int(GIVEN["SPE_PORT"])
    found = patiently(lambda: DeploymentsApi(operator).probe(Probe(host=host, port=port))).sha256
    require(found.upper() == GIVEN["SPE_THUMBPRINT"].upper(), "The thumbprint is the right one")
    wanted = DeploymentCreate(
        name=GIVEN["SPE_NAME"],
        host=host,
        port=port,
        userName=GIVEN["SPE_USER"],
        password=GIVEN["SPE_PASSWORD"],
        certificate=CertificateTrust(pin=found),
    )
    key = str(uuid.uuid4())
    made = patiently(lambda: DeploymentsApi(operator).create(wanted, idempotency_key=key))
    return str(made.id)


def reseller(operator: ApiClient, name: str) -> ApiClient:
    """Make a reseller with an API client, and sign that in."""
    key = str(uuid.uuid4())
    made = patiently(
        lambda: ResellersApi(operator).create(ResellerCreate(name=name), idempotency_key=key)
    )
    portal = ClientCreate(name="Portal", reseller=made.id, roles=["reseller-admin"])
    client = patiently(lambda: ClientsApi(operator).create(portal, idempotency_key=key))
    return signed_in(client.client_id, str(client.client_secret))


def created(portal: ApiClient) -> str:
    """Make an instance with a store and a user; return its id."""
    wanted = InstanceCreate(
        instanceID=GIVEN["SPE_NAME"],
        displayName="Acme Corporation",
        archiveAdmin=True,
        store=StoreCreate(name="Mail"),
        users=[UserCreate(userName="jane.doe", password="correct horse")],  # noqa: S106 # an example
    )
    key = str(uuid.uuid4())
    answer = patiently(lambda: InstancesApi(portal).create(wanted, idempotency_key=key))
    return str(finished(portal, answer)["id"])


def verified(portal: ApiClient, instance: str) -> str:
    """Verify the first store of an instance; return how it ended."""
    stores = finished(portal, patiently(lambda: StoresApi(portal).list(instance)))["items"]
    key = str(uuid.uuid4())
    store = stores[0]["id"]
    begun = patiently(
        lambda: StoresApi(portal).verify(
            instance, store, StoreVerificationRequest(), prefer="wait=0", idempotency_key=key
        )
    )
    return str(followed(portal, going_on(begun)).status)


def going_on(answer: object) -> Operation:
    """Return the operation that a 202 is; annotations of the SDK name the other answers only."""
    if not isinstance(answer, Operation):
        sys.exit("This should go on as an operation, and is done.")
    return answer


def require_absent(portal: ApiClient, instance: str) -> None:
    """Another reseller's instance is not there."""
    require(not patiently(lambda: InstancesApi(portal).list()).items, "The list is empty")
    try:
        patiently(lambda: InstancesApi(portal).get(instance))
    except NotFoundException as error:
        problem = error.data
        require(problem is not None and problem.code == "NOT_FOUND", "The instance is absent")
    else:
        require(False, "The instance is absent")  # noqa: FBT003 # it says what failed


def finished(api: ApiClient, answer: Any) -> dict[str, Any]:  # noqa: ANN401 # a model of the SDK
    """Return what a call gave at last, as JSON: now, or by its operation if it was a 202."""
    if not isinstance(answer, Operation):
        return dict(json.loads(answer.to_json()))
    return dict(followed(api, answer).result or {})


def followed(api: ApiClient, operation: Operation) -> Operation:
    """Return an operation at its end, which must be a success."""
    while operation.status not in FINAL:
        number = operation.id
        operation = patiently(lambda: OperationsApi(api).get(number, prefer="wait=20"))  # noqa: B023 # called at once
    require(operation.status == "succeeded", f"The operation ends well: {operation.problem}")
    return operation


def patiently(call: Callable[[], Answer]) -> Answer:
    """Call, and again after 429, 503 or a lost answer; a change has its Idempotency-Key."""
    for _ in range(TRIES):
        try:
            return call()
        except ApiException as error:
            if error.status not in {429, 503}:
                raise
            pause = float((error.headers or {}).get("Retry-After", 1))
        except urllib3.exceptions.HTTPError:
            pause = 0.1
        time.sleep(pause)
    return call()


def require(is_so: bool, what: str) -> None:  # noqa: FBT001 # reads as a sentence
    """End with a message if something is not so."""
    if not is_so:
        sys.exit(f"This should be so, and is not: {what}.")


def tell(step: str, **more: object) -> None:
    """Print a step as a line of JSON."""
    print(json.dumps({"step": step, **more}), flush=True)  # noqa: T201 # a program


if __name__ == "__main__":
    main()
