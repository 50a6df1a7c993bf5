"""What a deployment lists in get-metadata, beside the simulator's list and our catalogue."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from gateway.cli.doctor.findings import Difference, name, plain
from gateway.spe.catalogue import COMMANDS
from gateway.spe.metadata import ArgumentSignature, CommandSignature

CHECK: Final = "metadata"
SOURCE: Final = "C"

Arguments = Mapping[str, ArgumentSignature]


def compare(
    expected: Sequence[CommandSignature], found: Sequence[CommandSignature]
) -> Iterator[Difference]:
    """Yield where a list differs from the simulator's; our catalogue says what that means."""
    here, there = _by_name(expected), _by_name(found)
    for command in sorted(here.keys() | there.keys()):
        if command not in there:
            yield _missing(command)
        elif command not in here:
            yield _unknown(command)
        else:
            yield from _signatures(here[command], there[command])


def _by_name(signatures: Sequence[CommandSignature]) -> dict[str, CommandSignature]:
    return {signature.name: signature for signature in signatures}


def _missing(command: str) -> Difference:
    meaning = "The gateway answers COMMAND_NOT_SUPPORTED for it on this deployment."
    return _difference(name(command), "listed", "missing", meaning)


def _unknown(command: str) -> Difference:
    if command in COMMANDS:
        meaning = "Our catalogue has it: the gateway can send it; the simulator must list it."
        return _difference(name(command), "not listed (simulator)", "listed", meaning)
    meaning = "Our catalogue lacks it: the gateway cannot send it."
    return _difference(name(command), "unknown", "listed", meaning)


def _signatures(here: CommandSignature, there: CommandSignature) -> Iterator[Difference]:
    if here.path.strip("/") != there.path.strip("/"):
        meaning = "The gateway sends it to api/invoke/ and will not reach it."
        yield _difference(name(here.name), here.path, plain(there.path), meaning)
    known = {argument.name: argument for argument in here.args}
    listed = {argument.name: argument for argument in there.args}
    for argument in sorted(known.keys() | listed.keys()):
        if known.get(argument) != listed.get(argument):
            yield _argument(here.name, argument, known, listed)


def _argument(command: str, argument: str, known: Arguments, listed: Arguments) -> Difference:
    ours = _declared(command).get(argument, "unknown")
    return _difference(
        f"{name(command)} --{name(argument)}",
        f"{_described(known.get(argument))} (our catalogue: {ours})",
        _described(listed.get(argument)),
        _argument_meaning(command, argument, known.get(argument), listed.get(argument)),
    )


def _argument_meaning(
    command: str,
    argument: str,
    known: ArgumentSignature | None,
    listed: ArgumentSignature | None,
) -> str:
    declared = argument in _declared(command)
    if listed is None:
        return "Calls with this argument may be refused." if declared else "Nothing."
    if not declared and not listed.nullable:
        return "The gateway cannot give it: every call will be refused."
    if not declared:
        return "The gateway cannot give it."
    if known is not None and known.type != listed.type:
        return "The gateway writes it as another type: calls may be refused."
    if known is not None and known.nullable and not listed.nullable:
        return "Calls that leave it out will be refused."
    return "Nothing: the deployment takes more than is expected of it."


def _declared(command: str) -> dict[str, str]:
    if command not in COMMANDS:
        return {}
    return {
        param.name: f"{param.type.value}, {'required' if param.required else 'optional'}"
        for param in COMMANDS[command].params
    }


def _described(argument: ArgumentSignature | None) -> str:
    if argument is None:
        return "absent"
    return f"{name(argument.type)}, {'optional' if argument.nullable else 'required'}"


def _difference(subject: str, expected: str, found: str, meaning: str) -> Difference:
    return Difference(CHECK, subject, expected, SOURCE, found, meaning)
