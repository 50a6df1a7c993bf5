"""Whose turn it is in a lane, whatever comes in whatever order."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from gateway.broker.engine.rota import ROUND, SPARE, Rota
from gateway.broker.queue_places import ahead
from gateway.model import Share, Urgency
from gateway.storage.queues import Line

RESELLERS: Final = ("res_a", "res_b", "res_c")
CLICK: Final = Share("dep_1", Urgency.INTERACTIVE, "res_b")
SCRIPT: Final = Share("dep_1", Urgency.INTERACTIVE, "res_a")
BULK: Final = Share("dep_1", Urgency.BULK, "res_a")

queued = st.builds(Share, st.just("dep_1"), st.sampled_from(Urgency), st.sampled_from(RESELLERS))
shares = st.builds(
    Share,
    st.just("dep_1"),
    st.sampled_from(Urgency),
    st.sampled_from(RESELLERS),
    begun=st.booleans(),
)
Waiting = tuple[Share, int]


def filled(given_shares: Sequence[Share], width: int = 8) -> Rota[Waiting]:
    rota: Rota[Waiting] = Rota(width)
    for number, share in enumerate(given_shares):
        rota.put(share, (share, number))
    return rota


def taken(rota: Rota[Waiting]) -> Iterator[Waiting]:
    """Take one after the other; each ends before the next."""
    while found := rota.take():
        rota.leave(found[0])
        yield found[1]


def longer(under_way: Sequence[Waiting]) -> int:
    return sum(share.urgency is not Urgency.INTERACTIVE for share, _ in under_way)


@given(st.lists(shares, max_size=60))
def test_everything_has_its_turn_once_and_each_share_in_its_order(waiting: list[Share]) -> None:
    found = list(taken(filled(waiting)))
    assert sorted(number for _, number in found) == list(range(len(waiting)))
    for share in set(waiting):
        numbers = [number for each, number in found if each == share]
        assert numbers == sorted(numbers)


@given(st.lists(shares, max_size=40), st.integers(1, 8))
def test_what_is_next_is_known_before_it_is_taken(waiting: list[Share], width: int) -> None:
    rota = filled(waiting, width)
    while (head := rota.head) is not None:
        found = rota.take()
        assert found is not None
        assert found[1] == head
    assert rota.take() is None


@given(st.lists(queued, max_size=40), st.sampled_from(Urgency), st.integers(1, 8))
def test_what_has_not_waited_passes_nobody_over_who_may_have_a_place(
    waiting: list[Share], urgency: Urgency, width: int
) -> None:
    rota = filled(waiting, width)
    while rota.head is not None:
        assert not rota.begin(urgency)
        rota.take()
    longer_ones = rota.busy - sum(share.urgency is Urgency.INTERACTIVE for share in waiting)
    has_place = urgency is Urgency.INTERACTIVE or longer_ones < max(width - SPARE, 1)
    assert rota.begin(urgency) is has_place


@given(st.integers(SPARE + 1, 8), st.lists(shares | st.integers(0, 7), max_size=80))
def test_a_place_is_empty_only_for_want_of_work_or_for_a_click(
    width: int, events: list[Share | int]
) -> None:
    rota, under_way, numbers = filled([], width), list[Waiting](), count()
    waiting: Counter[bool] = Counter()
    for event in events:
        if isinstance(event, Share):
            rota.put(event, (event, next(numbers)))
            waiting[event.urgency is Urgency.INTERACTIVE] += 1
        elif under_way:
            rota.leave(under_way.pop(event % len(under_way))[0].urgency)
        while len(under_way) < width and (found := rota.take()):
            under_way.append(found[1])
            waiting[found[0] is Urgency.INTERACTIVE] -= 1
        assert longer(under_way) <= width - SPARE
        if len(under_way) < width:
            assert not waiting[True]
            assert not waiting[False] or longer(under_way) == width - SPARE


BOUND: Final = len(ROUND) * len(RESELLERS) * 2
"""The turns up to one's own: those of each urgency, each reseller, of begun work and of new."""


