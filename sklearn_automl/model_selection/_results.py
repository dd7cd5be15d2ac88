"""What to say of evaluations that failed."""

from collections.abc import Sequence

from sklearn_automl.execution import Evaluation, Status

__all__ = ["advice_on_rows"]


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
