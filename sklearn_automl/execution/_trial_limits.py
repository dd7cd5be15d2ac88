"""What one evaluation may take: seconds, and memory of its worker."""

import os
import re
from dataclasses import dataclass
from typing import Any

from sklearn_automl._processes import resident_memory
from sklearn_automl.execution._status import Status

__all__ = [
    "TrialLimits",
    "bytes_of",
    "can_measure_memory",
]

# Python and scikit-learn alone have more than this, in bytes.
_MIN_MEMORY = 100 * 10**6

_UNITS = "kmgt"
_MEMORY = re.compile(rf"(\d+(?:\.\d*)?)\s*(?:([{_UNITS}])(i?))?b?", re.IGNORECASE)


@dataclass(frozen=True)
class TrialLimits:
    """Limits of one evaluation, None where there is none.

    ``timeout`` is in seconds for all of its folds together, so that it means the same
    for any number of workers; ``memory`` in bytes of a worker's resident memory.
    """

    timeout: float | None = None
    memory: int | None = None

    @classmethod
    def of(cls, timeout: float | None, memory_limit: Any) -> "TrialLimits":
        """Return the limits that a search's parameters mean.

        Raises
        ------
        ValueError
            If the memory limit is no amount of memory, less than a worker needs to
            start, or cannot be kept on this system.
        """
        memory = bytes_of(memory_limit)
        if memory is not None and memory < _MIN_MEMORY:
            raise ValueError(
                f"trial_memory_limit={memory_limit!r} is {memory:,} bytes, less than "
                f"the {_MIN_MEMORY // 10**6} MB that a worker needs before it does "
                "anything. Pass more, for example '2GB'."
            )
        if memory is not None and not can_measure_memory():
            raise ValueError(
                "trial_memory_limit needs psutil on this system: install it, or leave "
                "the limit at None."
            )
        return cls(timeout, memory)

    def __bool__(self) -> bool:
        return self.timeout is not None or self.memory is not None

    def exceeded(self, seconds: float, memory: int | None) -> tuple[Status, str] | None:
        """Return the status of what has taken that much, and why; None if it may go on.

        ``memory`` is None if it is not known.
        """
        if self.timeout is not None and seconds >= self.timeout:
            return Status.TIMEOUT, (
                f"It took longer than trial_timeout={self.timeout:g} seconds."
            )
        if self.memory is not None and memory is not None and memory > self.memory:
            return Status.MEMORY, (
                f"Its worker used {memory / 1e6:,.0f} MB, more than "
                f"trial_memory_limit={self.memory / 1e6:,.0f} MB."
            )
        return None


def bytes_of(limit: Any) -> int | None:
    """Return the bytes of a memory limit: a number, or a text as "2GB" or "512 MiB".

    Raises
    ------
    ValueError
        If the text cannot be read, or is 0.
    """
    if limit is None:
        return None
    size = 0.0
    if not isinstance(limit, str):
        size = float(limit)
    elif match := _MEMORY.fullmatch(limit.strip()):
        number, unit, binary = match.groups()
        power = 1 + _UNITS.index(unit.lower()) if unit else 0
        size = float(number) * (1024 if binary else 1000) ** power
    if size < 1:
        raise ValueError(
            f"trial_memory_limit={limit!r} is not an amount of memory. Pass a number "
            "of bytes, or a number with a unit: '500MB', '2GB', '2GiB'."
        )
    return int(size)


def can_measure_memory() -> bool:
    """Tell whether the memory of a process can be known here."""
    return resident_memory(os.getpid()) is not None
