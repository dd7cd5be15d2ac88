"""Ctrl-C is not lost in code that goes on after it, and waits where it would harm."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["delayed_interrupts", "not_swallowed"]


@contextmanager
def not_swallowed() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end if code inside has caught one.

    That code may have gone on, or raised another error instead. skorch, for one, ends
    the training of a network at an interrupt as if the training were complete.

    Interrupts are noted in the main thread with Python's own handler only. Other
    threads do not receive them, and another handler decides for itself.
    """
    own = signal.default_int_handler
    if not _is_here():
        yield
        return
    interrupted = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        own(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    except Exception as error:
        if interrupted:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, own)
    if interrupted:
        raise KeyboardInterrupt


@contextmanager
def delayed_interrupts() -> Iterator[None]:
    """Let Ctrl-C wait for the end of what belongs together; a second one does not wait.

    As in :func:`not_swallowed`, this is for the main thread with Python's own handler.
    """
    own = signal.default_int_handler
    if not _is_here():
        yield
        return
    interrupted = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal interrupted
        if interrupted:
            own(number, frame)
        interrupted = True

    signal.signal(signal.SIGINT, note)
    try:
        yield
    except Exception as error:
        if interrupted:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, own)
    if interrupted:
        raise KeyboardInterrupt


def _is_here() -> bool:
    """Tell whether this thread receives interrupts, by Python's own handler."""
    is_main = threading.current_thread() is threading.main_thread()
    return is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler
