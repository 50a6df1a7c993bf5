"""Provision archives for a billing system, as a WHMCS server module does. Python 3.11 and requests.

A billing system knows services by numbers of its own and calls six functions: create, suspend,
unsuspend, change package, terminate, usage update. Here is each of them against spe-gateway. A
service's number is the ``externalId`` of its instance, so nothing has to be stored on this side.

Every function may be called again after any failure, also after the power went away in the middle:
what was done is found, and what was begun is not done twice. For that each call that changes
something has an ``Idempotency-Key`` which is made of the service's number, of what is wished for,
and of the state in which it was wished; the same wish in the same state has the same key.

To try it, write the account of a reseller's API client into a file::

    {"gateway": "http://127.0.0.1:8080", "clientId": "cli_…", "clientSecret": "…"}

The client needs the role ``reseller-admin``. Then run the whole life of a service, or one step::

    python provisioning.py --account account.json whole-flow 4711
    python provisioning.py --account account.json CreateAccount 4711 --package gold
    python provisioning.py --account account.json UsageUpdate

Right after the creation the usage of a service is null or has nulls: nothing was read yet.
"""

# ruff: noqa: INP001, T201 - a script by itself, which prints what it has done

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urljoin

import requests

JSON = dict[str, Any]
PATIENCE = 900.0
"""Seconds after which a function gives up; called again, it goes on where it was."""

WAIT = 20
"""Seconds for which the gateway may keep us waiting for an answer."""

TIMEOUT = (5.0, WAIT + 20.0)
PAUSE = 1.0
AGAIN = frozenset({408, 429, 502, 503, 504})
"""Statuses after which the same call is sent again, since every call here may be repeated."""


class Refused(Exception):
    """The gateway said no, or what it carried out failed.

    Args:
        problem: as RFC 9457 has it; ``code`` says which it is.
    """

    def __init__(self, problem: Mapping[str, Any]) -> None:
        said = problem.get("detail") or problem.get("title") or "without a reason"
        super().__init__(f"{problem.get('code', 'UNKNOWN')}: {said}")
        self.code = problem.get("code")
        self.problem = problem


class Gateway:
    """The REST API: signs in, waits for what takes long, and sends again what got lost.

    Args:
        url: of the gateway.
        client: its id.
        secret: of that client.
    """

    def __init__(self, url: str, client: str, secret: str) -> None:
        self._url = url
        self._credentials = (client, secret)
        self._session = requests.Session()
        self._renew_at = 0.0

    def call(
        self, method: str, path: str, body: JSON | None = None, *, key: str | None = None
    ) -> JSON:
        """Call, and return the body of the answer; of what takes long, when it has ended.

        Args:
            method: of HTTP.
            path: with its query.
            body: JSON.
            key: the ``Idempotency-Key`` of a POST.

        Raises:
            Refused: the gateway said no, or the operation failed.
            TimeoutError: nothing came of it in time; call again.
        """
        headers = {"Prefer": f"wait={WAIT}"} | ({"Idempotency-Key": key} if key else {})
        end = time.monotonic() + PATIENCE
        answer = self._answered(end, method, path, json=body, headers=headers)
        if answer.status_code == requests.codes.accepted:
            return self._ended(answer.json()["id"], end)
        return dict(answer.json()) if answer.content else {}

    def items(self, path: str) -> Iterator[JSON]:
        """Yield what a list has, page by page."""
        cursor = None
        while True:
            page = self.call("GET", path + (f"&cursor={quote(cursor)}" if cursor else ""))
            yield from page["items"]
            cursor = page["nextCursor"]
            if cursor is None:
                return

    def _ended(self, operation: str, end: float) -> JSON:
        """Follow an operation to its end, and return its result."""
        headers = {"Prefer": f"wait={WAIT}"}
        while True:
            found = self._answered(end, "GET", f"/operations/{operation}", headers=headers).json()
            if found["status"] == "succeeded":
                return dict(found["result"] or {})
            if found["endTime"] is not None:
                raise Refused(found["problem"] or {"code": found["status"].upper()})
            if time.monotonic() > end:
                raise TimeoutError(f"The operation {operation} still goes on; call again.")
            time.sleep(PAUSE)

    def _answered(self, end: float, method: str, path: str, **rest: Any) -> requests.Response:  # noqa: ANN401 - requests' own
        """Send until there is an answer that another try would not change."""
        while True:
            pause = PAUSE
            try:
                refused = self._signed_in()
                answer = self._send(method, path, **rest) if refused is None else refused
                if not _is_to_be_repeated(answer):
                    return _accepted(answer)
                pause = float(answer.headers.get("Retry-After", PAUSE))
            except requests.RequestException as error:
                print(f"  {method} {path}: {error.__class__.__name__}, once more")
            if time.monotonic() + pause > end:
                raise TimeoutError(f"No answer to {method} {path}; call again.")
            time.sleep(pause)

    def _signed_in(self) -> requests.Response | None:
        """Fetch a token, which lives for a quarter of an hour at most, when that is due.

        Returns:
            The answer to come back to later, where there is none now.
        """
        if time.monotonic() < self._renew_at:
            return None
        form = {"grant_type": "client_credentials"}
        self._session.headers.pop("Authorization", None)
        answer = self._send("POST", "/oauth/token", data=form, auth=self._credentials)
        if _is_to_be_repeated(answer):
            return answer
        token = _accepted(answer).json()
        self._session.headers["Authorization"] = f"Bearer {token['access_token']}"
        self._renew_at = time.monotonic() + token["expires_in"] / 2
        return None

    def _send(self, method: str, path: str, **rest: Any) -> requests.Response:  # noqa: ANN401 - requests' own
        return self._session.request(
            method, urljoin(self._url, path), timeout=TIMEOUT, allow_redirects=False, **rest
        )


