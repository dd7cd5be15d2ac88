"""Columns of the table of a search, with the names that scikit-learn has."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_automl.execution import Evaluation
from sklearn_automl.space import Configuration

__all__ = ["parameter_columns", "score_columns"]


def score_columns(
    evaluations: Sequence[Evaluation], n_splits: int
) -> dict[str, np.ndarray]:
    """Return seconds and scores of the folds, and what they are together.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        The rows.

    n_splits : int
        Number of folds.

    Returns
    -------
    dict of str to ndarray
        The columns. A fold that failed has no score, which is NaN.
    """
    scores = np.full((len(evaluations), n_splits), np.nan)
    for row, evaluation in enumerate(evaluations):
        for split, fold in evaluation.results.items():
            if fold is not None and isinstance(fold.test_scores, int | float):
                scores[row, split] = fold.test_scores
    columns = {}
    for name in ("fit_time", "score_time"):
        seconds = [[getattr(f, name) for f in e.folds] for e in evaluations]
        columns[f"mean_{name}"] = np.array([np.mean(s) for s in seconds])
        columns[f"std_{name}"] = np.array([np.std(s) for s in seconds])
    for split in range(n_splits):
        columns[f"split{split}_test_score"] = scores[:, split]
    columns["std_test_score"] = scores.std(axis=1)
    return columns


def parameter_columns(configs: Sequence[Configuration]) -> dict[str, Any]:
    """Return a column for each decision; it is masked where that is not made.

    Parameters
    ----------
    configs : sequence of dict
        The decisions of each row.

    Returns
    -------
    dict of str to masked array
        Names begin with "param_".
    """
    names = dict.fromkeys(name for config in configs for name in config)
    columns = {}
    for name in names:
        column = np.ma.masked_all(len(configs), dtype=object)
        for row, config in enumerate(configs):
            if name in config:
                column[row] = config[name]
        columns[f"param_{name}"] = column
    return columns
