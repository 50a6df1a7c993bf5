"""Examples at the end of a command's help."""


def examples(*lines: str) -> str:
    """Return an epilog in which each line is a paragraph, so that none is wrapped into another.

    Args:
        lines: a command line each.
    """
    return "\n\n".join(["Examples:", *lines])
