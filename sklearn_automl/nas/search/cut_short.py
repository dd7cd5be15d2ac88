"""Trainings of a search that its time limit has ended: what the table says of them."""

from collections.abc import Sequence

from sklearn_automl.execution import Evaluation, Status

__all__ = ["epochs_in_time", "note_cut_short"]


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
