"""The table of a search: ranks, columns, and what to say of what is in it."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sklearn_automl.execution._evaluation import Evaluation
from sklearn_automl.execution._status import Status

__all__ = [
    "blank_folds_not_run",
    "complete_folds",
    "evaluation_columns",
    "frame_of",
    "iteration_columns",
    "last_line",
    "rank_by_resource",
    "standing",
    "summary_of",
]


# The columns that are read first, by their beginnings, and those that are read last.
_FIRST = ("param_", "mean_test_", "std_test_", "rank_test_")
_LAST = ("split", "mean_train_", "std_train_", "error", "params")


def frame_of(results: dict[str, Any]) -> Any:
    """Return a table as a pandas DataFrame, with what is read first at its beginning.

    Parameters
    ----------
    results : dict of str to sequence
        ``cv_results_`` of a search.

    Returns
    -------
    pandas.DataFrame
        A row for each evaluation.
    """
    import pandas as pd

    names = sorted(results, key=_place)  # a stable sort
    return pd.DataFrame({name: results[name] for name in names})


def _place(column: str) -> int:
    """Return the place of a column of the table among the kinds of columns."""
    # Before the others, because it begins as they do.
    if column.startswith(_LAST) or "time" in column:
        return len(_FIRST) + 1
    places = [i for i, start in enumerate(_FIRST) if column.startswith(start)]
    return places[0] if places else len(_FIRST)


def evaluation_columns(
    evaluations: Sequence[Evaluation], n_resources: Callable[[int], int]
) -> dict[str, list[Any]]:
    """Return the columns of a table that scikit-learn does not have.

    ``n_resources`` turns the amount of a job into what the table shows.
    """
    return {
        "trial_id": [e.job.trial_id for e in evaluations],
        "bracket": [e.job.bracket for e in evaluations],
        "rung": [e.job.rung for e in evaluations],
        "n_resources": [n_resources(e.job.resource) for e in evaluations],
        "status": [e.status for e in evaluations],
        "start_time": [e.start_time for e in evaluations],
        "end_time": [e.end_time for e in evaluations],
        "error": [e.error for e in evaluations],
    }


def complete_folds(
    evaluations: Sequence[Evaluation],
    n_splits: int,
    error_score: Any,
    names: Sequence[str] | None,
) -> list[dict[str, Any]]:
    """Return the results of all folds with the keys that scikit-learn formats.

    Folds whose worker died have no scores; they get ``error_score``, as those that
    raised did. Where a fold was not run stands another one of the same evaluation, for
    :func:`blank_folds_not_run` to mend.
    """
    n_test_samples = {
        split: fold.n_test_samples
        for evaluation in evaluations
        for split, fold in evaluation.results.items()
        if fold is not None and fold.n_test_samples is not None
    }
    has_train = any(f.train_scores is not None for e in evaluations for f in e.folds)
    failed = error_score if names is None else dict.fromkeys(names, error_score)

    def row(evaluation: Evaluation, split: int) -> dict[str, Any]:
        fold = evaluation.results.get(split) or evaluation.folds[0]
        scores = {"test_scores": fold.test_scores}
        if has_train:
            scores["train_scores"] = fold.train_scores
        return {
            "fit_error": fold.fit_error,
            "fit_time": fold.fit_time,
            "score_time": fold.score_time,
            "n_test_samples": n_test_samples.get(split, 0),
            **{name: failed if s is None else s for name, s in scores.items()},
        }

    return [row(e, split) for e in evaluations for split in range(n_splits)]


def blank_folds_not_run(
    results: dict[str, Any], evaluations: Sequence[Evaluation], n_splits: int
) -> None:
    """Leave folds that were not run out of the columns of ``cv_results_``."""
    has_run = np.array([[i in e.results for i in range(n_splits)] for e in evaluations])
    partial = np.flatnonzero(~has_run.all(axis=1)).tolist()
    for key in [key for key in results if key.startswith("split0_")]:
        name = key.removeprefix("split0_")
        columns = [results[f"split{i}_{name}"] for i in range(n_splits)]
        for row in partial:
            run = np.array([columns[i][row] for i in np.flatnonzero(has_run[row])])
            results[f"mean_{name}"][row] = run.mean()
            results[f"std_{name}"][row] = run.std()
        for column, ran in zip(columns, has_run.T, strict=True):
            column[~ran] = np.nan
    for name in ("fit_time", "score_time"):
        for row in partial:
            seconds = [getattr(fold, name) for fold in evaluations[row].folds]
            results[f"mean_{name}"][row] = np.mean(seconds)
            results[f"std_{name}"][row] = np.std(seconds)


def iteration_columns(
    evaluations: Sequence[Evaluation], n_splits: int
) -> dict[str, np.ndarray]:
    """Return with how many iterations the model of each fold predicts, and the mean.

    It is NaN where that is not known.
    """
    table = np.full((len(evaluations), n_splits), np.nan)
    for row, evaluation in enumerate(evaluations):
        for split, fold in evaluation.results.items():
            if fold is not None and fold.best_iteration is not None:
                table[row, split] = fold.best_iteration
    known = np.isfinite(table)
    totals = np.where(known, table, 0).sum(axis=1)
    counts = np.where(known.any(axis=1), known.sum(axis=1), np.nan)
    columns = {f"split{i}_best_iteration": table[:, i] for i in range(n_splits)}
    return {**columns, "mean_best_iteration": totals / counts}


def last_line(error: str) -> str:
    """Return what was raised, of a traceback."""
    return error.strip().rpartition("\n")[2]


def summary_of(evaluations: Sequence[Evaluation], table: str = "cv_results_") -> str:
    """Return how many evaluations were not completed, by status.

    ``table`` is the attribute that holds them.
    """
    counts = Counter(e.status for e in evaluations if e.status != Status.COMPLETED)
    ends = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))
    return (
        f"{sum(counts.values())} of {len(evaluations)} evaluations were not completed "
        f"({ends}). The columns 'status' and 'error' of {table} have the reasons."
    )


def standing(resource: int, score: float) -> tuple[int, float]:
    """Return the key that says which of two completed evaluations is better.

    The one with more of the resource is, and among those with the same amount the one
    with the higher score.
    """
    return resource, score


def rank_by_resource(
    scores: np.ndarray, amounts: np.ndarray, usable: np.ndarray
) -> np.ndarray:
    """Rank evaluations by their standing; unusable ones come last.

    Parameters
    ----------
    scores : ndarray of shape (n_evaluations,)
        Higher is better.

    amounts : ndarray of shape (n_evaluations,)
        Resource of each evaluation.

    usable : ndarray of shape (n_evaluations,)
        False for those that failed.

    Returns
    -------
    ranks : ndarray of shape (n_evaluations,)
        1 for the best; ties share the lowest rank.
    """
    usable = usable & np.isfinite(scores)
    if not usable.any():
        return np.ones(len(scores), dtype=np.int32)
    ranks = np.full(len(scores), 1 + np.count_nonzero(usable), dtype=np.int32)
    standings = list(map(standing, amounts[usable].tolist(), scores[usable].tolist()))
    places: dict[tuple[int, float], int] = {}
    for place, its_standing in enumerate(sorted(standings, reverse=True), start=1):
        places.setdefault(its_standing, place)
    ranks[usable] = [places[its_standing] for its_standing in standings]
    return ranks
