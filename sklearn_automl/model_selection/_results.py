"""From finished evaluations to ``cv_results_``."""

from collections.abc import Sequence
from typing import Any

from sklearn_automl.execution import Evaluation, Status

__all__ = ["advice_on_rows", "complete_folds"]


def complete_folds(
    evaluations: Sequence[Evaluation], error_score: Any, names: Sequence[str] | None
) -> list[dict[str, Any]]:
    """Return the results of all folds with the keys that scikit-learn formats.

    Folds whose worker died have no scores; they get ``error_score``, as those that
    raised did.
    """
    n_test_samples = {
        split: fold["n_test_samples"]
        for evaluation in evaluations
        for split, fold in enumerate(evaluation.folds)
        if "n_test_samples" in fold
    }
    has_train = any("train_scores" in f for e in evaluations for f in e.folds)
    folds = []
    for evaluation in evaluations:
        for split, fold in enumerate(evaluation.folds):
            row = {
                "fit_error": fold["fit_error"],
                "fit_time": fold.get("fit_time", 0.0),
                "score_time": fold.get("score_time", 0.0),
                "n_test_samples": n_test_samples.get(split, 0),
            }
            failed = error_score if names is None else dict.fromkeys(names, error_score)
            row["test_scores"] = fold.get("test_scores", failed)
            if has_train:
                row["train_scores"] = fold.get("train_scores", failed)
            folds.append(row)
    return folds


def advice_on_rows(
    evaluations: Sequence[Evaluation], resource: str | None, largest: int
) -> str:
    """Return what to say if configurations failed on few rows, else nothing."""
    failed = [
        e.job.resource
        for e in evaluations
        if e.status == Status.FAILED and e.job.resource < largest
    ]
    if resource != "n_samples" or not failed:
        return ""
    return (
        f" {len(failed)} evaluations failed with n_samples={min(failed)} or more of "
        f"{largest} rows. If they need more rows (for all categories, components or "
        "neighbors), pass a larger min_resources or another resource."
    )
