"""Print the invoices of a month, one for each reseller. Python 3.11 and requests.

The gateway closes a month when all of it is added up; a closed statement never changes, and what
is corrected later is a line of its own. This reads the closed statements of a month, multiplies
with prices, prints an invoice for each reseller, and acknowledges the statements at the end, when
every invoice is printed. Money is Decimal all the way: no float ever touches it.

It refuses a month that is not closed for everybody, and one in which readings are missing: a gap
is a fact to talk about, and no zero. What was acknowledged was invoiced, and is not again; a
statement that was corrected after that gets an invoice that replaces the one before.

Write the account of an API client with ``resellers:read``, ``statements:read`` and
``statements:acknowledge`` into a file, and your prices into another, and run it::

    {"gateway": "http://127.0.0.1:8080", "clientId": "cli_…", "clientSecret": "…"}

    {"currency": "EUR", "prices": [
        {"measure": "licences", "figure": "peak", "each": "1.90"},
        {"measure": "bytes", "figure": "average", "each": "0.04", "per": 1000000000}]}

    python monthly_invoice.py --account account.json --prices prices.json --month 2026-10

``figure`` is ``latest``, ``average`` or ``peak``. ``--dry-run`` acknowledges nothing;
``--incomplete`` takes what is missing as agreed, and says so on the invoice. What has no price may
be missing. A month without statements is refused: it may be a slip.
"""

# ruff: noqa: INP001, T201 - a script by itself, which prints invoices

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import requests

JSON = dict[str, Any]
CENT = Decimal("0.01")
TIMEOUT = (5.0, 60.0)
TRIES = 5
AGAIN = frozenset({429, 503})


class NotNow(Exception):
    """The run stops before anything is acknowledged; whoever reads why can see to it."""


@dataclass(frozen=True)
class Price:
    """What something costs.

    Args:
        measure: licences, users, messages or bytes.
        figure: which of its figures counts: latest, average or peak.
        each: for so many.
        per: how many those are.
    """

    measure: str
    figure: str
    each: Decimal
    per: Decimal

    def of(self, quantity: Decimal) -> Decimal:
        """Return what a quantity costs, in whole cents."""
        return (quantity * self.each / self.per).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Position:
    """A line of an invoice."""

    text: str
    quantity: Decimal
    amount: Decimal


class Gateway:
    """The REST API, as far as an invoice run needs it.

    Args:
        url: of the gateway.
        client: its id.
        secret: of that client.
    """

    def __init__(self, url: str, client: str, secret: str) -> None:
        self._url = url
        self._session = requests.Session()
        form = {"grant_type": "client_credentials"}
        token = self._called("POST", "/oauth/token", data=form, auth=(client, secret))
        self._session.headers["Authorization"] = f"Bearer {token['access_token']}"

    def get(self, path: str) -> JSON:
        """Return what is there."""
        return self._called("GET", path)

    def items(self, path: str) -> Iterator[JSON]:
        """Yield what a list has, page by page."""
        cursor = None
        while True:
            page = self.get(path + (f"&cursor={quote(cursor)}" if cursor else ""))
            yield from page["items"]
            cursor = page["nextCursor"]
            if cursor is None:
                return

    def acknowledge(self, statement: JSON) -> JSON:
        """Agree to a statement as it was read; to do so twice is to do it once."""
        key = f"{statement['id']}-{statement['entry']['number']}"
        headers = {"Idempotency-Key": key}
        return self._called("POST", f"/statements/{statement['id']}/acknowledge", headers=headers)

    def _called(self, method: str, path: str, **rest: Any) -> JSON:  # noqa: ANN401 - requests' own
        """Call, again where the gateway asks for that, and return the body with its decimals."""
        for _ in range(TRIES):
            answer = self._session.request(
                method, urljoin(self._url, path), timeout=TIMEOUT, allow_redirects=False, **rest
            )
            if answer.status_code not in AGAIN:
                break
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        if not answer.ok:
            raise NotNow(f"{method} {path}: {answer.status_code} {answer.text}")
        found: JSON = json.loads(answer.text, parse_float=Decimal)
        return found


def statements_of(gateway: Gateway, month: str) -> list[JSON]:
    """Return the statements of a month that are to be invoiced.

    Raises:
        NotNow: one of them is not closed, or there are none.
    """
    found = list(gateway.items(f"/statements?month={month}&limit=500"))
    if not found:
        raise NotNow(f"There are no statements of {month}. Is it the right month?")
    waiting = [each["reseller"] for each in found if each["status"] == "open"]
    if waiting:
        raise NotNow(f"{month} is not closed yet for {', '.join(sorted(waiting))}.")
    closed = [each for each in found if each["status"] == "closed"]
    return [gateway.get(f"/statements/{each['id']}") for each in closed]


