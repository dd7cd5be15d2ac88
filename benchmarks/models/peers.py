"""Other libraries' searches on the same problems.

Their imports are in the functions that need them, so that what is not installed is
skipped.
"""

import logging
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

from benchmarks.models.ours import hyperband
from benchmarks.models.problems import Axis, Problem
from benchmarks.models.run import Method, Recorder, drive
from sklearn_automl.samplers import Observation, Proposal, Sampler
from sklearn_automl.schedulers import hyperband_rungs

__all__ = [
    "PEERS",
    "PEERS_FULL_FIDELITY",
    "HpBandSterSampler",
    "quiet_study",
    "suggest",
]


class WarningCounter(logging.Handler):
    """Counts what a logger warns of instead of showing it."""

    def __init__(self, name: str) -> None:
        super().__init__(logging.WARNING)
        self.n = 0
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [self], False

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002
        self.n += 1


class HpBandSterSampler(Sampler):
    """HpBandSter's model of BOHB as a sampler, for the brackets that ours get.

    ``n_proposals`` counts random picks, the model's, and what it logs as a warning: it
    does so where the model fails and a random configuration is taken instead.
    """

    learns = True

    def __init__(self, axes: tuple[Axis, ...], **options: Any) -> None:
        self.axes = axes
        self.options = options

    def start(self) -> None:
        """Make HpBandSter's generator."""
        import ConfigSpace
        from hpbandster.optimizers.config_generators.bohb import BOHB

        # Deprecated names of ConfigSpace, and a matter of randomness in statsmodels.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        # A level that was not seen: the model's kernels divide by zero.
        warnings.simplefilter("ignore", RuntimeWarning)
        seed = int(self.rng.integers(2**31))
        np.random.seed(seed)  # noqa: NPY002  (the only one that HpBandSter has)
        space = ConfigSpace.ConfigurationSpace(seed=seed)
        space.add(*map(_configspace_parameter, self.axes))
        self._generator = BOHB(configspace=space, **self.options)
        self._warnings = WarningCounter("hpbandster")

    def propose(self, resource: float) -> Proposal:
        """Return what HpBandSter proposes."""
        found, info = self._generator.get_config(resource)
        self.n_proposals["warnings"] = self._warnings.n
        config = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in found.items()
        }
        by_model = info.get("model_based_pick", False)
        return Proposal(config, "model" if by_model else "random")

    def tell(self, observation: Observation) -> None:
        """Register a result with HpBandSter."""
        kwargs = {"budget": observation.resource, "config": observation.config}
        result = {"loss": observation.loss}
        job = SimpleNamespace(id=None, exception=None, kwargs=kwargs, result=result)
        self._generator.new_result(job)


def _configspace_parameter(axis: Axis) -> Any:
    import ConfigSpace

    if axis.choices:
        return ConfigSpace.CategoricalHyperparameter(axis.name, axis.choices)
    kind = (
        ConfigSpace.UniformIntegerHyperparameter
        if axis.integer
        else ConfigSpace.UniformFloatHyperparameter
    )
    return kind(axis.name, axis.low, axis.high, log=axis.log)


def hpbandster(problem: Problem, recorder: Recorder, seed: int) -> dict[str, Any]:
    """Draw from HpBandSter's model in the brackets of our Hyperband."""
    return drive(hyperband(HpBandSterSampler(problem.axes)))(problem, recorder, seed)


def hpbandster_one_worker(
    problem: Problem, recorder: Recorder, seed: int
) -> dict[str, Any]:
    """Draw as HpBandSter does with one worker: from all results, also in a bracket."""
    scheduler = hyperband(HpBandSterSampler(problem.axes))
    sampler = scheduler(problem, np.random.default_rng(seed)).sampler
    brackets = hyperband_rungs(problem.min_resource, problem.max_resource, problem.eta)
    while not recorder.is_spent:
        for rungs in brackets:
            _run_bracket(rungs, sampler, recorder)
    return dict(sampler.n_proposals)


def _run_bracket(
    rungs: list[tuple[int, float]], sampler: Sampler, recorder: Recorder
) -> None:
    survivors: list[dict[str, Any]] = []
    previous = 0.0
    for i, (n, resource) in enumerate(rungs):
        losses = []
        for j in range(n):
            if recorder.is_spent:
                return
            if i == 0:
                survivors.append(sampler.ask(resource))
            loss = recorder.evaluate(survivors[j], resource, previous)
            sampler.tell(Observation(survivors[j], loss, resource))
            losses.append(loss)
        survivors = [survivors[j] for j in np.argsort(losses, kind="stable")]
        previous = resource


