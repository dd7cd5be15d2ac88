"""Ctrl-C is not lost in code that goes on after it, and waits where it would harm."""

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType

__all__ = ["delayed_interrupts", "not_swallowed"]


def not_swallowed() -> AbstractContextManager[None]:
    """Raise KeyboardInterrupt at the end if code inside has caught one.

    That code may have gone on, or raised another error instead. skorch, for one, ends
    the training of a network at an interrupt as if the training were complete.

    Interrupts are noted in the main thread with Python's own handler only. Other
    threads do not receive them, and another handler decides for itself.
    """
    return _noted(n_waiting=0)


def delayed_interrupts() -> AbstractContextManager[None]:
    """Let Ctrl-C wait for the end of what belongs together; a second one does not wait.

    As in :func:`not_swallowed`, this is for the main thread with Python's own handler.
    """
    return _noted(n_waiting=1)


@contextmanager
def _noted(n_waiting: int) -> Iterator[None]:
    """Raise KeyboardInterrupt at the end if there was one; the first ones only then."""
    own = signal.default_int_handler
    if not _receives_interrupts():
        yield
        return
    n_noted = 0

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal n_noted
        n_noted += 1
        if n_noted > n_waiting:
            own(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    except Exception as error:
        if n_noted:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, own)
    if n_noted:
        raise KeyboardInterrupt


def _receives_interrupts() -> bool:
    """Tell whether this thread receives interrupts, by Python's own handler."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
