"""Little for many architectures, all for a few."""

from numbers import Integral

from sklearn_automl.exceptions import warn
from sklearn_automl.nas.estimation._base import Estimation, Training, n_halvings_for
from sklearn_automl.nas.strategies import Strategy
from sklearn_automl.schedulers import (
    ASHA,
    FullFidelity,
    Hyperband,
    Scheduler,
    hyperband_rungs,
)

__all__ = ["LowFidelity"]


class LowFidelity(Estimation):
    """Train many architectures a little, and the best of them in full.

    With epochs as the resource, the training of a promoted architecture continues where
    it stopped. The result is the same as for a training without a break.

    .. versionadded:: 0.1

    Parameters
    ----------
    scheduler : {"hyperband", "asha"}, default="hyperband"
        Which trials are promoted, and when. "hyperband" compares whole rungs, in
        brackets that begin with few or many epochs or rows. "asha" promotes without
        waiting for the rest of a rung.

    resource : {"max_epochs", "n_samples"}, default="max_epochs"
        What lower rungs have less of: epochs or training rows. If it is rows, the rows
        of a rung are part of the rows of the next rung, and a promoted architecture is
        trained again from scratch.

    min_resources : int or "auto", default="auto"
        The smallest number of epochs or rows on the bottom rung. The top rung is a full
        training with the amount R. The rungs below have R / `factor`, R / `factor` ** 2
        and so on, rounded down. For example, with 20 epochs, ``min_resources=3`` makes
        rungs of 6 and 20. "auto" makes three rungs if there are enough trials.

    factor : int, default=3
        Each rung keeps one in `factor` of its trials, and the next rung gives them
        `factor` times the resource. At least 2.

    See Also
    --------
    Full : Trains every architecture in full.
    LearningCurve : Ends a training that will hardly become the best.

    Notes
    -----
    The learning rate follows the schedule of a full training on all rungs. So lower
    rungs compare trainings that have not reached the end of the schedule. Hyperband
    gives the same architectures for any number of workers. ASHA does so only with one
    worker.

    Examples
    --------
    >>> from sklearn_automl.nas.estimation import LowFidelity
    >>> LowFidelity(scheduler="asha", min_resources=3)
    LowFidelity(min_resources=3, scheduler='asha')
    """

    def __init__(
        self,
        *,
        scheduler: str = "hyperband",
        resource: str = "max_epochs",
        min_resources: int | str = "auto",
        factor: int = 3,
    ) -> None:
        self.scheduler = scheduler
        self.resource = resource
        self.min_resources = min_resources
        self.factor = factor

    def make_scheduler(
        self, strategy: Strategy, n_trials: int, training: Training
    ) -> Scheduler:
        """Return the scheduler of a search, as :class:`Estimation` says."""
        self._check()
        factor, largest = int(self.factor), self.largest(training)
        minimum = self._minimum(training, factor, n_halvings_for(n_trials, factor))
        if minimum * factor > largest:
            if self.min_resources != "auto":
                self._warn_of_one_rung(largest)
            return FullFidelity(strategy, n_trials, largest)
        ladder = (minimum, largest, factor)
        if self.scheduler == "asha":
            return ASHA(strategy, n_trials, *ladder)
        n_each = sum(rungs[0][0] for rungs in hyperband_rungs(*ladder))
        n_iterations = -(-n_trials // n_each)
        return Hyperband(strategy, *ladder, n_iterations, n_available=n_trials)

    def _warn_of_one_rung(self, largest: int) -> None:
        below = largest // int(self.factor)
        remedy = f"Pass {below} or less" if below else "Train longer"
        warn(
            f"min_resources={self.min_resources} of LowFidelity leaves no rung below "
            f"the {largest} ({self.resource}) of a full training, with "
            f"factor={self.factor}: every architecture is trained in full. {remedy}, "
            "or estimation='full'."
        )

    def _check(self) -> None:
        if self.scheduler not in ("hyperband", "asha"):
            raise self._refuse("scheduler", "'hyperband' or 'asha'")
        self._check_resource()
        if not isinstance(self.factor, Integral) or self.factor < 2:
            raise self._refuse("factor", "an integer of at least 2")
