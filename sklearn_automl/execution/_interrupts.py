"""Ctrl-C is not lost in code that catches KeyboardInterrupt and goes on."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["not_swallowed"]


@contextmanager
def not_swallowed() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end if code inside has caught one.

    That code may have gone on, or raised another error instead. skorch, for one, ends
    the training of a network at an interrupt as if the training were complete.

    Interrupts are noted in the main thread with Python's own handler only. Other
    threads do not receive them, and another handler decides for itself.
    """
    own = signal.default_int_handler
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not own
    ):
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
