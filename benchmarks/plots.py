"""Small plots for the front page, the same bytes for the same figures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.processes import JSON
from benchmarks.results import LIMIT

SETTINGS: Final[Any] = {
    "svg.hashsalt": "spe-gateway",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
}
OURS: Final = "#1f6f8b"
OTHERS: Final = "#b8c4ca"
MARK: Final = "gateway"
"""Is in the name of what is ours."""


def write(document: JSON, folder: Path) -> None:
    """Draw what a run has measured.

    Args:
        document: of ``benchmarks.speed``.
        folder: gets ``requests-per-core.svg`` and ``one-call.svg``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    servers, callers = document["servers"], document["callers"]
    # The proxy is the limit and no peer: on its scale nothing else could be seen.
    rates = {
        name: 1 / found["processor"]["median"] for name, found in servers.items() if name != LIMIT
    }
    times = {name: found["median"] * 1000 for name, found in callers.items()}
    _bars(rates, "requests per second and core", folder / "requests-per-core.svg")
    _bars(times, "milliseconds for one call (p50)", folder / "one-call.svg")


def _bars(values: Mapping[str, float], label: str, path: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 # only `make bench` has it
    from matplotlib.figure import Figure  # noqa: PLC0415 # likewise

    names = list(values)[::-1]
    with mpl.rc_context(SETTINGS):
        figure = Figure(figsize=(6, 0.5 + 0.32 * len(names)), layout="constrained")
        axes = figure.subplots()
        colours = [OURS if MARK in name else OTHERS for name in names]
        drawn = axes.barh(names, [values[name] for name in names], color=colours)
        axes.bar_label(drawn, fmt="%.3g", padding=3)
        axes.set_xlabel(label)
        axes.margins(x=0.12)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(path, format="svg", metadata={"Date": None})
