"""Ensemble selection: greedy, with replacement.

Caruana, R., Niculescu-Mizil, A., Crew, G. and Ksikes, A., "Ensemble selection from
libraries of models", ICML 2004, section 2 and section 2.1 (selection with replacement).
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

__all__ = ["greedy_selection"]


def greedy_selection(
    library: Sequence[Sequence[np.ndarray]],
    score: Callable[[list[np.ndarray]], float],
    n_draws: int,
) -> tuple[list[int], float]:
    """Choose the models of a library whose averaged predictions score best.

    Each step draws the model with which the average of all drawn models is best. A
    model can be drawn several times, and then has a larger weight. The function returns
    the best ensemble of all steps. On the predictions that it was chosen by, this
    ensemble is never worse than the best single model.

    Parameters
    ----------
    library : list of list of ndarray
        Predictions of each model, an array for each fold.

    score : callable
        A function of the averaged predictions, which are an array for each fold. It
        returns a number, and more is better. NaN is worse than any other number.

    n_draws : int
        Number of steps.

    Returns
    -------
    draws : list of int
        The models of the best ensemble in the order in which they were drawn, with
        repetitions. Ties are broken by the order of the library, and in favour of the
        smaller ensemble.

    value : float
        Its score.

    Raises
    ------
    ValueError
        If the library is empty or there is no step.

    References
    ----------
    .. [1] Caruana, R. et al., "Ensemble selection from libraries of models", ICML 2004.

    Examples
    --------
    Two models that are wrong in opposite directions:

    >>> import numpy as np
    >>> from sklearn_automl.ensemble import greedy_selection
    >>> y = np.array([1.0, 2.0, 3.0])
    >>> library = [[y + 2.0], [y - 1.0]]
    >>> greedy_selection(library, lambda folds: 1 - np.abs(folds[0] - y).mean(), 5)
    ([1, 0, 1], 1.0)
    """
    if not len(library) or n_draws < 1:
        raise ValueError(
            f"There must be at least one model and one draw, got {len(library)} models "
            f"and n_draws={n_draws!r}."
        )
    draws: list[int] = []
    total = [np.zeros_like(fold) for fold in library[0]]
    best, n_best = -math.inf, 1
    for n in range(1, n_draws + 1):
        values = [
            score([(t + fold) / n for t, fold in zip(total, model, strict=True)])
            for model in library
        ]
        chosen = _first_of_best(values)
        draws.append(chosen)
        total = [t + fold for t, fold in zip(total, library[chosen], strict=True)]
        # Section 2, step 4: the best one of the nested ensembles.
        if values[chosen] > best:
            best, n_best = values[chosen], n
    return draws[:n_best], float(best)


def _first_of_best(values: Sequence[float]) -> int:
    ranked = [-math.inf if math.isnan(value) else value for value in values]
    return ranked.index(max(ranked))
