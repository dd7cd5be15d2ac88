"""How a search ends: what is raised and said of failures, and the final fit."""

import time
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone

from sklearn_automl._sklearn_compat import refit_context, report_fit_failures
from sklearn_automl.exceptions import warn
from sklearn_automl.execution import (
    Evaluation,
    Status,
    StopReason,
    last_line,
    not_swallowed,
    summary_of,
    without_early_stopping,
)
from sklearn_automl.model_selection._data import Data
from sklearn_automl.model_selection._passes import making_passes, n_passes_of
from sklearn_automl.model_selection._scheduling import Plan

__all__ = [
    "check_usable",
    "has_completed",
    "raise_if_ended",
    "refit",
    "warn_of_incomplete_best",
    "warn_of_run",
]


def raise_if_ended(
    evaluations: Sequence[Evaluation], error: BaseException | None
) -> None:
    """Raise what ended the search early; what was finished is in the table already."""
    if error is None:
        return
    if isinstance(error, KeyboardInterrupt):
        kept = f"{len(evaluations)} finished evaluations are in cv_results_."
        if not evaluations:
            kept = "No evaluation was finished, so there is no cv_results_."
        raise KeyboardInterrupt(kept) from error
    raise error


def warn_of_run(search: Any, evaluations: Sequence[Evaluation], plan: Plan) -> None:
    """Say what was not as it was planned, and which evaluations failed.

    Raises
    ------
    ValueError
        If every fit failed.
    """
    if search.stop_reason_ == StopReason.COMPLETED:
        if search.n_trials_ < plan.n_trials:
            warn(
                f"The search space gave {search.n_trials_} different configurations, "
                f"fewer than the {plan.n_trials} planned; all of them were tried."
            )
        search._check_run()
    _warn_of_failures(search, evaluations, plan)


def _warn_of_failures(
    search: Any, evaluations: Sequence[Evaluation], plan: Plan
) -> None:
    forgiven = _judged_later(evaluations)
    if has_completed(evaluations):
        # Below this nothing could be evaluated, and the search climbed to it.
        least = min(e.job.resource for e in evaluations if e.status == Status.COMPLETED)
        too_early = [
            e for e in evaluations if e.job.resource < least and _may_need_more(e, plan)
        ]
        if too_early:
            _warn_of_climb(too_early[0], least, plan)
        forgiven |= {id(e) for e in too_early}
    unforgiven = [e for e in evaluations if id(e) not in forgiven]
    # A fold that came from a lower rung is counted there.
    folds = [fold for e in unforgiven for fold in e.folds if not fold.is_kept]
    advice = _advice_on_rows(unforgiven, plan)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            report_fit_failures([f.fit_error for f in folds], search.error_score)
    except ValueError as error:
        summary = f"{error}\n\n{summary_of(evaluations)}{advice}"
        raise ValueError(summary) from None
    for warning in caught:
        summary = f"{warning.message}\n\n{summary_of(evaluations)}{advice}"
        warn(summary, warning.category)
    errors = [fold.score_error for fold in folds if fold.score_error]
    if errors and not caught and has_completed(evaluations):
        warn(
            f"Scoring failed on {len(errors)} of {len(folds)} folds, first with: "
            f"{last_line(errors[0])}. {summary_of(evaluations)}{advice}"
        )


def _judged_later(evaluations: Sequence[Evaluation]) -> set[int]:
    """Return the failures, by ``id``, of trials that were evaluated with more rows."""
    judged_with: dict[int, int] = {}
    for e in evaluations:
        if e.status == Status.COMPLETED:
            trial_id = e.job.trial_id
            most = max(judged_with.get(trial_id, 0), e.job.resource)
            judged_with[trial_id] = most
    return {
        id(e)
        for e in evaluations
        if e.status.is_of_the_fit
        and e.job.resource < judged_with.get(e.job.trial_id, 0)
    }


def _may_need_more(evaluation: Evaluation, plan: Plan) -> bool:
    return bool(evaluation.failure) and plan.folds.may_mend(evaluation.job.resource)


def _warn_of_climb(failure: Evaluation, works_from: int, plan: Plan) -> None:
    """Say that the search climbed until something could be fitted, and the remedy."""
    first, least, most = map(
        plan.n_resources, (failure.job.resource, works_from, plan.folds.maximum)
    )
    warn(
        f"No configuration could be evaluated with n_samples={first}, so that the "
        f"search went on with more, at least {least} of {most} rows. The first failure "
        f"is {last_line(failure.error).rstrip('.')}. If categories or classes are "
        "rare, let the encoder ignore unknown ones (handle_unknown='ignore'); "
        f"otherwise pass min_resources={least}, or resource='n_folds'."
    )


