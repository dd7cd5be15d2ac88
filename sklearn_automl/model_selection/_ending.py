"""How a search ends: what is raised, and what is said of evaluations that failed."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from sklearn_automl._sklearn_compat import report_fit_failures
from sklearn_automl.exceptions import warn
from sklearn_automl.execution import (
    Evaluation,
    Status,
    StopReason,
    last_line,
    summary_of,
)

__all__ = ["check_usable", "raise_if_ended", "warn_of_run"]


def raise_if_ended(
    evaluations: Sequence[Evaluation], error: BaseException | None
) -> None:
    """Raise what ended the search early; what was finished is in the table already."""
    if error is None:
        return
    if isinstance(error, KeyboardInterrupt):
        kept = f"{len(evaluations)} finished evaluations are in cv_results_."
        raise KeyboardInterrupt(kept) from error
    raise error


def warn_of_run(search: Any, evaluations: Sequence[Evaluation], n_planned: int) -> None:
    """Say what was not as it was planned, and which evaluations failed.

    Raises
    ------
    ValueError
        If every fit failed.
    """
    if search.stop_reason_ == StopReason.COMPLETED:
        if search.n_trials_ < n_planned:
            warn(
                f"The search space gave {search.n_trials_} different configurations, "
                f"fewer than the {n_planned} planned; all of them were tried."
            )
        search._check_run()
    _warn_of_failures(search, evaluations)


def _warn_of_failures(search: Any, evaluations: Sequence[Evaluation]) -> None:
    folds = [fold for e in evaluations for fold in e.folds]
    advice = _advice_on_rows(search, evaluations)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            report_fit_failures(folds, search.error_score)
    except ValueError as error:
        summary = f"{error}\n\n{summary_of(evaluations)}{advice}"
        raise ValueError(summary) from None
    for warning in caught:
        summary = f"{warning.message}\n\n{summary_of(evaluations)}{advice}"
        warn(summary, warning.category)
    errors = [fold["score_error"] for fold in folds if fold.get("score_error")]
    if errors and not caught and _has_completed(evaluations):
        warn(
            f"Scoring failed on {len(errors)} of {len(folds)} folds, first with: "
            f"{last_line(errors[0])}. {summary_of(evaluations)}{advice}"
        )


def check_usable(
    search: Any,
    evaluations: Sequence[Evaluation],
    fit_on_all: Callable[[dict[str, Any]], Any],
) -> None:
    """Raise if there is nothing to select.

    ``fit_on_all`` fits a configuration on all data, which may say more clearly why none
    can be fitted.
    """
    if _has_completed(evaluations):
        return
    first = evaluations[0]
    are_fits = any(fold["fit_error"] for fold in first.folds)
    has_raised = are_fits or any(fold.get("score_error") for fold in first.folds)
    # Not if a worker died: the same fit would end this process too.
    have_all_raised = has_raised and all(e.status == Status.FAILED for e in evaluations)
    if search.refit and have_all_raised:
        fit_on_all(search.cv_results_["params"][0])
    if are_fits:
        cause = "Every configuration failed to fit on at least one fold."
    elif has_raised:
        cause = "Scoring failed, in the estimator's predict or in the scorer."
    else:
        cause = "Check the scoring parameter."
    raise ValueError(
        f"None of the {len(evaluations)} evaluations gave a finite score."
        f"{_advice_on_rows(search, evaluations)} {cause} The first one says: "
        f"{last_line(first.error)} (see cv_results_['error'])."
    )


def _has_completed(evaluations: Sequence[Evaluation]) -> bool:
    return any(e.status == Status.COMPLETED for e in evaluations)


def _advice_on_rows(search: Any, evaluations: Sequence[Evaluation]) -> str:
    """Return what to say if configurations failed on few rows, else nothing."""
    largest = search.max_resources_
    failed = [
        e.job.resource
        for e in evaluations
        if e.status == Status.FAILED and e.job.resource < largest
    ]
    if search.resource != "n_samples" or not failed:
        return ""
    return (
        f" {len(failed)} evaluations failed with n_samples={min(failed)} or more of "
        f"{largest} rows. If they need more rows (for all categories, components or "
        "neighbors), pass a larger min_resources or another resource."
    )
