from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from sklearn_automl.execution import drive, in_order


class FakeExecutor:
    """Closes, or is interrupted while it does."""

    def __init__(self, interrupted=False):
        self.interrupted = interrupted
        self.n_closed = 0

    def close(self):
        self.n_closed += 1
        if self.interrupted:
            raise KeyboardInterrupt


def a_loop(error=None, events=None):
    events = [] if events is None else events
    return SimpleNamespace(run=lambda: events.append("run"), error=error)


def fail():
    raise RuntimeError("no worker starts")


def test_returns_the_loop_and_closes_the_workers():
    executor, loop = FakeExecutor(), a_loop()
    assert drive(executor, lambda: loop) is loop
    assert executor.n_closed == 1


def test_workers_are_closed_where_there_is_no_loop():
    executor = FakeExecutor()
    with pytest.raises(RuntimeError, match="no worker starts"):
        drive(executor, fail)
    assert executor.n_closed == 1


def test_a_second_interrupt_does_not_lose_what_the_first_has_left():
    loop = a_loop(error=KeyboardInterrupt())
    assert drive(FakeExecutor(interrupted=True), lambda: loop) is loop


def test_an_interrupt_of_the_end_is_raised():
    with pytest.raises(KeyboardInterrupt):
        drive(FakeExecutor(interrupted=True), a_loop)


def test_what_is_around_is_there_while_the_loop_runs():
    events = []

    @contextmanager
    def around():
        events.append("enter")
        yield
        events.append("leave")

    drive(FakeExecutor(), lambda: a_loop(events=events), around())
    assert events == ["enter", "run", "leave"]


def test_evaluations_are_in_an_order_that_does_not_depend_on_workers():
    places = [(1, 0, 2), (0, 1, 0), (0, 0, 1), (0, 0, 0)]
    jobs = [SimpleNamespace(bracket=b, rung=r, trial_id=t) for b, r, t in places]
    loop = SimpleNamespace(evaluations=[SimpleNamespace(job=job) for job in jobs])
    ordered = [(e.job.bracket, e.job.rung, e.job.trial_id) for e in in_order(loop)]
    assert ordered == sorted(places)