def _is_to_be_repeated(answer: requests.Response) -> bool:
    """Whether a later try may be answered otherwise: too many calls, not ready, under way.

    The gateway says of each problem whether it is ``retryable``; one that stands for an operation
    which has ended is not. A 409 that is: another operation holds the instance, or our own call
    that got lost is still being taken.
    """
    if answer.ok or answer.status_code not in {*AGAIN, requests.codes.conflict}:
        return False
    try:
        problem = answer.json()
    except requests.JSONDecodeError:
        return answer.status_code in AGAIN  # of a proxy in between
    is_busy = problem.get("code") in {"OPERATION_IN_PROGRESS", "IDEMPOTENCY_IN_FLIGHT"}
    return bool(problem.get("retryable")) or is_busy


def _accepted(answer: requests.Response) -> requests.Response:
    """Return an answer that is a success.

    Raises:
        Refused: it is not.
    """
    if answer.ok:
        return answer
    try:
        problem = answer.json()
    except requests.JSONDecodeError:
        problem = {"code": f"HTTP_{answer.status_code}", "detail": answer.reason}
    raise Refused(problem)


class Provisioning:
    """The functions of a provisioning module.

    Args:
        gateway: where the instances are.
    """

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def create_account(self, service: str, *, package: str, name: str) -> JSON:
        """Make the archive of a service, or bring back the one that was terminated.

        What was made already is returned as it is.
        """
        known = self._all_of(service)
        lasting = [one for one in known if one["status"] != "failed"]
        if lasting and lasting[-1]["status"] == "deleted":
            return self._act(lasting[-1], "undelete")
        body = {
            "instanceID": f"service-{service}",
            "displayName": name,
            "externalId": service,
            "labels": {"package": package},
            "store": {"name": "Archive"},
        }
        try:
            # The same call carries out the rest of what broke off. One that SPE has refused left
            # an instance that failed: the next one is another try, with another key.
            key = f"service-{service}-create-{len(known) - len(lasting)}"
            return self._gateway.call("POST", "/instances", body, key=key)
        except Refused as refusal:
            is_ours = refusal.code in {"NAME_TAKEN", "IDEMPOTENCY_KEY_REUSED"} and lasting
            if not is_ours:
                raise
            return lasting[-1]

    def suspend_account(self, service: str) -> JSON:
        """Let nobody in until the bill is paid. Nothing is lost; how it was is kept."""
        return self._act(self._one(service), "suspend")

    def unsuspend_account(self, service: str) -> JSON:
        """Let everything be as it was before."""
        return self._act(self._one(service), "resume")

    def change_package(self, service: str, *, package: str) -> JSON:
        """Write down what the service is now; that needs no stop, and works while suspended."""
        found = self._one(service)
        body = {"labels": {"package": package}}
        return self._gateway.call("PATCH", f"/instances/{found['id']}", body)

    def terminate_account(self, service: str) -> JSON:
        """Stop the service, and begin its days of grace: ``create_account`` brings it back."""
        found = self._one(service)
        if found["status"] != "deleted":
            try:
                return self._gateway.call("DELETE", f"/instances/{found['id']}")
            except Refused:
                found = self._one(service)  # a call before this one was lost on its way back
                if found["status"] != "deleted":
                    raise
        return found

    def usage_update(self, month: datetime) -> dict[str, JSON]:
        """Return what each service has used since the first day of a month, by its number.

        A measure that was not read is None, and no zero: leave the old figure standing.
        """
        path = f"/usage?from={month:%Y-%m}-01&groupBy=instance&limit=500"
        return {
            item["externalId"]: {
                name: figure and figure["latest"] for name, figure in item["measures"].items()
            }
            for item in self._gateway.items(path)
            if item["externalId"] is not None
        }

    def _act(self, found: JSON, verb: str) -> JSON:
        key = f"service-{found['externalId']}-{verb}-{found['updateTime']}"
        return self._gateway.call("POST", f"/instances/{found['id']}/{verb}", key=key)

    def _one(self, service: str) -> JSON:
        """Return the instance of a service, as the gateway knows it.

        Raises:
            Refused: there is none.
        """
        found = [one for one in self._all_of(service) if one["status"] != "failed"]
        if not found:
            raise Refused({"code": "NO_SUCH_SERVICE", "detail": f"There is no service {service}."})
        return found[-1]

    def _all_of(self, service: str) -> list[JSON]:
        """Return the instances of a service, the oldest first."""
        query = urlencode({"externalId": service, "limit": 500})
        return list(self._gateway.items(f"/instances?{query}"))


