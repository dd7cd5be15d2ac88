"""From finished evaluations to ``cv_results_`` and what else describes the search."""

import math
import warnings
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from sklearn_automl._sklearn_compat import (
    format_results,
    insert_error_scores,
    metric_names,
)
from sklearn_automl.exceptions import warn
from sklearn_automl.execution import (
    Evaluation,
    Status,
    blank_folds_not_run,
    complete_folds,
    evaluation_columns,
    iteration_columns,
    rank_by_resource,
)
from sklearn_automl.model_selection._scheduling import Plan

__all__ = ["describe_run", "make_table", "row_of"]


def make_table(
    search: Any, evaluations: Sequence[Evaluation], plan: Plan, scorers: Any
) -> tuple[dict[str, Any], bool]:
    """Return ``cv_results_``, and whether there are several metrics."""
    n_splits = plan.folds.n_splits
    names = metric_names(scorers)
    folds = complete_folds(evaluations, n_splits, search.error_score, names)
    if callable(search.scoring):
        insert_error_scores(folds, search.error_score)
    params = [plan.parameters(e.job) for e in evaluations]
    columns = evaluation_columns(evaluations, plan.n_resources)
    columns["n_folds"] = [len(e.results) for e in evaluations]
    origin_of = plan.scheduler.sampler.origin_of
    columns["origin"] = [origin_of(e.job.config) for e in evaluations]
    # Infinite scores give NaN.
    with np.errstate(invalid="ignore"), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        results = format_results(search, params, folds, columns)
        blank_folds_not_run(results, evaluations, n_splits)
    has_errors = any(fold.error for e in evaluations for fold in e.folds)
    _warn_again(caught, results, has_errors)
    # As in scikit-learn, what it has itself comes first.
    results |= {name: results.pop(name) for name in columns}
    if search.eval_set is not None:
        results.update(iteration_columns(evaluations, n_splits))
    usable = np.array([e.status == Status.COMPLETED for e in evaluations])
    amounts = np.array([e.job.resource for e in evaluations])
    amounts[_failed_later(evaluations)] = 0
    for key in [k for k in results if k.startswith("rank_test_")]:
        scores = results[key.replace("rank_", "mean_")]
        results[key] = rank_by_resource(scores, amounts, usable)
    return results, isinstance(folds[0]["test_scores"], dict)


def _failed_later(evaluations: Sequence[Evaluation]) -> np.ndarray:
    """Tell which trials could not be evaluated with more: they are no winners."""
    failed_at: dict[int, int] = defaultdict(int)
    for e in evaluations:
        if e.status.is_of_the_fit:
            amount = max(failed_at[e.job.trial_id], e.job.resource)
            failed_at[e.job.trial_id] = amount
    return np.array([failed_at[e.job.trial_id] > e.job.resource for e in evaluations])


def _warn_again(caught: Any, results: dict[str, Any], has_errors: bool) -> None:
    """Pass warnings on; scikit-learn's of scores that are not finite has all of them.

    What failed has a warning of its own.
    """
    for warning in caught:
        text, non_finite, _ = str(warning.message).partition(" are non-finite")
        if not non_finite:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
        elif not has_errors:
            kind = "train" if "train scores" in text else "test"
            columns = [v for k, v in results.items() if k.startswith(f"mean_{kind}_")]
            n_bad = np.count_nonzero(~np.isfinite(columns).all(axis=0))
            warn(
                f"{text}{non_finite}: those of {n_bad} of {len(columns[0])} "
                "evaluations. Their folds are in cv_results_.",
                warning.category,
            )


def row_of(evaluation: Evaluation, plan: Plan) -> dict[str, Any]:
    """Return what callbacks get of an evaluation, by the names of the table.

    It is made when the evaluation has ended, and has no ranks.
    """
    columns = evaluation_columns([evaluation], plan.n_resources)
    folds, job = evaluation.folds, evaluation.job
    row = {name: values[0] for name, values in columns.items()}
    row |= {
        "n_folds": len(folds),
        "origin": plan.scheduler.sampler.origin_of(job.config),
        "status": str(evaluation.status),
        "params": plan.parameters(job),
        "score": -evaluation.loss if math.isfinite(evaluation.loss) else math.nan,
        "mean_fit_time": float(np.mean([fold.fit_time for fold in folds])),
        "mean_score_time": float(np.mean([fold.score_time for fold in folds])),
        "is_recorded": evaluation.is_recorded,
    }
    scores = [fold.test_scores for fold in folds]
    if all(isinstance(s, dict) for s in scores):
        for name in scores[0]:
            row[f"mean_test_{name}"] = float(np.mean([s[name] for s in scores]))
    else:
        row["mean_test_score"] = row["score"]
    return row


def describe_run(evaluations: Sequence[Evaluation], plan: Plan) -> dict[str, Any]:
    """Return the attributes that say what ran and what it spent."""
    rungs: dict[tuple[int, int, int], int] = defaultdict(int)
    total = 0.0
    for e in evaluations:
        amount = plan.n_resources(e.job.resource)
        rungs[e.job.bracket, e.job.rung, amount] += 1
        spent = plan.folds.spent(sum(fold.units for fold in e.folds))
        total += spent * amount / plan.folds.shown(e.job.resource)
    brackets = defaultdict(list)
    for (bracket, _, amount), n in sorted(rungs.items()):
        brackets[bracket].append((n, amount))
    amounts = [plan.n_resources(r) for bracket in plan.rungs for n, r in bracket if n]
    amounts += [amount for _, _, amount in rungs]
    return {
        "brackets_": [brackets[b] for b in sorted(brackets)],
        "min_resources_": min(amounts),
        "max_resources_": max(amounts),
        "n_trials_": len({e.job.trial_id for e in evaluations}),
        "total_resources_": int(total) if total.is_integer() else total,
    }
