"""Scores: numbers, whatever a metric returns them as."""

import math
from contextlib import suppress
from numbers import Real
from typing import Any

__all__ = ["as_number", "score_of"]


def as_number(score: Any) -> Any:
    """Return the number that an array or a tensor holds; anything else as it is.

    Parameters
    ----------
    score : object
        What a scorer returned.
    """
    if isinstance(score, Real) or not hasattr(score, "item"):
        return score
    # Arrays and tensors raise these two if they hold more than one number.
    with suppress(ValueError, RuntimeError):
        return score.item()
    return score


def score_of(scorer: Any, net: Any, X: Any, y: Any, weights: Any = None) -> float:
    """Return the score of a net.

    Parameters
    ----------
    scorer : callable
        As scikit-learn has them.

    net, X, y : object
        What it takes.

    weights : ndarray of shape (n_samples,), default=None
        Of the rows.

    Returns
    -------
    float
        Not a number if the scorer has failed.

    Raises
    ------
    ValueError
        If it returned something else than a number.
    """
    options = {} if weights is None else {"sample_weight": weights}
    try:
        value = as_number(scorer(net, X, y, **options))
    # A scorer of the user's can raise anything; other architectures go on.
    except Exception:  # noqa: BLE001
        value = math.nan
    if not isinstance(value, Real):
        raise ValueError(
            f"scoring returned {value!r}. An architecture search needs a number."
        )
    return float(value)