def warn_of_incomplete_best(
    search: Any,
    evaluations: Sequence[Evaluation],
    best: Evaluation,
    plan: Plan,
) -> None:
    """Say if nobody was evaluated with everything, so that the best was not either."""
    if plan.folds.is_everything(best.job):
        return
    amount = f"{search.resource}={plan.n_resources(best.job.resource)}"
    failed = [
        e
        for e in evaluations
        if e.status.is_of_the_fit and e.job.resource >= best.job.resource
    ]
    why, remedy = ".", "Give the search more time."
    if failed:
        why = (
            f": {len(failed)} failed, the first with {last_line(failed[0].error)} (see "
            "cv_results_['error'])."
        )
        remedy = (
            "If categories or classes are rare, let the encoder ignore unknown ones "
            "(handle_unknown='ignore')."
        )
    warn(
        f"No configuration was evaluated with all of the resource on all folds{why} "
        f"The best one was chosen with {amount} on {len(best.results)} of "
        f"{plan.folds.n_splits} folds. {remedy}"
    )


def check_usable(
    search: Any, evaluations: Sequence[Evaluation], data: Data, plan: Plan
) -> None:
    """Raise if there is nothing to select.

    If every fit raised, the error is what a fit on all data raises: that may say more
    clearly why none can be fitted.
    """
    if has_completed(evaluations):
        return
    first = evaluations[0]
    are_fits = any(fold.fit_error for fold in first.folds)
    has_raised = are_fits or any(fold.score_error for fold in first.folds)
    # Not if a worker died: the same fit would end this process too.
    have_all_raised = has_raised and all(e.status.is_of_the_fit for e in evaluations)
    if search.refit and have_all_raised:
        _fit_on_all(search, search.cv_results_["params"][0], data)
    if are_fits:
        cause = "Every configuration failed to fit on at least one fold."
    elif has_raised:
        cause = "Scoring failed, in the estimator's predict or in the scorer."
    else:
        cause = "Check the scoring parameter."
    raise ValueError(
        f"None of the {len(evaluations)} evaluations gave a finite score."
        f"{_advice_on_rows(evaluations, plan)} {cause} The first one says: "
        f"{last_line(first.error)} (see cv_results_['error'])."
    )


def refit(search: Any, data: Data, root: Any) -> None:
    """Fit the best configuration on all data.

    Sets ``best_estimator_``, ``refit_time_`` and, if X has names of features,
    ``feature_names_in_``. ``root`` is the callback context of the whole fit.
    """
    began = time.time()
    search.best_estimator_ = _fit_on_all(search, search.best_params_, data, root)
    search.refit_time_ = time.time() - began
    if hasattr(search.best_estimator_, "feature_names_in_"):
        search.feature_names_in_ = search.best_estimator_.feature_names_in_


def _fit_on_all(
    search: Any, params: dict[str, Any], data: Data, root: Any = None
) -> Any:
    row = getattr(search, "best_index_", None)
    best, fit_params = final_fit(search, params, data, row)
    arguments = (data.X,) if data.y is None else (data.X, data.y)
    context = refit_context(root, search, best, data.X, data.y, data.metadata)
    with context, not_swallowed(), making_passes(best, n_passes_of(search, row)):
        best.fit(*arguments, **fit_params)
    return best


def final_fit(
    search: Any, params: dict[str, Any], data: Data, row: int | None
) -> tuple[Any, dict[str, Any]]:
    """Return what is fitted on all rows, and what its ``fit`` gets.

    With an evaluation set, it has the iterations at which the folds of a row of
    ``cv_results_`` stopped.
    """
    # Parameters can themselves be estimators, which must not be fitted in place.
    best = clone(search.estimator).set_params(**clone(params, safe=False))
    fit_params = data.routed.estimator.fit
    if search.eval_set is None:
        return best, fit_params
    mean = np.nan if row is None else search.cv_results_["mean_best_iteration"][row]
    n = None if np.isnan(mean) else max(1, round(mean))
    return without_early_stopping(best, n, fit_params)


def has_completed(evaluations: Sequence[Evaluation]) -> bool:
    """Tell whether there is anything to select."""
    return any(e.status == Status.COMPLETED for e in evaluations)


def _advice_on_rows(evaluations: Sequence[Evaluation], plan: Plan) -> str:
    """Return what to say if configurations failed on few rows, else nothing."""
    # What fails with everything as well does not fail for want of rows.
    in_full = {e.failure for e in evaluations if not _may_need_more(e, plan)}
    failed = [
        plan.n_resources(e.job.resource)
        for e in evaluations
        if _may_need_more(e, plan) and e.failure not in in_full
    ]
    if not failed:
        return ""
    return (
        f" {len(failed)} evaluations failed with n_samples={min(failed)} or more of "
        f"{plan.n_resources(plan.folds.maximum)} rows. If they need more rows (for all "
        "categories, components or neighbors), pass a larger min_resources or another "
        "resource."
    )
