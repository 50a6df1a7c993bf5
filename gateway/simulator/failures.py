"""What makes a command answer "failed"."""


class Failure(Exception):
    """A command that SPE refuses.

    Args:
        message: the vendor's text, which arrives as `error.message`.
        kind: the .NET exception that the stack trace names.
    """

    def __init__(self, message: str, kind: str = "System.InvalidOperationException") -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind


def missing(argument: str) -> Failure:
    """Return the vendor's refusal of a call that lacks an argument."""
    return Failure(f"Missing API argument {argument}.", "System.ArgumentException")


def out_of_range() -> Failure:
    """Return the vendor's refusal of a value outside the documented ones."""
    return Failure(
        "Specified argument was out of the range of valid values.",
        "System.ArgumentOutOfRangeException",
    )
