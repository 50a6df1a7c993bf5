"""What a job may run."""

import pytest

from gateway.broker.jobs import ACTIONS
from gateway.spe.catalogue import COMMANDS
from gateway.spe.command import INSTANCE_ID, Target

DEFAULTED = {"includeIndexes"}
"""Arguments that the reference does not call optional and the vendor's own examples leave out."""


@pytest.mark.parametrize("action", ACTIONS)
def test_an_action_is_a_command_inside_an_instance_that_needs_nothing_more(action: str) -> None:
    command = COMMANDS[action]

    assert command.target is Target.INSTANCE
    needed = {param.name for param in command.params if param.required}
    assert needed - DEFAULTED == {INSTANCE_ID.name}
