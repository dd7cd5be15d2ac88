"""Which row of the table is the best."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import get_scorer, get_scorer_names

from sklearn_automl.exceptions import warn
from sklearn_automl.execution import AllFolds, Evaluation, Status

__all__ = ["best_row", "warn_of_unused_name", "with_most"]


def best_row(
    search: Any,
    choose: Callable[[dict[str, Any]], int],
    rows: Sequence[Evaluation],
    folds: AllFolds,
) -> int:
    """Return the row of ``cv_results_`` that ``choose`` returns.

    A callable `refit` gets a table without the rows of lower rungs, because their
    scores cannot be compared with the others. It returns a place in this table.
    """
    table = search.cv_results_
    places = range(len(rows))
    if callable(search.refit):
        places = search._choices(rows, folds)
        table = {name: _taken(column, places) for name, column in table.items()}
    return places[int(choose(table))]


def with_most(rows: Sequence[Evaluation], folds: AllFolds) -> list[int]:
    """Return the places of completed evaluations with all of the resource.

    If there are none, it is those with the most of it.
    """
    usable = [i for i, e in enumerate(rows) if e.status == Status.COMPLETED]
    whole = [i for i in usable if folds.is_everything(rows[i].job)]
    if whole:
        return whole
    most = max(rows[i].job.resource for i in usable)
    return [i for i in usable if rows[i].job.resource == most]


def _taken(column: Any, places: Sequence[int]) -> Any:
    if isinstance(column, np.ndarray):
        return column[list(places)]
    return [column[i] for i in places]


def warn_of_unused_name(search: Any) -> None:
    """Say if `refit` names a metric, and the only one there is has another name.

    scikit-learn takes any text for True here.
    """
    if search.refit not in _names_of_metric(search):
        warn(
            f"refit={search.refit!r} is not the metric of scoring={search.scoring!r}. "
            "scoring has no other metric, so it chooses the best configuration. Pass "
            f"scoring={search.refit!r} to choose by that metric, or refit=True."
        )


def _names_of_metric(search: Any) -> set[str]:
    """Return what a single metric is called."""
    scoring, estimator = search.scoring, search.estimator
    names = {"score"}
    if isinstance(scoring, str):
        names.add(scoring)
    elif scoring is None:  # the estimator's own score
        names |= {"accuracy"} if is_classifier(estimator) else set()
        names |= {"r2"} if is_regressor(estimator) else set()
    else:
        names.add(getattr(scoring, "__name__", "score"))
        is_known = search.refit in get_scorer_names()
        if is_known and repr(get_scorer(search.refit)) == repr(scoring):
            names.add(search.refit)
    return names
