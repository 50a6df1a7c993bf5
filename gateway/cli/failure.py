"""What ends a command of the command line."""


class Failure(Exception):
    """The command did not do what it was asked; printed as one line, with status 1."""
