"""Real evaluations in a table, which searches choose from one after the other.

A table has some thousand configurations only, so a search cannot evaluate just what it
proposes. The nearest recorded configuration that this run has not had is evaluated
instead, and a model is told the recorded configuration with its loss. A population,
whose rules are about its own children, is told the loss of its own proposal.
"""

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.models.ours import Refined, bind
from benchmarks.models.problems import Axis, Config, Problem
from benchmarks.models.run import Method, Recorder
from sklearn_automl.samplers import (
    GaussianProcessSampler,
    ModelSampler,
    Observation,
    Sampler,
)

__all__ = ["TABLE_ABLATION", "TABLE_METHODS", "XGBOOST_TASKS", "XGBoostTable"]

XGBOOST_TASKS = ("australian", "german_numer", "heart", "ijcnn1", "madelon", "w6a")


class XGBoostTable(Problem):
    """Validation errors (%) of XGBoost: 5,000 configurations of each data set.

    Salinas, Shen and Perrone, "A quantile-based approach for hyperparameter transfer
    learning", ICML 2020. Every evaluation costs one.
    """

    axes = (
        Axis("log2_min_child_weight", -8, 6),
        Axis("subsample", 0.5, 1),
        Axis("colsample_bytree", 0.3, 1),
        Axis("log2_gamma", -20, 6),
        Axis("log2_lambda", -10, 8),
        Axis("eta", 0, 1),
        Axis("max_depth_index", 0, 12, integer=True),
        Axis("log2_alpha", -20, 8),
    )
    min_resource = max_resource = 1.0

    def __init__(self, task: str, path: Path) -> None:
        self.name = f"xgboost-{task}"
        with np.load(path) as table:
            values, errors = table[f"{task}_X"], table[f"{task}_error"]
        self._losses = 100 * errors.astype(float)
        self.optimum = float(self._losses.min())
        low = np.array([axis.low for axis in self.axes])
        high = np.array([axis.high for axis in self.axes])
        values = np.clip(values.astype(float), low, high)
        self._low, self._range = low, high - low
        self._points = (values - low) / self._range
        self._configs = [self._config(row) for row in values.tolist()]
        self._rows = {self._key(c): i for i, c in enumerate(self._configs)}
        self.start(0)

    def start(self, seed: int) -> None:  # noqa: ARG002
        """Forget what was evaluated."""
        self._is_free = np.ones(len(self._losses), dtype=bool)

    def nearest(self, config: Config) -> Config:
        """Return the nearest recorded configuration that was not evaluated yet."""
        point = (np.array(self._key(config)) - self._low) / self._range
        distances = ((self._points - point) ** 2).sum(axis=1)
        distances[~self._is_free] = np.inf
        return self._configs[int(np.argmin(distances))]

    def evaluate(self, config: Config, resource: float) -> float:  # noqa: ARG002
        """Return the loss of a recorded configuration."""
        row = self._rows[self._key(config)]
        self._is_free[row] = False
        return float(self._losses[row])

    def true_loss(self, config: Config) -> float:
        """Return the loss of a recorded configuration."""
        return float(self._losses[self._rows[self._key(config)]])

    def cost(self, resource: float, previous_resource: float) -> float:  # noqa: ARG002
        """Return what an evaluation costs."""
        return 1.0

    def _config(self, row: list[float]) -> Config:
        return {
            axis.name: round(value) if axis.integer else value
            for axis, value in zip(self.axes, row, strict=True)
        }

    def _key(self, config: Config) -> tuple[float, ...]:
        return tuple(float(config[axis.name]) for axis in self.axes)


def on_table(sampler: str | Sampler) -> Method:
    """Return the method that asks a sampler and evaluates what is recorded near it."""

    def run(problem: Problem, recorder: Recorder, seed: int) -> dict[str, Any]:
        rng = np.random.default_rng([seed, zlib.crc32(problem.name.encode())])
        bound = bind(sampler, problem, rng)
        while not recorder.is_spent:
            proposed = bound.ask(1)
            recorded = problem.nearest(proposed)
            loss = recorder.evaluate(recorded, 1)
            if isinstance(bound, ModelSampler):
                # What was proposed is never evaluated, so it does not run either.
                bound._pending.clear()
                bound.tell(Observation(recorded, loss, 1))
            else:
                bound.tell(Observation(proposed, loss, 1))
        return dict(bound.n_proposals)

    return run


def optuna_on_table(name: str, **options: Any) -> Method:
    """Return Optuna's search with a sampler; it is told what was evaluated."""

    def run(problem: Problem, recorder: Recorder, seed: int) -> None:
        import optuna

        from benchmarks.models.peers import quiet_study, suggest

        study = quiet_study(name, seed, **options)
        while not recorder.is_spent:
            trial = study.ask()
            proposed = {axis.name: suggest(trial, axis) for axis in problem.axes}
            recorded = problem.nearest(proposed)
            loss = recorder.evaluate(recorded, 1)
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            study.add_trial(
                optuna.trial.create_trial(
                    params=recorded, distributions=trial.distributions, value=loss
                )
            )

    return run


TABLE_METHODS: dict[str, Method] = {
    **{
        name: on_table(name)
        for name in (
            *("random", "kde", "rf", "genetic", "regularized_evolution"),
            *("differential_evolution", "particle_swarm", "cma_es"),
        )
    },
    "gp": on_table(GaussianProcessSampler(random_fraction=0)),
    "Optuna GP": optuna_on_table("GPSampler"),
    "Optuna TPE": optuna_on_table("TPESampler"),
}

TABLE_ABLATION: dict[str, Method] = {
    "gp, refined": on_table(Refined(random_fraction=0)),
}
