"""How a time limit is shared out between the search and the final training."""

import time

__all__ = [
    "deadline_of_all",
    "deadline_of_first",
    "deadline_of_search",
    "seconds_of_search",
    "share_held_out",
    "share_of_time",
    "workers_within",
]

# Where a final training follows. That one has more rows and epochs, so it may need as
# long as several others.
_SHARE_OF_SEARCH = 0.6

# Trainings end at this share: what is left to do, such as scores, takes time too.
_SHARE_OF_TRAININGS = 0.97

# Seconds of a search that workers are started for. Each imports torch, which takes some
# seconds on an idle machine and many on a busy one.
_WORTH_WORKERS = 20.0

# So many rows are scored at most for each second of the limit, but at least so many. On
# 10,000 images of 28 x 28 one score takes as long as a limit of 5 seconds.
_ROWS_OF_SECOND, _LEAST_ROWS = 200, 100

# The first trial, a large network, leaves so much of the search to all others.
_SHARE_OF_FIRST = 0.5

# A search with a checkpoint can last longer than its share; a final training gets so
# much of the limit even then.
_LEAST_SHARE = 0.1


def seconds_of_search(limit: float | None, *, refit: bool) -> float | None:
    """Return how long a search may take; None without a limit.

    Parameters
    ----------
    limit : float or None
        Seconds of a whole fit.

    refit : bool
        Whether a final training follows.
    """
    if limit is None:
        return None
    return float(limit) * (_SHARE_OF_SEARCH if refit else _SHARE_OF_TRAININGS)


def deadline_of_search(
    limit: float | None, began: float, *, refit: bool
) -> float | None:
    """Return when trainings of a search must end, as ``time.time`` counts it.

    Parameters
    ----------
    limit : float or None
        Seconds of a whole fit.

    began : float
        When it began, by ``time.perf_counter``.

    refit : bool
        Whether a final training follows.
    """
    seconds = seconds_of_search(limit, refit=refit)
    return None if seconds is None else time.time() + _rest(seconds, began)


def share_held_out(fraction: float, n_rows: int, limit: float | None) -> float:
    """Return the share of rows that score, where time for scores is short.

    Parameters
    ----------
    fraction : float
        What the user has asked for.

    n_rows : int
        How many there are.

    limit : float or None
        Seconds of a whole fit.
    """
    if limit is None:
        return fraction
    return min(fraction, max(_ROWS_OF_SECOND * limit, _LEAST_ROWS) / n_rows)


def share_of_time(deadline: float, n_trainings: int) -> float:
    """Return when the first of several trainings must end, so that each has its share.

    Parameters
    ----------
    deadline : float
        That of all of them, as ``time.time`` counts it.

    n_trainings : int
        How many there are, one after the other.
    """
    now = time.time()
    return min(now + (deadline - now) / n_trainings, deadline)


def workers_within(n_jobs: int | None, seconds: float | None) -> int | None:
    """Return how many workers a search starts; one where time is short.

    Parameters
    ----------
    n_jobs : int or None
        What the user has asked for.

    seconds : float or None
        How long the search may take.
    """
    return 1 if seconds is not None and seconds < _WORTH_WORKERS else n_jobs


def deadline_of_first(deadline: float) -> float:
    """Return when the training of the first trial, which begins now, must end.

    Parameters
    ----------
    deadline : float
        That of the others, as ``time.time`` counts it.
    """
    now = time.time()
    return now + _SHARE_OF_FIRST * (deadline - now)


def deadline_of_all(limit: float | None, began: float) -> float | None:
    """Return when the final training must end, as ``time.time`` counts it.

    Parameters
    ----------
    limit : float or None
        Seconds of a whole fit.

    began : float
        When it began, by ``time.perf_counter``.
    """
    if limit is None:
        return None
    rest = _rest(_SHARE_OF_TRAININGS * limit, began)
    return time.time() + max(rest, _LEAST_SHARE * limit)


def _rest(seconds: float, began: float) -> float:
    return seconds - (time.perf_counter() - began)
