"""A progress bar: one line where lines can be drawn over, and few lines elsewhere."""

import shutil
import sys
import time
from collections.abc import Callable

__all__ = ["Bar"]

_WIDTH = 20
_MIN_WIDTH = 6
_NOTEBOOK_COLUMNS = 110
# A log file gets a line at each of so many parts of the whole, and after so many
# seconds without one.
_N_LINES = 10
_SECONDS = 60.0


class Bar:
    """Shows how far something is, on standard output.

    Parameters
    ----------
    name : str
        What the line begins with.

    clock : callable, default=time.monotonic
        Seconds since some moment.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._n_drawn = 0  # characters that are to be drawn over
        self._n_lines = 0
        self._last = clock()

    def draw(self, fraction: float | None, text: str, long_text: str) -> None:
        """Draw the bar.

        ``fraction`` is None if nobody knows how much it will be. ``text`` stands beside
        the bar, ``long_text`` in a line of its own where lines cannot be drawn over.
        """
        columns = _columns()
        if columns is None:
            self._draw_in_file(fraction, long_text)
            return
        if fraction is not None:
            rest = len(f"{self._name} 100% || {text}")
            width = min(max(columns - 1 - rest, _MIN_WIDTH), _WIDTH)
            text = f"{fraction:4.0%} |{_filled(fraction, width)}| {text}"
        # A longer line could not be drawn over.
        line = f"{self._name} {text}"[: columns - 1]
        self._write("\r" + line.ljust(self._n_drawn))
        self._n_drawn = len(line)

    def end(self, text: str) -> None:
        """Leave a last line."""
        start = "\r" if self._n_drawn else ""
        self._write(f"{start}{f'{self._name} {text}'.ljust(self._n_drawn)}\n")
        self._n_drawn = 0

    def _draw_in_file(self, fraction: float | None, text: str) -> None:
        now = self._clock()
        n_lines = 0 if fraction is None else int(fraction * _N_LINES)
        if n_lines > self._n_lines or now - self._last >= _SECONDS:
            self._write(f"{self._name} {text}\n")
            self._n_lines, self._last = max(n_lines, self._n_lines), now

    def _write(self, text: str) -> None:
        print(text, end="", flush=True)  # noqa: T201  (asked for)


def _columns() -> int | None:
    """Return how long a line may be that is drawn over; None if none can be."""
    if type(sys.stdout).__module__.partition(".")[0] == "ipykernel":
        return _NOTEBOOK_COLUMNS
    if sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    return None


def _filled(fraction: float, width: int) -> str:
    n = int(fraction * width)
    return "#" * n + "-" * (width - n)
