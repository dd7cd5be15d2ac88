"""Exceptions and warnings of sklearn_automl."""

import inspect
import warnings

__all__ = [
    "CheckpointError",
    "HistoryError",
    "SearchSpaceExhausted",
    "SearchWarning",
    "warn",
]


class CheckpointError(OSError, ValueError):
    """A checkpoint cannot be used: it is damaged, in use, or from another search.

    It is an OSError, because it is about a file. It is also a ValueError, like all
    errors of ``fit`` about parameters.
    """


class HistoryError(OSError, ValueError):
    """A SearchHistory cannot be used: its file is damaged, or from another program.

    Like CheckpointError, it is an OSError and a ValueError.
    """


class SearchSpaceExhausted(Exception):  # noqa: N818  (a signal, as StopIteration is)
    """Raised by a sampler when every configuration of a finite space was proposed."""


class SearchWarning(UserWarning):
    """A search does something other than what its parameters ask for, and says so."""


def warn(message: str, category: type[Warning] = SearchWarning) -> None:
    """Warn at the line that called this package, however deep this is in it."""
    level, frame = 1, inspect.currentframe()
    while frame is not None and _is_inside(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def _is_inside(module: str) -> bool:
    # scikit-learn's decorator of ``fit`` stands between.
    return module.partition(".")[0] in {"sklearn_automl", "sklearn"}
