"""What every scheduler has in common: jobs, and the ask/tell protocol."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from sklearn_automl.samplers import Observation, Sampler
from sklearn_automl.schedulers._rungs import Rung
from sklearn_automl.space import Configuration

__all__ = ["Job", "Scheduler", "infinite_if_nan"]


@dataclass(frozen=True, slots=True)
class Job:
    """One evaluation to run: a configuration with an amount of resource.

    Parameters
    ----------
    trial_id : int
        Number of the trial, from 0 on.

    config : dict
        The configuration.

    bracket : int
        Number of the bracket, from 0 on.

    rung : int
        Number of the rung in its bracket, from 0 on.

    resource : int
        What the evaluation gets in all.

    previous_resource : int, default=0
        What the trial was last evaluated with, 0 for a new one. A fitted model of that
        size can be continued.

    is_final : bool, default=False
        Whether no rung is above this one.
    """

    trial_id: int
    config: Configuration
    bracket: int
    rung: int
    resource: int
    previous_resource: int = 0
    is_final: bool = False


class Scheduler(ABC):
    """Decide when a configuration runs, and with how much resource.

    Call ``ask`` for the next job whenever a worker is free, and ``tell`` with its loss
    when it has finished. Jobs may finish in any order, and any number of them may run.

    Attributes
    ----------
    sampler : Sampler
        Proposes the configurations.

    plan : list of list of tuple
        For each bracket its rungs, and for each rung the number of trials and the
        resource that each of them gets. Empty where the number of trials has no limit.

    plan_is_exact : bool
        Whether exactly the plan will run. Otherwise it is what is expected.

    See Also
    --------
    FullFidelity : The simplest one.

    Examples
    --------
    One worker, and a loss that needs no training:

    >>> import numpy as np
    >>> from sklearn_automl.samplers import GridSampler
    >>> from sklearn_automl.schedulers import SuccessiveHalving
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": [1, 2, 3, 4]})
    >>> sampler = GridSampler().bind(space, np.random.default_rng(0))
    >>> scheduler = SuccessiveHalving(sampler, 4, 1, 4, eta=2)
    >>> while not scheduler.done:
    ...     job = scheduler.ask()
    ...     print(job.rung, job.config, job.resource)
    ...     ended = scheduler.tell(job, loss=abs(job.config["x"] - 3))
    0 {'x': 1} 1
    0 {'x': 2} 1
    0 {'x': 3} 1
    0 {'x': 4} 1
    1 {'x': 3} 2
    1 {'x': 2} 2
    2 {'x': 3} 4
    """

    sampler: Sampler
    plan: list[list[Rung]]
    plan_is_exact: bool = True
    #: Whether :meth:`widen` makes room.
    has_room: ClassVar[bool] = False

    @abstractmethod
    def ask(self) -> Job | None:
        """Return the next job.

        Returns
        -------
        job : Job or None
            None if there is nothing to start now.
        """

    @abstractmethod
    def tell(
        self,
        job: Job,
        loss: float,
        failure: str | None = "",
        seconds: float | None = None,
    ) -> list[int]:
        """Take the result of a job.

        Parameters
        ----------
        job : Job
            A job that ``ask`` has returned.

        loss : float
            What is minimised; infinite or NaN where the evaluation failed.

        failure : str or None, default=""
            The kind of failure, where more of the resource may mend it. Empty if the
            evaluation has not failed, or has failed for good. None if it was lost, by
            a limit or with its worker, which says nothing of others.

        seconds : float or None, default=None
            How long the evaluation took, which the sampler is told too.

        Returns
        -------
        trial_ids : list of int
            The trials of which it is now certain that they run no further. What is kept
            for their continuation can go.
        """

    def widen(self, n: int) -> None:  # noqa: B027  (most have no room)
        """Make room for more configurations in the first rung of the first bracket.

        Call it before the first :meth:`ask`. A scheduler that starts trials one by one
        starts as many as it was told to, and has no such room.

        Parameters
        ----------
        n : int
            How many more.
        """

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether everything has run: no job is left, and none is running."""

    @property
    def n_planned(self) -> int:
        """Number of trials in the plan."""
        return sum(rungs[0][0] for rungs in self.plan)

    def _observe(self, job: Job, loss: float, seconds: float | None = None) -> float:
        """Tell the sampler; return the loss, infinite where it is not a number."""
        loss = infinite_if_nan(loss)
        self.sampler.tell(Observation(job.config, loss, job.resource, seconds))
        return loss


def infinite_if_nan(loss: float) -> float:
    """Return the loss; a failure's is infinite, however it was told."""
    return math.inf if math.isnan(loss) else loss
