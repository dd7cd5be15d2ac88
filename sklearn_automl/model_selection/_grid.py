"""scikit-learn's own two searches, with its signatures, that race over the folds."""

from abc import abstractmethod
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.utils import check_random_state

from sklearn_automl._sklearn_compat import Interval
from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.execution import Evaluation
from sklearn_automl.model_selection._base import ResourceSearchCV
from sklearn_automl.samplers import Proposal, Sampler
from sklearn_automl.schedulers import FullFidelity, SuccessiveHalving
from sklearn_automl.space import Configuration

__all__ = ["GridSearchCV", "RandomizedSearchCV"]

# What the tables of scikit-learn's searches do not have.
_OWN_COLUMNS = (
    "trial_id",
    "bracket",
    "rung",
    "n_resources",
    "status",
    "start_time",
    "end_time",
    "error",
)


class Candidates:
    """A space that is a list of configurations, of which some may be equal.

    Parameters
    ----------
    configs : list of dict
        The configurations, in the order in which they are tried.
    """

    def __init__(self, configs: list[Configuration]) -> None:
        self.configs = configs
        self._places = {id(config): i for i, config in enumerate(configs)}

    @property
    def size(self) -> int:
        return len(self.configs)

    def key(self, config: Configuration) -> int:
        """Return what identifies a configuration of the list."""
        return self._places[id(config)]


class CandidateSampler(Sampler):
    """Proposes the configurations of a list, in its order, equal ones too."""

    space: Any

    def start(self) -> None:
        self._n_asked = 0

    def ask(self, resource: float = 1) -> Configuration:  # noqa: ARG002
        if self._n_asked == self.space.size:
            raise SearchSpaceExhausted
        self._n_asked += 1
        config: Configuration = self.space.configs[self._n_asked - 1]
        return config

    def propose(self, resource: float) -> Proposal:
        return Proposal(self.ask(resource), "listed")


class CandidateSearchCV(ResourceSearchCV):
    """Base of the searches over a list of candidates; a subclass makes the list.

    The candidates race: all of them run on the first folds, and the best ones on all.
    """

    _parameter_constraints: dict = {
        **ResourceSearchCV._parameter_constraints,
        "pre_dispatch": [Integral, str],
        "race": ["boolean"],
    }
    for _name in ("param_distributions", "resource", "min_resources", "max_resources"):
        _parameter_constraints.pop(_name)
    for _name in ("folds", "sampler", "initial_params", "random_state"):
        _parameter_constraints.pop(_name)

    # What the other searches have as parameters.
    folds = "grow"
    min_resources = max_resources = "auto"
    initial_params = None
    #: Says which fold comes first; a grid search has no seed of its own.
    random_state: Any = 0

    def __init__(
        self,
        estimator,
        *,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        error_score=np.nan,
        return_train_score=False,
        race=True,
        factor=3,
        promotion_metric=None,
        time_limit=None,
        trial_timeout=None,
        trial_memory_limit=None,
        checkpoint=None,
    ):
        self.estimator = estimator
        self.scoring = scoring
        self.n_jobs = n_jobs
        self.refit = refit
        self.cv = cv
        self.verbose = verbose
        self.pre_dispatch = pre_dispatch
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.race = race
        self.factor = factor
        self.promotion_metric = promotion_metric
        self.time_limit = time_limit
        self.trial_timeout = trial_timeout
        self.trial_memory_limit = trial_memory_limit
        self.checkpoint = checkpoint

    @abstractmethod
    def _candidates(self) -> list[Configuration]:
        """Return the configurations, in scikit-learn's order."""

    @property
    def resource(self) -> str | None:
        """Whole folds; None where every candidate needs all of them."""
        # Who chooses by several scores, or by rules of their own, wants to see all.
        chooses = callable(self.refit) or (
            self.refit is False and self._may_have_many()
        )
        return "n_folds" if self.race and not chooses else None

    def _may_have_many(self) -> bool:
        """Tell whether there may be several metrics."""
        return self.scoring is not None and not isinstance(self.scoring, str)

    def _make_space(self):
        return Candidates(self._candidates())

    def _make_sampler(self):
        return CandidateSampler()

    def _make_scheduler(self, sampler, amounts):
        n_trials = sampler.space.size
        if not amounts.has_rungs:
            return FullFidelity(sampler, n_trials, amounts.maximum)
        return SuccessiveHalving(
            sampler, n_trials, amounts.minimum, amounts.maximum, int(self.factor)
        )

    def _n_trials(self, space):
        # A race of few has hardly a rung. It would save little, and so all of them run
        # on all folds, as in scikit-learn.
        return space.size if space.size >= self.factor**2 else 1

    def _rows(self, evaluations: list[Evaluation]) -> list[Evaluation]:
        """Return the last evaluation of each candidate, in scikit-learn's order."""
        last = {e.job.trial_id: e for e in evaluations}
        return [last[trial_id] for trial_id in sorted(last)]

    def _select(self, scorers, refit_metric):
        n_folds = self.cv_results_["n_folds"]
        for name in _OWN_COLUMNS:
            del self.cv_results_[name]
        if (n_folds == self.n_splits_).all():
            del self.cv_results_["n_folds"]
        super()._select(scorers, refit_metric)


class GridSearchCV(CandidateSearchCV):
    """docstring"""

    _parameter_constraints: dict = {
        **CandidateSearchCV._parameter_constraints,
        "param_grid": [dict, list],
    }

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        error_score=np.nan,
        return_train_score=False,
        race=True,
        factor=3,
        promotion_metric=None,
        time_limit=None,
        trial_timeout=None,
        trial_memory_limit=None,
        checkpoint=None,
    ):
        super().__init__(
            estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
            race=race,
            factor=factor,
            promotion_metric=promotion_metric,
            time_limit=time_limit,
            trial_timeout=trial_timeout,
            trial_memory_limit=trial_memory_limit,
            checkpoint=checkpoint,
        )
        self.param_grid = param_grid

    def _candidates(self):
        return list(ParameterGrid(self.param_grid))


class RandomizedSearchCV(CandidateSearchCV):
    """docstring"""

    _parameter_constraints: dict = {
        **CandidateSearchCV._parameter_constraints,
        "param_distributions": [dict, list],
        "n_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        param_distributions,
        *,
        n_iter=10,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        random_state=None,
        error_score=np.nan,
        return_train_score=False,
        race=True,
        factor=3,
        promotion_metric=None,
        time_limit=None,
        trial_timeout=None,
        trial_memory_limit=None,
        checkpoint=None,
    ):
        super().__init__(
            estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
            race=race,
            factor=factor,
            promotion_metric=promotion_metric,
            time_limit=time_limit,
            trial_timeout=trial_timeout,
            trial_memory_limit=trial_memory_limit,
            checkpoint=checkpoint,
        )
        self.param_distributions = param_distributions
        self.n_iter = n_iter
        self.random_state = random_state

    def _candidates(self):
        rng = check_random_state(self.random_state)
        sampler = ParameterSampler(
            self.param_distributions, self.n_iter, random_state=rng
        )
        return list(sampler)
