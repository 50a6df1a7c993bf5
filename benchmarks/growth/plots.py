"""The curves as pictures: how something grows, both axes in powers of ten."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.growth.fit import Curve

SHOWN: Final = {
    "growth-lists": (
        "list, first page",
        "list, from the middle",
        "list, a reseller's own",
        "list, a distributor's 50 resellers",
        "list by a text that none has",
    ),
    "growth-events": (
        "events, first page",
        "events, from the middle",
        "100 events told and numbered",
    ),
    "growth-tracking": ("processor of tracking",),
    "growth-database": ("database",),
    "growth-deployments": (
        "cached list: processor",
        "read of an instance's stores: processor",
        "creation of a store: processor",
        "live list of all: processor",
    ),
}
"""By the name of a picture, what it shows."""

APART: Final = "PostgreSQL"
"""What there is more of there, has the same names, and is in the results alone."""


def draw(curves: Sequence[Curve], folder: Path) -> None:
    """Draw every picture as SVG.

    Args:
        curves: all that was measured.
        folder: where they are put.
    """
    import matplotlib as mpl  # noqa: PLC0415 # only the extra `bench` has it

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "growth"  # the same curves give the same file
    from matplotlib import pyplot as plt  # noqa: PLC0415 # as above

    folder.mkdir(exist_ok=True)
    for name, shown in SHOWN.items():
        figure, axes = plt.subplots(figsize=(7, 4))
        for curve in curves:
            if curve.name in shown and APART not in curve.of:
                label = f"{curve.name} ({curve.of}): {curve.exponent:.2f}"
                axes.plot(list(curve.points), list(curve.points.values()), "o-", label=label)
                axes.set_ylabel(curve.unit)
        axes.set(xscale="log", yscale="log", xlabel="how many there are")
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize="small")
        figure.tight_layout()
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
        plt.close(figure)
