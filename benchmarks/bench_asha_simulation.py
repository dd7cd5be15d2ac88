"""ASHA on simulated clusters: are workers kept busy, and what does a job cost us?

Run ``python benchmarks/bench_asha_simulation.py`` from the root of the repository.
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np
from scipy.stats import loguniform, uniform

# Not a package that is installed; run as a script, only this folder is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.simulated_cluster import (
    Duration,
    lognormal_duration,
    pareto_duration,
    simulate,
)
from sklearn_automl.samplers import RandomSampler, Sampler
from sklearn_automl.schedulers import ASHA, Job, SuccessiveHalving
from sklearn_automl.space import SearchSpace

SPACE = SearchSpace({"alpha": loguniform(1e-6, 1e2), "l1_ratio": uniform()})
R, ETA = 256, 4
DURATIONS = {
    "lognormal(1)": lognormal_duration(1.0),
    "lognormal(2)": lognormal_duration(2.0),
    "Pareto(1.5)": pareto_duration(1.5),
}


def sampler(seed: int) -> Sampler:
    """Return a random sampler of the benchmark's space."""
    return RandomSampler().bind(SPACE, np.random.default_rng(seed))


def loss(job: Job) -> float:
    """Return a loss that falls with the resource, to a floor that differs."""
    return float(job.config["l1_ratio"] + job.config["alpha"] / 1e3 + 1 / job.resource)


def asha_utilisation(
    n_workers: int, duration: Duration, seed: int, variant: str
) -> float:
    """Return the share of busy worker time while configurations last."""
    scheduler = ASHA(sampler(seed), 80 * n_workers, 1, R, ETA, variant)
    rng = np.random.default_rng(1000 + seed)
    record = simulate(scheduler, n_workers, duration, loss, rng, keep_runs=False)
    return record.utilisation_before_last_start


def halving_utilisation(n_workers: int, duration: Duration, seed: int) -> float:
    """Return the share of busy worker time in brackets that follow each other."""
    rng, configurations = np.random.default_rng(1000 + seed), sampler(seed)
    busy = total = 0.0
    for _ in range(10):
        scheduler = SuccessiveHalving(configurations, 8 * n_workers, 1, R, ETA)
        record = simulate(scheduler, n_workers, duration, loss, rng, keep_runs=False)
        total += n_workers * record.end
        busy += n_workers * record.end - record.idle
    return busy / total


def print_utilisation(n_seeds: int = 5) -> None:
    """Print the lowest share of busy worker time over several seeds, and the mean."""
    print("workers  durations     scheduler             lowest    mean")
    for n_workers in (25, 500):
        for name, duration in DURATIONS.items():
            shares = {
                "ASHA": [
                    asha_utilisation(n_workers, duration, seed, "promotion")
                    for seed in range(n_seeds)
                ],
                "ASHA, stopping": [
                    asha_utilisation(n_workers, duration, seed, "stopping")
                    for seed in range(n_seeds)
                ],
                "successive halving": [
                    halving_utilisation(n_workers, duration, seed)
                    for seed in range(n_seeds)
                ],
            }
            for scheduler, values in shares.items():
                print(
                    f"{n_workers:>7}  {name:<13} {scheduler:<20} "
                    f"{min(values):>7.1%} {np.mean(values):>7.1%}"
                )


def print_a_million(n_jobs: int = 1_000_000) -> None:
    """Print what a million jobs of ASHA take."""
    # Of n trials about n / eta + n / eta**2 + ... are promoted.
    n_trials = round(n_jobs * (ETA - 1) / ETA)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    record = simulate(
        ASHA(sampler(0), n_trials, 1, R, ETA),
        500,
        lognormal_duration(1.0),
        loss,
        np.random.default_rng(0),
        keep_runs=False,
    )
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"ASHA, {record.n_jobs:,} jobs on 500 workers: {seconds:.1f} s, "
        f"{1e6 * seconds / record.n_jobs:.1f} us a job, peak memory "
        f"{peak / 1024:.0f} MB ({before / 1024:.0f} MB before)"
    )


if __name__ == "__main__":
    print_a_million()
    print_utilisation()
