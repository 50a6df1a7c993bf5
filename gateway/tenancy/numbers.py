"""Numbers of logs: a client asks on from the last one that it has read."""

from gateway.errors import InputFault, InvalidInput


def require_reached(after: int, last: int) -> None:
    """Refuse a number that no event has come to yet; no query has room for any number.

    Args:
        after: what the client asks on from.
        last: the number of the last event of its log.

    Raises:
        InvalidInput: the log has not come so far.
    """
    if after > last:
        detail = (
            f"The last event has the number {last}; there is nothing to ask for after this one."
        )
        raise InvalidInput([InputFault("/query/after", "NOT_YET", detail)])
