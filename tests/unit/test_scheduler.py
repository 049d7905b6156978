"""The scheduler of a socket: order, bounds, fairness, credit; with a clock of numbers."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from governance.core.faults import Exhausted, Malformed, NotFound
from viewer.core.messages import FIRST_CREDIT, MAX_CREDIT, MAX_TILES, MAX_VIEWPORTS, Cancel, Queue, TileRequest, Tiles, View
from viewer.core.scheduler import Job, Scheduler, Urgency
from viewer.core.view import ViewState

VIEW = ViewState()


def opened(*viewports: int) -> Scheduler:
    scheduler = Scheduler()
    for viewport in viewports:
        assert scheduler.opened(viewport, scheduler.subscribe(viewport, 1))
    return scheduler


def view(viewport: int, sequence: int, index: int = 0) -> View:
    return View(viewport, sequence, index, VIEW)


def queue(viewport: int, sequence: int, count: int) -> Queue:
    return Queue(viewport, sequence, tuple((index, VIEW) for index in range(count)))


def tiles(viewport: int, *sequences: int) -> Tiles:
    return Tiles(viewport, tuple(TileRequest(sequence, 0, 0, 0) for sequence in sequences))


def take(scheduler: Scheduler, now: float = 0.0, pictures: int = 1, tiles: int = 1) -> list[Job]:
    return scheduler.take(now, pictures=pictures, tiles=tiles)


def leave(scheduler: Scheduler, job: Job) -> list[int]:
    """Make a job's picture and let everything that may leave go; returns the sequences that left."""
    left = scheduler.rendered(job, b"x")
    for _, message in left:
        scheduler.sent(message)
    return [each.sequence for each, _ in left]


def test_newest_view_wins_and_is_paced() -> None:
    scheduler = opened(1)
    for sequence in range(10):
        scheduler.view(view(1, sequence))
    assert [job.sequence for job in take(scheduler)] == [9]
    scheduler.view(view(1, 10))
    assert take(scheduler, now=0.004) == []
    assert scheduler.wait_s(0.004) == pytest.approx(0.004)
    assert [job.sequence for job in take(scheduler, now=0.008)] == [10]
    assert scheduler.counters.dropped == 9


def test_200_views_in_a_second_make_fewer_pictures_and_the_last() -> None:
    scheduler, made = opened(1), []
    for sequence in range(200):
        now = sequence * 0.005
        scheduler.view(view(1, sequence))
        for job in take(scheduler, now):
            made.append(job.sequence)
            leave(scheduler, job)
            scheduler.grant(1)
    wait = scheduler.wait_s(now)
    for job in take(scheduler, now + wait) if wait is not None else []:
        made.append(job.sequence)
    assert len(made) <= 126
    assert made[-1] == 199


def test_views_before_queues_before_tiles() -> None:
    scheduler = opened(1, 2, 3)
    scheduler.tiles(tiles(1, 100))
    scheduler.queue(queue(2, 50, 1))
    scheduler.view(view(3, 7))
    order = [take(scheduler)[0].urgency for _ in range(3)]
    assert order == [Urgency.VIEW, Urgency.QUEUE, Urgency.TILE]


def test_viewports_take_turns() -> None:
    scheduler = opened(1, 2)
    scheduler.queue(queue(1, 0, 4))
    scheduler.queue(queue(2, 100, 2))
    jobs = [take(scheduler)[0] for _ in range(6)]
    assert [job.viewport for job in jobs] == [1, 2, 1, 2, 1, 1]
    assert [job.sequence for job in jobs if job.viewport == 1] == [0, 1, 2, 3]


def test_credit_is_the_bound() -> None:
    scheduler = opened(1)
    scheduler.queue(queue(1, 0, 100))
    jobs = [job for _ in range(100) for job in take(scheduler)]
    assert len(jobs) == FIRST_CREDIT
    assert scheduler.wait_s(0.0) is None
    for job in jobs:
        leave(scheduler, job)
    assert take(scheduler) == []
    scheduler.grant(3)
    assert len([job for _ in range(10) for job in take(scheduler)]) == 3


