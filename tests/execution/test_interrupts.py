import contextlib
import signal
import threading

import pytest

from sklearn_automl.execution import not_swallowed
from sklearn_automl.execution._interrupts import delayed_interrupts


def interrupt():
    signal.raise_signal(signal.SIGINT)


def swallow():
    with contextlib.suppress(KeyboardInterrupt):
        interrupt()


def test_an_interrupt_that_was_caught_inside_is_raised_at_the_end():
    reached = []
    with pytest.raises(KeyboardInterrupt), not_swallowed():  # noqa: PT012
        swallow()
        reached.append("the end")
    assert reached == ["the end"]


def test_an_interrupt_that_was_not_caught_goes_on():
    with pytest.raises(KeyboardInterrupt), not_swallowed():
        interrupt()


def test_without_an_interrupt_nothing_happens():
    with not_swallowed():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_that_was_made_of_an_interrupt_is_one():
    with pytest.raises(KeyboardInterrupt), not_swallowed():  # noqa: PT012
        swallow()
        raise ValueError("mine")


def test_an_error_without_an_interrupt_is_itself():
    with pytest.raises(ValueError, match="mine"), not_swallowed():
        raise ValueError("mine")


def test_the_handler_of_somebody_else_stays():
    seen = []
    before = signal.signal(signal.SIGINT, lambda *args: seen.append(args))
    try:
        with not_swallowed():
            interrupt()
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(seen) == 1


def test_other_threads_get_no_signals():
    failed = []

    def use():
        try:
            with not_swallowed():
                pass
        except ValueError as error:  # what signal.signal raises there
            failed.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert failed == []


# ---- interrupts that wait --------------------------------------------------------


def test_an_interrupt_waits_for_the_end():
    reached = []
    with pytest.raises(KeyboardInterrupt), delayed_interrupts():  # noqa: PT012
        interrupt()
        reached.append("the end")
    assert reached == ["the end"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_does_not_wait():
    reached = []
    with pytest.raises(KeyboardInterrupt), delayed_interrupts():  # noqa: PT012
        interrupt()
        reached.append("once")
        interrupt()
        reached.append("twice")
    assert reached == ["once"]


def test_an_error_does_not_hide_an_interrupt_that_waits():
    with pytest.raises(KeyboardInterrupt), delayed_interrupts():  # noqa: PT012
        interrupt()
        raise ValueError("mine")


def test_an_error_without_an_interrupt_that_waits_is_itself():
    with pytest.raises(ValueError, match="mine"), delayed_interrupts():
        raise ValueError("mine")


def test_no_other_handler_is_made_to_wait():
    seen = []
    before = signal.signal(signal.SIGINT, lambda *args: seen.append(args))
    try:
        with delayed_interrupts():
            interrupt()
            assert len(seen) == 1
    finally:
        signal.signal(signal.SIGINT, before)
