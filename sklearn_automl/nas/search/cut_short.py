"""Trainings of a search that its time limit has ended: what the table says of them."""

from collections.abc import Sequence

from sklearn_automl.exceptions import warn
from sklearn_automl.execution import Evaluation, Status

__all__ = ["epochs_in_time", "note_cut_short", "warn_if_hardly_trained"]

# Networks that had a smaller share of their epochs say little about architectures.
_FEWEST = 0.1


def epochs_in_time(evaluation: Evaluation) -> int | None:
    """Return how many whole epochs a training had; None if it came to its end.

    Parameters
    ----------
    evaluation : Evaluation
        Of one fold or several, of which that with the fewest epochs counts.
    """
    counts = [f.n_in_time for f in evaluation.folds if f.n_in_time is not None]
    return min(counts) if counts else None


def note_cut_short(
    evaluations: Sequence[Evaluation], n_epochs: int | None = None
) -> bool:
    """Write into evaluations that the time limit has ended their training.

    They stay completed: their score is that of a network whose learning rate has come
    down, and is compared with those of others that were to get as much.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        Of a search.

    n_epochs : int, default=None
        How many each training was to have; None if the resource says it.

    Returns
    -------
    bool
        Whether there is one.
    """
    cut = [e for e in evaluations if epochs_in_time(e) is not None]
    for evaluation in cut:
        if evaluation.status == Status.COMPLETED:
            evaluation.error = (
                f"time_limit ended its training after {epochs_in_time(evaluation)} of "
                f"{n_epochs or evaluation.job.resource} epochs."
            )
    return bool(cut)


def warn_if_hardly_trained(
    evaluations: Sequence[Evaluation], limit: float | None, n_epochs: int | None = None
) -> None:
    """Say so if the time limit was too short for any training.

    Parameters
    ----------
    evaluations : sequence of Evaluation
        Of a search.

    limit : float or None
        Its seconds.

    n_epochs : int, default=None
        How many each training was to have; None if the resource says it.
    """
    completed = [e for e in evaluations if e.status == Status.COMPLETED]
    had = [(epochs_in_time(e), n_epochs or e.job.resource) for e in completed]
    if had and all(n is not None and n < _FEWEST * most for n, most in had):
        warn(
            f"time_limit={limit:g} ended each training of the search in the first "
            "tenth of its epochs, so the architecture was chosen nearly by chance. "
            "Pass more seconds, or fewer rows."
        )
