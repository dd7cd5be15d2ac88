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
        split: fold.n_test_samples
        for evaluation in evaluations
        for split, fold in enumerate(evaluation.folds)
        if fold.n_test_samples is not None
    }
    has_train = any(f.train_scores is not None for e in evaluations for f in e.folds)
    rows = []
    for evaluation in evaluations:
        for split, fold in enumerate(evaluation.folds):
            row: dict[str, Any] = {
                "fit_error": fold.fit_error,
                "fit_time": fold.fit_time,
                "score_time": fold.score_time,
                "n_test_samples": n_test_samples.get(split, 0),
            }
            failed = error_score if names is None else dict.fromkeys(names, error_score)
            names_and_scores = [("test_scores", fold.test_scores)]
            if has_train:
                names_and_scores.append(("train_scores", fold.train_scores))
            for name, scores in names_and_scores:
                row[name] = failed if scores is None else scores
            rows.append(row)
    return rows


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
