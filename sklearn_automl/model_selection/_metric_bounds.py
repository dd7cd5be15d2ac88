"""What a known metric can reach at most: a score to stop at must not be above it."""

import pickle
from typing import Any

from sklearn.base import is_classifier, is_regressor
from sklearn.metrics import get_scorer, get_scorer_names

from sklearn_automl._sklearn_compat import (
    is_multimetric_scorer,
    metric_names,
    named_scorers,
)
from sklearn_automl.model_selection._checks import check_metrics, decisive_metric
from sklearn_automl.model_selection._ensemble_scores import has_plain_score

__all__ = ["check_scoring", "highest_of"]

# More of these is always possible.
_UNBOUNDED = {"mutual_info_score", "positive_likelihood_ratio"}
# All others of scikit-learn, but those that are negated losses, have a perfect score.
_PERFECT = 1.0


def check_scoring(search: Any, scorers: Any) -> None:
    """Refuse, before any fit, names of no metric and scores that none can reach."""
    if not callable(search.scoring):
        check_metrics(search, metric_names(scorers))
    _check_stop_at(search, scorers)


def _check_stop_at(search: Any, scorers: Any) -> None:
    """Refuse a `stop_at` that the deciding metric cannot reach."""
    if search.stop_at is None:
        return
    metric, scorer = _deciding(search, scorers)
    name = _name_of(search, metric, scorer)
    highest = None if name is None else highest_of(name)
    if highest is None or search.stop_at <= highest:
        return
    shown = name if metric in (None, name) else f"{metric} ({name})"
    advice = "Pass a number that can be reached, such as 0.95."
    if highest == 0:
        advice = f"A loss is negated: pass stop_at=-{search.stop_at} if that was meant."
    raise ValueError(
        f"stop_at={search.stop_at!r} can never be reached: {shown} is {highest:g} at "
        f"most. {advice}"
    )


def highest_of(name: str) -> float | None:
    """Return what a metric of scikit-learn can reach at most; None if nothing is."""
    if name in _UNBOUNDED:
        return None
    # "max_error" has had a name that says what it is only since scikit-learn 1.6.
    return 0.0 if name.startswith("neg_") or name == "max_error" else _PERFECT


def _deciding(search: Any, scorers: Any) -> tuple[str | None, Any]:
    """Return the name that a search gives to the metric that decides, and its scorer.

    They are not known before the first score where a callable makes several.
    """
    if not is_multimetric_scorer(scorers):
        return None, scorers
    named = named_scorers(scorers)
    metric = decisive_metric(search)
    metric = next(iter(named)) if metric is None else metric
    return metric, named[metric]


def _name_of(search: Any, metric: str | None, scorer: Any) -> str | None:
    """Return scikit-learn's name of a metric; None if it is not known."""
    if search.scoring is None:
        if not has_plain_score(search.estimator):
            return None
        if is_classifier(search.estimator):
            return "accuracy"
        return "r2" if is_regressor(search.estimator) else None
    names = get_scorer_names()
    # The user's own name of a metric may be that of another one.
    if metric in names:
        names = [metric, *names]
    return next((name for name in names if _are_equal(get_scorer(name), scorer)), None)


def _are_equal(known: Any, scorer: Any) -> bool:
    """Tell whether two scorers call the same function in the same way."""
    if repr(known) != repr(scorer):
        return False
    # A function of the user may have the name of one of scikit-learn.
    try:
        return pickle.dumps(known) == pickle.dumps(scorer)
    except (pickle.PicklingError, AttributeError, TypeError):  # it cannot be imported
        return False
