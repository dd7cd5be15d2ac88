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

    ``previous_resource`` is what the trial was last evaluated with, 0 for a new one: a
    fitted model of that size can be continued. ``is_final`` tells that no rung is above
    this one.
    """

    trial_id: int
    config: Configuration
    bracket: int
    rung: int
    resource: int
    previous_resource: int = 0
    is_final: bool = False


class Scheduler(ABC):
    """Decides when a configuration runs, and with how much resource.

    ``ask`` for the next job whenever a worker is free, ``tell`` its loss when it has
    finished; in any order, with any number of jobs running.
    """

    sampler: Sampler
    #: The rungs of each bracket.
    plan: list[list[Rung]]
    #: Whether exactly that will run; otherwise it is what is expected.
    plan_is_exact: ClassVar[bool] = True

    @abstractmethod
    def ask(self) -> Job | None:
        """Return the next job, or None if there is nothing to start now."""

    @abstractmethod
    def tell(self, job: Job, loss: float) -> list[int]:
        """Take the result of a job; a failed one has an infinite (or NaN) loss.

        Returns
        -------
        trial_ids : list of int
            The trials of which it is now certain that they run no further, so that
            whatever is kept for their continuation can go.
        """

    @property
    @abstractmethod
    def done(self) -> bool:
        """Whether everything has run: no job is left, and none is running."""

    @property
    def n_planned(self) -> int:
        """Number of trials in the plan."""
        return sum(rungs[0][0] for rungs in self.plan)

    def _observe(self, job: Job, loss: float) -> float:
        """Tell the sampler; return the loss, infinite where it is not a number."""
        loss = infinite_if_nan(loss)
        self.sampler.tell(Observation(job.config, loss, job.resource))
        return loss


def infinite_if_nan(loss: float) -> float:
    """Return the loss; a failure's is infinite, however it was told."""
    return math.inf if math.isnan(loss) else loss
