"""Driving schedulers without a clock: jobs finish in random order."""

import math
import zlib
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import uniform

from sklearn_automl.samplers import RandomSampler
from sklearn_automl.schedulers import Job
from sklearn_automl.space import SearchSpace

SPACE = SearchSpace({"x": uniform()})


def random_sampler(seed=0, space=SPACE):
    return RandomSampler().bind(space, np.random.default_rng(seed))


def noisy_loss(job):
    """A loss that depends on the configuration and the resource, and nothing else."""
    return job.config["x"] + 0.5 * noise(job)


def noise(job):
    return zlib.crc32(repr((job.config, job.resource)).encode()) / 2**32


@dataclass
class Finished:
    job: Job
    loss: float
    over: list  # the trials that tell() said will not run again


@dataclass
class History:
    """What happened, in the order of the calls."""

    asked: list = field(default_factory=list)
    told: list = field(default_factory=list)  # of Finished
    # All calls: ("ask", job or None, number of running jobs) and ("tell", Finished).
    calls: list = field(default_factory=list)

    @property
    def units(self):
        """The resource that was spent, with continuation."""
        return sum(job.resource - job.previous_resource for job in self.asked)

    @property
    def outcome(self):
        """What does not depend on the order of completion, if anything does not."""
        return sorted(
            (f.job.bracket, f.job.rung, f.job.trial_id, repr(f.job), f.loss)
            for f in self.told
        )

    def rung(self, k, bracket=0):
        """Return the trial ids that ran in a rung, in order of their start."""
        return [j.trial_id for j in self.asked if j.rung == k and j.bracket == bracket]


def no_failure(job):
    return ""


def no_seconds(job):
    return None


def drive(
    scheduler,
    n_workers=1,
    loss=noisy_loss,
    seed=0,
    n_tells=math.inf,
    failure=no_failure,
    seconds=no_seconds,
):
    """Run until nothing runs any more; jobs finish in a random order.

    ``failure`` tells the kind of failure of those whose loss is infinite, ``seconds``
    how long a job took.
    """
    rng = np.random.default_rng(seed)
    history, running = History(), []
    while True:
        while len(running) < n_workers:
            job = scheduler.ask()
            history.calls.append(("ask", job, len(running)))
            if job is None:
                break
            history.asked.append(job)
            running.append(job)
        if not running or len(history.told) >= n_tells:
            return history
        job = running.pop(int(rng.integers(len(running))))
        value = loss(job)
        kind = failure(job) if value == math.inf else ""
        finished = Finished(job, value, scheduler.tell(job, value, kind, seconds(job)))
        history.told.append(finished)
        history.calls.append(("tell", finished))