@pytest.mark.parametrize(("granted", "together"), [(0, 2), (8, 4), (60_000, 16)])
def test_pictures_made_together_are_a_share_of_what_may_be_underway(granted: int, together: int) -> None:
    scheduler = opened(1)
    scheduler.queue(queue(1, 0, 512))
    scheduler.grant(granted)
    assert len(take(scheduler, pictures=512)) == together  # a fourth of 8, 16, 64
    assert len(take(scheduler, pictures=512)) == together, "those underway count"


def test_a_view_is_not_made_together_with_what_is_queued() -> None:
    scheduler = opened(1)
    scheduler.grant(60_000)
    scheduler.queue(queue(1, 0, 8))
    scheduler.view(view(1, 900))
    assert [job.sequence for job in take(scheduler, pictures=4)] == [900], "it leaves as soon as it is made"
    assert [job.sequence for job in take(scheduler, pictures=4)] == [0, 1, 2, 3]


def test_credit_beyond_the_most_is_not_kept() -> None:
    scheduler = opened(1)
    scheduler.queue(queue(1, 0, 512))
    scheduler.grant(60_000)
    assert len([job for _ in range(512) for job in take(scheduler)]) == MAX_CREDIT
    scheduler.grant(60_000)
    assert take(scheduler, pictures=512) == [], "a client that only grants and never reads holds no more"


def test_big_pictures_that_wait_hold_the_socket_back() -> None:
    scheduler = opened(1)
    scheduler.queue(queue(1, 0, 3))
    job = take(scheduler)[0]
    left = scheduler.rendered(job, bytes(9_000_000))
    assert take(scheduler) == []
    scheduler.sent(left[0][1])
    assert len(take(scheduler)) == 1


def test_pictures_of_a_viewport_leave_in_order() -> None:
    scheduler = opened(1, 2)
    scheduler.queue(queue(1, 0, 2))
    scheduler.queue(queue(2, 10, 1))
    first, other, second = [*take(scheduler, pictures=2), *take(scheduler)]
    assert leave(scheduler, second) == []
    assert leave(scheduler, other) == [10]
    assert leave(scheduler, first) == [0, 1]


def test_a_failed_picture_gives_credit_back_and_does_not_hold_up_the_next() -> None:
    scheduler = opened(1)
    scheduler.queue(queue(1, 0, 2))
    first, second = take(scheduler, pictures=2)
    assert leave(scheduler, second) == []
    assert [job.sequence for job, _ in scheduler.failed(first)] == [1]
    assert scheduler.credit == FIRST_CREDIT - 1


def test_cancel_drops_what_waits_and_what_is_being_made() -> None:
    scheduler = opened(1)
    scheduler.queue(queue(1, 0, 10))
    job = take(scheduler)[0]
    scheduler.cancel(Cancel(1, None))
    assert not scheduler.is_wanted(job)
    assert leave(scheduler, job) == []
    assert take(scheduler) == []
    assert scheduler.counters.dropped == 10
    assert scheduler.credit == FIRST_CREDIT
    scheduler.view(view(1, 77))
    assert leave(scheduler, take(scheduler, now=1.0)[0]) == [77]


def test_cancelled_tiles_are_not_made() -> None:
    scheduler = opened(1)
    scheduler.tiles(tiles(1, 1, 2, 3))
    scheduler.cancel(Cancel(1, (2, 99)))
    assert [job.sequence for job in take(scheduler, tiles=16)] == [1, 3]


def test_unsubscribe_stops_everything() -> None:
    scheduler = opened(1)
    scheduler.queue(queue(1, 0, 10))
    scheduler.tiles(tiles(1, 20))
    job = take(scheduler)[0]
    scheduler.unsubscribe(1)
    assert take(scheduler) == []
    assert leave(scheduler, job) == []
    assert (scheduler.counters.rendered, scheduler.counters.sent, scheduler.counters.dropped) == (1, 0, 11)
    assert (scheduler.credit, scheduler.held, scheduler.held_bytes) == (FIRST_CREDIT, 0, 0)


def test_S01_late_pictures_of_an_earlier_subscription_do_not_leave() -> None:
    scheduler = opened(1)
    scheduler.queue(queue(1, 0, 1))
    late = take(scheduler)[0]
    scheduler.opened(1, scheduler.subscribe(1, 2))
    scheduler.queue(queue(1, 0, 1))
    fresh = take(scheduler)[0]
    assert (late.epoch, fresh.epoch) == (1, 2)
    assert leave(scheduler, late) == []
    assert leave(scheduler, fresh) == [0]


