"""What one proposal takes: ours and others', beside each other."""

import time
import warnings
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from benchmarks.models.ours import MissingSamplerError, bind
from benchmarks.models.peers import HpBandSterSampler
from benchmarks.models.problems import Axis, Hartmann6
from benchmarks.models.report import markdown
from sklearn_automl.samplers import KDESampler, Observation, Sampler

__all__ = ["report"]

N_OBSERVATIONS = 1_000
EIGHT = SimpleNamespace(axes=tuple(Axis(f"x_{i}") for i in range(8)))
N_ROUNDS = 5


def report() -> None:
    """Print the tables of times."""
    print(f"### One proposal, {N_OBSERVATIONS} observations in 8 dimensions\n")
    proposers = {
        "KDESampler": (of_sampler(KDESampler(random_fraction=0)), 50),
        "HpBandSter": (of_sampler(HpBandSterSampler(EIGHT.axes, random_fraction=0)), 2),
        "Optuna TPE, multivariate": (of_optuna(), 5),
    }
    seconds: dict[str, list[float]] = {name: [] for name in proposers}
    # In turns, because the machine may be busy with something else at times.
    for _ in range(N_ROUNDS):
        for name, (propose, n) in proposers.items():
            start = time.perf_counter()
            for _ in range(n):
                propose()
            seconds[name].append((time.perf_counter() - start) / n)
    best = {name: min(times) for name, times in seconds.items()}
    own = best["KDESampler"]
    rows = [[n, f"{1e3 * s:.2f}", f"{s / own:.0f}"] for n, s in best.items()]
    print(markdown(["", "ms, best of five", "ratio to ours"], rows))

    print("\n### One proposal of a whole search, its result included\n")
    rows = []
    for name in ("kde", "gp", "rf"):
        try:
            rows.append([name, *(f"{1e3 * s:.1f}" for s in whole_search(name))])
        except MissingSamplerError:
            print(f"There is no {name}.\n")
    print(markdown(["", "ms, mean of 250", "mean of 1000", "the last of 1000"], rows))


def observations() -> list[Observation]:
    """Return results of random configurations."""
    rng = np.random.default_rng(0)
    points = rng.random((N_OBSERVATIONS, len(EIGHT.axes)))
    losses = ((points - 0.3) ** 2).sum(axis=1)
    names = [axis.name for axis in EIGHT.axes]
    return [
        Observation(dict(zip(names, point.tolist(), strict=True)), float(loss), 1)
        for point, loss in zip(points, losses, strict=True)
    ]


def of_sampler(sampler: Sampler) -> Callable[[], object]:
    """Return what makes a sampler propose, after it was told the results."""
    bound = bind(sampler, EIGHT, np.random.default_rng(0))
    for observation in observations():
        bound.tell(observation)
    return bound.ask


def of_optuna() -> Callable[[], object]:
    """Return what makes Optuna propose, after it was told the same."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    sampler = optuna.samplers.TPESampler(multivariate=True, seed=0)
    study = optuna.create_study(sampler=sampler)
    domain = optuna.distributions.FloatDistribution(0, 1)
    domains = {axis.name: domain for axis in EIGHT.axes}
    for told in observations():
        study.add_trial(
            optuna.trial.create_trial(
                params=told.config, distributions=domains, value=told.loss
            )
        )

    def propose() -> None:
        trial = study.ask(domains)
        # It would count as running in all that follow.
        study.tell(trial, state=optuna.trial.TrialState.FAIL)

    return propose


def whole_search(name: str) -> tuple[float, float, float]:
    """Return the mean time of the first 250 and of 1,000 proposals, and the last."""
    problem = Hartmann6(1)
    sampler = bind(name, problem, np.random.default_rng(0))
    times = []
    for _ in range(N_OBSERVATIONS):
        start = time.perf_counter()
        config = sampler.ask(problem.max_resource)
        spent = time.perf_counter() - start
        loss = problem.true_loss(config)
        start = time.perf_counter()
        sampler.tell(Observation(config, loss, problem.max_resource))
        times.append(spent + time.perf_counter() - start)
    return np.mean(times[:250]), np.mean(times), np.mean(times[-20:])