def gaps_of(statement: JSON, prices: Sequence[Price]) -> list[str]:
    """Return what is missing of what has a price, in words; where nothing is, nothing."""
    priced = {price.measure for price in prices}
    completeness = statement["completeness"]
    gaps = [
        f"{gap['deployment']} was not read from {gap['from']} to {gap['to']} ({gap['problem']})"
        for gap in completeness["gaps"]
    ]
    days = [f"{day['deployment']} on {day['day']} is open" for day in completeness["unclosed"]]
    inside = [
        f"{gap['measure']} of {line['instanceID']} from {gap['from']} to {gap['to']} "
        f"({gap['problem']})"
        for line in statement["lines"]
        for gap in line["gaps"]
        if gap["measure"] in priced
    ]
    return [*gaps, *days, *inside]


def positions_of(statement: JSON, prices: Sequence[Price]) -> Iterator[Position]:
    """Yield the lines of an invoice: each price for each instance, and what was corrected."""
    for line in statement["lines"]:
        name = line["externalId"] or line["displayName"] or line["instanceID"]
        for price in prices:
            figure = line["measures"][price.measure]
            if figure is not None:
                quantity = Decimal(figure[price.figure])
                yield Position(f"{name}: {price.measure}", quantity, price.of(quantity))
    for correction in statement["corrections"]:
        for price in prices:
            if price.measure == correction["measure"]:
                quantity = Decimal(correction["amount"])
                text = f"Correction of {price.measure}: {correction['reason']}"
                yield Position(text, quantity, price.of(quantity))


def invoice(
    statement: JSON, reseller: str, prices: Sequence[Price], currency: str
) -> Iterator[str]:
    """Yield the text of an invoice, line by line."""
    yield f"Invoice {statement['id']}-{statement['entry']['number']}"
    yield f"{reseller}, {statement['month']}"
    if statement["acknowledgeTime"]:
        yield f"Replaces the invoice of before {statement['acknowledgeTime']}."
    total = Decimal(0)
    for position in positions_of(statement, prices):
        total += position.amount
        yield f"  {position.text:<50} {position.quantity:>18f} {position.amount:>12} {currency}"
    yield f"  {'Total':<50} {'':>18} {total.quantize(CENT):>12} {currency}"
    for gap in gaps_of(statement, prices):
        yield f"  Not contained, since it was not read: {gap}"
    yield ""


def run(
    gateway: Gateway, month: str, prices: Sequence[Price], currency: str, *, incomplete: bool
) -> list[JSON]:
    """Print the invoices of a month, and return the statements that they are of.

    Raises:
        NotNow: the month is not closed, or something is missing in it.
    """
    found = statements_of(gateway, month)
    missing = [f"{each['reseller']}: {gap}" for each in found for gap in gaps_of(each, prices)]
    if missing and not incomplete:
        raise NotNow(f"{month} is not complete:\n" + "\n".join(missing))
    for statement in found:
        name = gateway.get(f"/resellers/{statement['reseller']}")["name"]
        print("\n".join(invoice(statement, name, prices, currency)))
    sys.stdout.flush()
    if not found:
        print(f"Everything of {month} was invoiced before.", file=sys.stderr)
    return found


def acknowledge(gateway: Gateway, found: Sequence[JSON]) -> None:
    """Agree to what was invoiced.

    Raises:
        NotNow: one was corrected after its invoice was printed.
    """
    for statement in found:
        agreed = gateway.acknowledge(statement)
        if agreed["corrections"] != statement["corrections"]:
            raise NotNow(f"{statement['id']} was corrected meanwhile: invoice it once more.")


def prices_in(path: Path) -> tuple[str, list[Price]]:
    """Return the currency and the prices of a file."""
    known: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    prices = [
        Price(one["measure"], one["figure"], Decimal(one["each"]), Decimal(one.get("per", 1)))
        for one in known["prices"]
    ]
    return known["currency"], prices


def main() -> None:
    """Carry out an invoice run."""
    parser = argparse.ArgumentParser(description="Print the invoices of a month.")
    parser.add_argument("--account", type=Path, required=True, help="file with the API client")
    parser.add_argument("--prices", type=Path, required=True, help="file with the prices")
    parser.add_argument("--month", required=True, help="such as 2026-10")
    parser.add_argument("--incomplete", action="store_true", help="also with readings missing")
    parser.add_argument("--dry-run", action="store_true", help="acknowledge nothing")
    chosen = parser.parse_args()
    known = json.loads(chosen.account.read_text(encoding="utf-8"))
    currency, prices = prices_in(chosen.prices)
    try:
        gateway = Gateway(known["gateway"], known["clientId"], known["clientSecret"])
        found = run(gateway, chosen.month, prices, currency, incomplete=chosen.incomplete)
        if not chosen.dry_run:
            acknowledge(gateway, found)
    except NotNow as reason:
        sys.exit(str(reason))


if __name__ == "__main__":
    main()
