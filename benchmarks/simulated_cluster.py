"""A cluster with a virtual clock: how a scheduler keeps workers busy, without any.

Stragglers, failures and hundreds of workers are simulated event by event, so that what
would take weeks on machines takes seconds here and comes out the same every time.
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field

from numpy.random import Generator

from sklearn_automl.schedulers import Job, Scheduler

__all__ = [
    "Duration",
    "Record",
    "Run",
    "lognormal_duration",
    "pareto_duration",
    "simulate",
]

Duration = Callable[[Job, Generator], float]


@dataclass(frozen=True, slots=True)
class Run:
    """A job that has run."""

    job: Job
    worker: int
    start: float
    end: float
    loss: float


@dataclass
class Record:
    """What happened on a simulated cluster.

    ``idle`` is in worker seconds. The last new configuration started at
    ``last_start``, when ``idle_before_last_start`` of them had been lost.
    """

    n_workers: int
    runs: list[Run] = field(default_factory=list)
    n_jobs: int = 0
    end: float = 0.0
    idle: float = 0.0
    last_start: float = 0.0
    idle_before_last_start: float = 0.0

    @property
    def utilisation(self) -> float:
        """Share of all worker time in which a job ran."""
        return 1 - self.idle / (self.n_workers * self.end)

    @property
    def utilisation_before_last_start(self) -> float:
        """The same, while there were configurations left to start."""
        if not self.last_start:  # every one could be started at once
            return 1.0
        return 1 - self.idle_before_last_start / (self.n_workers * self.last_start)


def simulate(
    scheduler: Scheduler,
    n_workers: int,
    duration: Duration,
    loss: Callable[[Job], float],
    rng: Generator,
    *,
    failure_probability: float = 0.0,
    keep_runs: bool = True,
) -> Record:
    """Run everything that a scheduler asks for.

    Parameters
    ----------
    scheduler : Scheduler
        A new one.

    n_workers : int
        How many jobs run at the same time.

    duration : callable
        ``duration(job, rng)`` gives the seconds that a job takes.

    loss : callable
        ``loss(job)`` gives the loss of a job that does not fail.

    rng : numpy.random.Generator
        Decides the durations and the failures; not the scheduler's own.

    failure_probability : float, default=0
        The share of jobs whose loss is infinite.

    keep_runs : bool, default=True
        Whether to keep every run, or only their sums.

    Returns
    -------
    record : Record
        What happened.

    Raises
    ------
    RuntimeError
        If the scheduler waits for jobs although none is running.
    """
    record = Record(n_workers)
    running: list[tuple[float, int, int, float, Job]] = []
    free = list(reversed(range(n_workers)))
    while True:
        while free and (job := scheduler.ask()) is not None:
            if job.previous_resource == 0:
                record.last_start = record.end
                record.idle_before_last_start = record.idle
            end = record.end + duration(job, rng)
            entry = end, record.n_jobs, free.pop(), record.end, job
            heapq.heappush(running, entry)
            record.n_jobs += 1
        if not running:
            break
        end, _, worker, start, job = heapq.heappop(running)
        record.idle += len(free) * (end - record.end)
        record.end = end
        failed = failure_probability > 0 and rng.random() < failure_probability
        value = math.inf if failed else loss(job)
        scheduler.tell(job, value)
        free.append(worker)
        if keep_runs:
            record.runs.append(Run(job, worker, start, end, value))
    if not scheduler.done:
        raise RuntimeError(f"{type(scheduler).__name__} waits, but nothing is running.")
    return record


def lognormal_duration(sigma: float) -> Duration:
    """Return durations whose logarithm has the standard deviation ``sigma``."""

    def duration(job: Job, rng: Generator) -> float:
        return (job.resource - job.previous_resource) * float(rng.lognormal(0, sigma))

    return duration


def pareto_duration(shape: float) -> Duration:
    """Return durations with a Pareto tail: below 2 the variance is infinite."""

    def duration(job: Job, rng: Generator) -> float:
        return (job.resource - job.previous_resource) * float(1 + rng.pareto(shape))

    return duration