def test_S01_pictures_wait_for_the_opening() -> None:
    scheduler = Scheduler()
    generation = scheduler.subscribe(1, 1)
    scheduler.view(view(1, 5))
    assert take(scheduler) == []
    newer = scheduler.subscribe(1, 2)
    assert not scheduler.opened(1, generation), "an opening that came too late"
    assert take(scheduler) == []
    scheduler.opened(1, newer)
    assert take(scheduler) == [], "the view belonged to the earlier subscription"


def test_what_is_refused() -> None:
    scheduler = opened(1)
    with pytest.raises(Malformed):
        scheduler.subscribe(1, 1)
    with pytest.raises(NotFound):
        scheduler.view(view(2, 1))
    scheduler.tiles(tiles(1, *range(MAX_TILES)))
    with pytest.raises(Exhausted):
        scheduler.tiles(tiles(1, 9999))
    for viewport in range(2, MAX_VIEWPORTS + 1):
        scheduler.subscribe(viewport, 1)
    with pytest.raises(Exhausted):
        scheduler.subscribe(1000, 1)


class AnyOrder(RuleBasedStateMachine):
    """Whatever a client does in whatever order, credit and bounds hold and nothing stale leaves."""

    jobs = Bundle("jobs")

    @initialize()
    def begin(self) -> None:
        self.scheduler = Scheduler()
        self.now = 0.0
        self.sequence = 0
        self.granted = FIRST_CREDIT
        self.sent = 0
        self.finished: set[int] = set()
        self.epochs: dict[int, int] = {}

    @rule(viewport=st.integers(0, 3), is_opened=st.booleans())
    def subscribe(self, viewport: int, is_opened: bool) -> None:
        self.epochs[viewport] = self.epochs.get(viewport, 0) + 1
        generation = self.scheduler.subscribe(viewport, self.epochs[viewport])
        if is_opened:
            self.scheduler.opened(viewport, generation)

    @rule(viewport=st.integers(0, 3), what=st.sampled_from(["view", "queue", "tiles", "cancel", "unsubscribe"]))
    def say(self, viewport: int, what: str) -> None:
        self.sequence += 10
        try:
            if what == "view":
                self.scheduler.view(view(viewport, self.sequence))
            elif what == "queue":
                self.scheduler.queue(queue(viewport, self.sequence, 5))
            elif what == "tiles":
                self.scheduler.tiles(tiles(viewport, self.sequence, self.sequence + 1))
            elif what == "cancel":
                self.scheduler.cancel(Cancel(viewport, None))
            else:
                self.scheduler.unsubscribe(viewport)
        except NotFound:
            assert self.scheduler.generation_of(viewport) is None

    @rule(pictures=st.integers(1, 100))
    def grant(self, pictures: int) -> None:
        self.scheduler.grant(pictures)
        self.granted += pictures

    @rule(target=jobs, pictures=st.integers(1, 3), elapsed=st.floats(0, 0.02))
    def take(self, pictures: int, elapsed: float) -> list[Job]:
        self.now += elapsed
        return self.scheduler.take(self.now, pictures=pictures, tiles=2)

    @rule(jobs=jobs, fails=st.booleans())
    def finish(self, jobs: list[Job], fails: bool) -> None:
        for job in jobs:
            if job.ticket in self.finished:
                continue
            self.finished.add(job.ticket)
            for ready, message in self.scheduler.failed(job) if fails else self.scheduler.rendered(job, b"abc"):
                assert ready.epoch == self.epochs[ready.viewport]
                assert self.scheduler.is_wanted(ready)
                self.scheduler.sent(message)
                self.sent += 1

    @invariant()
    def bounds_hold(self) -> None:
        if not hasattr(self, "scheduler"):
            return
        scheduler = self.scheduler
        assert 0 <= scheduler.credit <= MAX_CREDIT
        assert 0 <= scheduler.held <= MAX_CREDIT
        assert self.sent + scheduler.held <= self.granted
        assert scheduler.held_bytes >= 0


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
