"""What changed between two editions of our promises: each breaking change as a sentence."""

from gateway.web.contract.compatibility.additions import additions
from gateway.web.contract.compatibility.change import Change, Kind
from gateway.web.contract.compatibility.documents import breaking_changes
from gateway.web.contract.compatibility.release import advice, needs_version

__all__ = ["Change", "Kind", "additions", "advice", "breaking_changes", "needs_version"]