def optuna_hyperband(problem: Problem, recorder: Recorder, seed: int) -> None:
    """Run Optuna's default sampler with its HyperbandPruner."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    first, last = round(problem.min_resource), round(problem.max_resource)
    steps = [first]
    while steps[-1] * problem.eta < last:
        steps.append(steps[-1] * problem.eta)
    steps.append(last)
    study = optuna.create_study(
        study_name=f"{problem.name} {seed}",  # brackets are drawn by a hash of it
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.HyperbandPruner(first, last, problem.eta),
    )
    while not recorder.is_spent:
        trial = study.ask()
        config = {axis.name: suggest(trial, axis) for axis in problem.axes}
        previous = 0
        # It looks at its own rungs only: to report between them would change nothing.
        for step in steps:
            loss = recorder.evaluate(config, step, previous)
            trial.report(loss, step)
            previous = step
            if step < last and trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                break
        else:
            study.tell(trial, loss)


def suggest(trial: Any, axis: Axis) -> Any:
    """Return the value of an axis that a trial of Optuna is to have."""
    if axis.choices:
        return trial.suggest_categorical(axis.name, axis.choices)
    if axis.integer:
        return trial.suggest_int(axis.name, axis.low, axis.high, log=axis.log)
    return trial.suggest_float(axis.name, axis.low, axis.high, log=axis.log)


def quiet_study(name: str, seed: int, **options: Any) -> Any:
    """Return a study of Optuna with a sampler."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    sampler = getattr(optuna.samplers, name)(seed=seed, **options)
    return optuna.create_study(sampler=sampler)


def optuna_sampler(name: str, **options: Any) -> Method:
    """Return Optuna's search with a sampler, at full fidelity."""

    def run(problem: Problem, recorder: Recorder, seed: int) -> None:
        study = quiet_study(name, seed, **options)
        while not recorder.is_spent:
            trial = study.ask()
            config = {axis.name: suggest(trial, axis) for axis in problem.axes}
            study.tell(trial, recorder.evaluate(config, problem.max_resource))

    return run


def skopt_gp(problem: Problem, recorder: Recorder, seed: int) -> None:
    """Run scikit-optimize's ``gp_minimize``."""
    import skopt

    def loss(values: list[Any]) -> float:
        config = {a.name: v for a, v in zip(problem.axes, values, strict=True)}
        return recorder.evaluate(config, problem.max_resource)

    warnings.simplefilter("ignore")  # of what it has evaluated before, and of its fits
    skopt.gp_minimize(
        loss,
        [_skopt_dimension(axis) for axis in problem.axes],
        n_calls=int(recorder.budget / problem.cost(problem.max_resource, 0)),
        random_state=seed,
    )


def _skopt_dimension(axis: Axis) -> Any:
    from skopt.space import Categorical, Integer, Real

    if axis.choices:
        return Categorical(axis.choices, name=axis.name)
    prior = "log-uniform" if axis.log else "uniform"
    kind = Integer if axis.integer else Real
    return kind(axis.low, axis.high, prior=prior, name=axis.name)


def genetic_opt(problem: Problem, recorder: Recorder, seed: int) -> None:
    """Run sklearn-genetic-opt's GASearchCV with ten of a generation.

    Its estimator is a fake whose score is the problem's. Configurations that come again
    are taken from its cache, so they are not counted; what exceeds the budget is.
    """
    import random

    import sklearn_genetic

    random.seed(seed)  # what DEAP draws from
    np.random.seed(seed)  # noqa: NPY002
    warnings.simplefilter("ignore")  # of a generation without a new configuration

    def score(estimator: FakeEstimator, X: Any, y: Any) -> float:  # noqa: ARG001
        config = {
            axis.name: round(estimator.values[axis.name])
            if axis.integer
            else estimator.values[axis.name]
            for axis in problem.axes
        }
        return -recorder.evaluate(config, problem.max_resource)

    search = sklearn_genetic.GASearchCV(
        FakeEstimator(**{axis.name: axis.low for axis in problem.axes}),
        cv=[(np.array([0]), np.array([1]))],
        param_grid={axis.name: _genetic_dimension(axis) for axis in problem.axes},
        scoring=score,
        population_size=10,
        generations=10,
        refit=False,
        verbose=False,
    )
    search.fit(np.zeros((2, 1)), np.zeros(2))


class FakeEstimator(RegressorMixin, BaseEstimator):
    """An estimator with any parameters."""

    def __init__(self, **values: Any) -> None:
        self.values = values

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the parameters."""
        return dict(self.values)

    def set_params(self, **values: Any) -> "FakeEstimator":
        """Set parameters."""
        self.values.update(values)
        return self

    def fit(self, X: Any, y: Any) -> "FakeEstimator":  # noqa: ARG002
        """Do nothing."""
        return self


def _genetic_dimension(axis: Axis) -> Any:
    from sklearn_genetic.space import Categorical, Continuous, Integer

    if axis.choices:
        return Categorical(list(axis.choices))
    if axis.log:  # its integers are uniform only; the estimator rounds
        return Continuous(axis.low, axis.high, distribution="log-uniform")
    return (Integer if axis.integer else Continuous)(axis.low, axis.high)


#: In multi-fidelity problems.
PEERS: dict[str, Method] = {
    "HpBandSter": hpbandster,
    "HpBandSter, one worker": hpbandster_one_worker,
    "Optuna": optuna_hyperband,
}

#: At full fidelity.
PEERS_FULL_FIDELITY: dict[str, Method] = {
    "skopt GP": skopt_gp,
    "Optuna GP": optuna_sampler("GPSampler"),
    "Optuna TPE": optuna_sampler("TPESampler"),
    "Optuna CMA-ES": optuna_sampler("CmaEsSampler"),
    "sklearn-genetic-opt": genetic_opt,
}
