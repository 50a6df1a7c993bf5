"""``make sdks``: makes every SDK that can be made here, and does the main job with each."""

import json
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from time import monotonic
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table

from gateway.cli.failure import Failure
from gateway.settings import child_environment
from openapi.sdk.job import prove
from openapi.sdk.language import BUILD, ROOT, Language, SdkError, Tell
from openapi.sdk.languages import LANGUAGES
from openapi.sdk.world import World

Result = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Make and prove SDKs.

    Returns:
        The exit status: 1 if one failed, or cannot be had although it was named or ``CI`` is set.
    """
    options = _options(arguments)
    chosen = [each for each in LANGUAGES if not options.names or each.name in options.names]
    if options.list:
        results = [_state(each) for each in chosen]
    else:
        workshop = Workshop(Console(stderr=True), is_strict=_is_strict(options))
        results = workshop.run(chosen, is_proved=not options.make_only)
    if options.json:
        sys.stdout.writelines(json.dumps(each) + "\n" for each in results)
    elif options.list:
        _show(results)
    return 1 if any(each["status"] == "failed" for each in results) else 0


class Workshop:
    """Makes SDKs one after the other, each to its proof.

    Args:
        console: shows how far it is.
        is_strict: an SDK that cannot be had here counts as failed.
    """

    def __init__(self, console: Console, *, is_strict: bool) -> None:
        self._console = console
        self._is_strict = is_strict

    def run(self, languages: Sequence[Language], *, is_proved: bool = True) -> list[Result]:
        """Return what became of each.

        Args:
            languages: to be made.
            is_proved: the main job is done with each, against a gateway of its own.
        """
        with World() if is_proved else nullcontext() as world:
            return [self._one(each, world) for each in languages]

    def _one(self, language: Language, world: World | None) -> Result:
        if language.missing():
            return self._left_out(language)
        began = monotonic()
        try:
            with self._console.status("") as status:
                self._make(language, world, _Teller(self._console, status, language.name))
        except (SdkError, Failure) as error:
            self._say("failed", "red", f"{language.name}: {error}")
            return {**_state(language), "status": "failed", "reason": str(error)}
        seconds = round(monotonic() - began, 1)
        verdict = "made" if world is None else "proved"
        use = language.use((BUILD / language.name).relative_to(ROOT))
        self._say(verdict, "green", f"{language.name}, in {seconds} s. To use it: {use}")
        return {**_state(language), "status": verdict, "seconds": seconds, "use": use}

    def _make(self, language: Language, world: World | None, tell: Tell) -> None:
        """Make it; in a world, do the main job straight, then through all that it must stand."""
        tell("is made")
        folder = made(language, tell)
        if world is None:
            return
        tell("the main job begins")
        prove(language, folder, world, (), tell)
        if language.withstands:
            tell("the main job begins again, on a bad day")
            prove(language, folder, world, language.withstands, tell)

    def _left_out(self, language: Language) -> Result:
        for each in language.missing():
            self._say("NOT MADE", "red", f"{language.name}: no {each.name}. {each.remedy}")
        return {**_state(language), "status": "failed" if self._is_strict else "left out"}

    def _say(self, verdict: str, style: str, words: str) -> None:
        self._console.print(f"[{style} bold]{verdict}[/]", escape(words), soft_wrap=True)


class _Teller:
    """Tells what is being done to one SDK: in one line that changes, or in a log line by line."""

    def __init__(self, console: Console, status: Status, name: str) -> None:
        self._console = console
        self._status = status
        self._name = name

    def __call__(self, step: str) -> None:
        words = f"{self._name}: {escape(step)}"
        self._status.update(words)
        if not self._console.is_terminal:
            self._console.print(words, soft_wrap=True)


def made(language: Language, tell: Tell) -> Path:
    """Make an SDK in its folder of the build, anew.

    Returns:
        The folder.

    Raises:
        SdkError: it cannot be made.
    """
    folder = BUILD / language.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    language.make(folder, tell)
    return folder


def _options(arguments: Sequence[str] | None) -> Namespace:
    parser = ArgumentParser("python -m openapi.sdk", description=__doc__)
    names = [each.name for each in LANGUAGES]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names)}")
    parser.add_argument("--list", action="store_true", help="say what there is and what it needs")
    parser.add_argument(
        "--make-only", action="store_true", help="make it, and leave out the proof by its main job"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line for each SDK")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(names)
    if unknown:
        parser.error(f"no SDK is named {', '.join(sorted(unknown))}")
    return options


def _is_strict(options: Namespace) -> bool:
    return bool(options.names) or child_environment().get("CI") == "true"


def _state(language: Language) -> Result:
    missing = [{"name": each.name, "remedy": each.remedy} for each in language.missing()]
    return {
        "sdk": language.name,
        "madeWith": language.description,
        "status": "cannot be made" if missing else "can be made",
        "missing": missing,
    }


def _show(results: Sequence[Result]) -> None:
    table = Table("SDK", "Made with", "Here", "What is missing")
    for each in results:
        lacking = "; ".join(f"{tool['name']}: {tool['remedy']}" for tool in each["missing"])
        table.add_row(each["sdk"], each["madeWith"], each["status"], lacking)
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
