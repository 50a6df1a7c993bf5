"""What the demonstration shows: steps with their seconds, the work as it goes on, the verdicts."""

from collections.abc import Mapping, Sequence
from time import monotonic

from rich.console import Console
from rich.status import Status
from rich.table import Table

from deploy.cluster.judge import Verdict
from deploy.cluster.portal import Portal


class Screen:
    """Writes for people.

    Args:
        console: where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = monotonic()

    def step(self, text: str) -> None:
        """Write what is done next, with the seconds since the beginning."""
        seconds = f"{monotonic() - self._began:5.1f} s"
        self._console.print(f"{seconds}  {text}", markup=False, highlight=False, soft_wrap=True)

    def line(self, text: str) -> None:
        """Write a line that can be copied."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def status(self) -> Status:
        """Return a line that lives for as long as it is entered; nothing but on a terminal."""
        return self._console.status("At work ...")

    def judgement(self, verdicts: Sequence[Verdict]) -> None:
        """Write the promises, and what did not hold of them."""
        table = Table("Promise", "Seen", "Held", title="What the cluster promised")
        for verdict in verdicts:
            style, word = ("green", "yes") if verdict.holds else ("bold red", "NO")
            table.add_row(verdict.promise, verdict.seen, f"[{style}]{word}[/]")
        self._console.print()
        self._console.print(table)
        for verdict in verdicts:
            for finding in verdict.findings:
                self.line(f"NOT HELD: {verdict.promise}: {finding}")

    def places(self, places: Mapping[str, str]) -> None:
        """Write where everything is."""
        self._console.print()
        self._console.rule("The cluster stays up until Ctrl-C", align="left", style="bold")
        width = max(map(len, places))
        for name, place in places.items():
            self.line(f"{name:{width}}  {place}")


def progress_of(portal: Portal, broken: int) -> str:
    """Return how the work goes on, in a line."""
    return (
        f"{portal.done} errands done, {portal.under_way} operations under way, "
        f"{broken} requests broken and repeated"
    )