def whole_flow(module: Provisioning, service: str) -> None:
    """Let a service live through everything that a billing system does to it."""
    show("CreateAccount", module.create_account(service, package="silver", name=f"No. {service}"))
    show("ChangePackage", module.change_package(service, package="gold"))
    show("SuspendAccount", module.suspend_account(service))
    show("UnsuspendAccount", module.unsuspend_account(service))
    print("UsageUpdate", json.dumps(module.usage_update(datetime.now(UTC)).get(service)))
    show("TerminateAccount", module.terminate_account(service))


def show(function: str, instance: Mapping[str, Any]) -> None:
    """Print what came of a function."""
    package = instance["labels"].get("package")
    print(f"{function} {instance['externalId']} {instance['status']} {package}")


def main() -> None:
    """Carry out one function, or all of them."""
    parser = argparse.ArgumentParser(description="Provision archives through a spe-gateway.")
    parser.add_argument("--account", type=Path, required=True, help="file with the API client")
    parser.add_argument("--package", help="of CreateAccount and ChangePackage, such as silver")
    parser.add_argument("--name", default="")
    parser.add_argument(
        "function",
        choices=("whole-flow", "UsageUpdate", *FUNCTIONS),
        help="what to do",
    )
    parser.add_argument("service", nargs="?", default="", help="the number of the service")
    chosen = parser.parse_args()
    known = json.loads(chosen.account.read_text(encoding="utf-8"))
    module = Provisioning(Gateway(known["gateway"], known["clientId"], known["clientSecret"]))
    if chosen.function == "UsageUpdate":
        print(json.dumps(module.usage_update(datetime.now(UTC)), indent=2))
    elif not chosen.service:
        parser.error(f"{chosen.function} needs the number of a service")
    elif chosen.function in PACKAGED and not chosen.package:
        parser.error(f"{chosen.function} needs a --package")
    elif chosen.function == "whole-flow":
        whole_flow(module, chosen.service)
    else:
        try:
            show(chosen.function, FUNCTIONS[chosen.function](module, chosen))
        except Refused as refused:
            sys.exit(str(refused))


FUNCTIONS = {
    "CreateAccount": lambda module, chosen: module.create_account(
        chosen.service, package=chosen.package, name=chosen.name or f"No. {chosen.service}"
    ),
    "SuspendAccount": lambda module, chosen: module.suspend_account(chosen.service),
    "UnsuspendAccount": lambda module, chosen: module.unsuspend_account(chosen.service),
    "ChangePackage": lambda module, chosen: module.change_package(
        chosen.service, package=chosen.package
    ),
    "TerminateAccount": lambda module, chosen: module.terminate_account(chosen.service),
}
"""By the names that a billing system calls them by."""

PACKAGED = ("CreateAccount", "ChangePackage")


if __name__ == "__main__":
    main()