@given(st.lists(st.lists(shares, max_size=4), min_size=BOUND, max_size=BOUND), shares)
def test_whoever_waits_has_a_turn_soon_whatever_comes_meanwhile(
    arrivals: list[list[Share]], mine: Share
) -> None:
    rota, found = filled([mine]), []
    for come in arrivals:
        for share in come:
            rota.put(share, (share, -1))
        found += [number for _, number in islice(taken(rota), 1)]
    assert 0 in found


@given(st.lists(shares, max_size=200), shares)
def test_the_first_of_a_share_waits_for_one_round_however_long_the_others_are(
    others: list[Share], mine: Share
) -> None:
    rota = filled([share for share in others if share != mine])
    rota.put(mine, (mine, -1))
    numbers = [number for _, number in taken(rota)]
    assert numbers.index(-1) < BOUND


@given(st.dictionaries(st.sampled_from(RESELLERS), st.integers(1, 20), min_size=2))
def test_resellers_take_turns_as_long_as_they_have_something(numbers: dict[str, int]) -> None:
    lines = [[Share("dep_1", Urgency.BULK, name)] * many for name, many in numbers.items()]
    had: Counter[str] = Counter()
    for share, _ in taken(filled([share for line in lines for share in line])):
        had[share.reseller] += 1
        unserved = [had[name] for name, many in numbers.items() if had[name] < many]
        assert all(max(had.values()) - few <= 1 for few in unserved)


@given(st.lists(st.sampled_from(Urgency), min_size=1, max_size=3, unique=True))
def test_urgencies_share_as_the_round_says_while_all_have_something(
    urgencies: list[Urgency],
) -> None:
    lines = [[Share("dep_1", each, "res_a")] * 100 for each in urgencies]
    rota = filled([share for line in lines for share in line])
    turns = 10 * sum(ROUND.count(each) for each in urgencies)
    had = Counter(share.urgency for _, (share, _) in zip(range(turns), taken(rota), strict=False))
    assert had == {each: 10 * ROUND.count(each) for each in urgencies}


def test_a_click_comes_next_but_one_before_five_hundred_of_a_script() -> None:
    rota = filled([SCRIPT] * 500)
    first = [number for _, number in (next(taken(rota)) for _ in range(8))]
    rota.put(CLICK, (CLICK, -1))
    assert first == list(range(8))
    assert [next(taken(rota))[1] for _ in range(2)][-1] == -1


def test_five_hundred_of_a_bulk_leave_a_place_to_a_click() -> None:
    rota = filled([BULK] * 500, width=8)
    assert sum(rota.take() is not None for _ in range(8)) == 8 - SPARE
    rota.put(CLICK, (CLICK, -1))
    assert rota.take() == (Urgency.INTERACTIVE, (CLICK, -1))


def test_a_click_begins_at_once_while_all_that_waits_is_a_bulk_without_a_place() -> None:
    rota = filled([BULK] * 500, width=8)
    for _ in range(8 - SPARE):
        assert not rota.begin(Urgency.INTERACTIVE)
        rota.take()
    assert not rota.begin(Urgency.BULK)
    assert rota.begin(Urgency.INTERACTIVE)


def test_a_lane_of_one_place_serves_bulk_as_well() -> None:
    assert [number for _, number in taken(filled([BULK] * 3, width=1))] == [0, 1, 2]


@given(st.lists(queued, min_size=1, max_size=80), st.data())
def test_the_place_that_is_told_is_the_place_that_is_had(
    waiting: list[Share], data: st.DataObject
) -> None:
    mine = data.draw(st.integers(0, len(waiting) - 1))
    share = waiting[mine]
    lines = [
        Line(each.urgency, each.reseller, str(waiting.index(each)), waiting.count(each))
        for each in dict.fromkeys(waiting)
    ]
    before = waiting[:mine].count(share)
    order = [number for _, number in taken(filled(waiting))]
    assert ahead(lines, share.urgency, share.reseller, before) == order.index(mine)
