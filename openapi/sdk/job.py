"""The main job as the frame sees it: a child process, its steps, and what truly happened."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from openapi.sdk.faults.proxy import FaultGateway
from openapi.sdk.language import Language, SdkError, Tell
from openapi.sdk.world import Stage, World

STEPS: Final = (
    "signed-in",
    "registered",
    "resellers",
    "created",
    "verified",
    "absent",
    "seen",
)
"""What the program must print, each once, in this order."""

ONCE: Final = ("CreateInstance", "VerifyStore")
"""Commands that must reach the deployment once, whatever happens on the way."""

SECONDS: Final = 180


@dataclass(frozen=True)
class Run:
    """A main job that was done.

    Args:
        steps: the lines that the program printed.
        retried: how many answers were refused or lost on the way, and asked for again.
    """

    steps: tuple[dict[str, Any], ...]
    retried: int = 0


def prove(language: Language, folder: Path, world: World, faults: Sequence[str], tell: Tell) -> Run:
    """Do the main job with an SDK.

    Args:
        language: which.
        folder: where it was made.
        world: the gateway.
        faults: what is done to the calls on their way (``openapi.sdk.faults``); none goes
            straight to the gateway.
        tell: is told each step.

    Raises:
        SdkError: it was not done, or not as it must be.
    """
    stage = world.stage(f"sdk-{language.name}")
    command = language.job(folder)
    if not faults:
        run = Run(_steps(command, folder, stage.environment(world.url), tell))
    else:
        with FaultGateway(world.url, faults) as between:
            steps = _steps(command, folder, stage.environment(between.url), tell)
            between.require_met()
            run = Run(steps, between.injected())
    _require_truth(world, stage)
    return run


def _steps(
    command: Sequence[str], folder: Path, environment: dict[str, str], tell: Tell
) -> tuple[dict[str, Any], ...]:
    """Run the program; return its lines."""
    found: list[dict[str, Any]] = []
    with subprocess.Popen(  # noqa: S603 # the SDK's own program, and no shell
        list(command),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said = _read(process, found, tell)
    if process.returncode:
        raise SdkError(f"The main job ended with {process.returncode}:\n{said}")
    names = tuple(each["step"] for each in found)
    if names != STEPS:
        raise SdkError(f"The main job has the steps {', '.join(STEPS)}, but did {names}:\n{said}")
    return tuple(found)


def _read(process: subprocess.Popen[str], found: list[dict[str, Any]], tell: Tell) -> str:
    """Take the steps as they come; return everything else that was printed."""
    other: list[str] = []
    for line in process.stdout or ():
        step = _step(line)
        if step is None:
            other.append(line)
        else:
            found.append(step)
            tell(step["step"])
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise SdkError(f"The main job did not end within {SECONDS} seconds.") from None
    return "".join(other)


def _step(line: str) -> dict[str, Any] | None:
    try:
        read = json.loads(line)
    except ValueError:
        return None
    return read if isinstance(read, dict) and "step" in read else None


def _require_truth(world: World, stage: Stage) -> None:
    """Compare with what arrived at the deployments: each command once, whatever was repeated."""
    for command in ONCE:
        sent = world.sent(command, stage)
        if sent != 1:
            raise SdkError(f"{command} should have been sent once for {stage.name}, not {sent}x.")
