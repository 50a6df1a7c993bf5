"""A progress bar over rows, for people: on a terminal, and not beside JSON."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway.storage.backup import Advance


def rows_bar(console: Console, *, quiet: bool) -> Progress:
    """Return a bar that counts rows; enter it."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, disable=quiet or not console.is_terminal)


def advance_of(bar: Progress) -> Advance:
    """Return what shows a line for each table."""
    tasks = {}

    def advance(table: str, done: int, total: int) -> None:
        if table not in tasks:
            tasks[table] = bar.add_task(table, total=total)
        bar.update(tasks[table], completed=done, total=total)

    return advance
