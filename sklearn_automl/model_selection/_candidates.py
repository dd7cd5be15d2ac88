"""Searches over a list of candidates, which race over the folds."""

from abc import abstractmethod
from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np

from sklearn_automl.exceptions import SearchSpaceExhausted
from sklearn_automl.execution import AllFolds, Evaluation, Status
from sklearn_automl.model_selection._base import ResourceSearchCV
from sklearn_automl.model_selection._ending import has_completed
from sklearn_automl.model_selection._parameter_names import check_names_of_candidates
from sklearn_automl.samplers import Proposal, Sampler
from sklearn_automl.schedulers import FullFidelity, SuccessiveHalving
from sklearn_automl.space import Configuration
from sklearn_automl.space.defaults import DataShape
from sklearn_automl.storage import describe

__all__ = ["CandidateSearchCV"]

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
    "origin",
)

# Fewer candidates than this do not race.
_FEWEST = 9


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
    _needs_test_rows = True
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
        factor=2,
        promotion_metric=None,
        time_limit=None,
        trial_timeout=None,
        trial_memory_limit=None,
        checkpoint=None,
        eval_set=None,
        stop_at=None,
        patience=None,
        ensemble=None,
        history=None,
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
        self.eval_set = eval_set
        self.stop_at = stop_at
        self.patience = patience
        self.ensemble = ensemble
        self.history = history

    @abstractmethod
    def _candidates(
        self, seed: int | None, find_shape: Callable[[], DataShape]
    ) -> list[Configuration]:
        """Return the configurations, in scikit-learn's order."""

    @property
    def resource(self) -> str | None:
        """Whole folds; None where every candidate needs all of them."""
        # Who looks at several scores, or chooses by rules of their own, wants all.
        many = self._may_have_many() and self.promotion_metric is None
        wants_all = many or callable(self.refit)
        return "n_folds" if self.race and not wants_all else None

    def _may_have_many(self) -> bool:
        """Tell whether there may be several metrics."""
        return self.scoring is not None and not isinstance(self.scoring, str)

    def _make_space(self, seed, find_shape):
        candidates = self._candidates(seed, find_shape)
        if not candidates:
            raise ValueError(
                "The search space is empty: there are no candidates. Pass a dict of "
                "lists; an empty dict stands for the estimator as it is."
            )
        check_names_of_candidates(self.estimator, candidates)
        return Candidates(candidates)

    def _make_sampler(self):
        return CandidateSampler()

    def _make_scheduler(self, sampler, amounts):
        n_trials = sampler.space.size
        if not amounts.has_rungs:
            return FullFidelity(sampler, n_trials, amounts.maximum)
        return SuccessiveHalving(
            sampler,
            n_trials,
            amounts.minimum,
            amounts.maximum,
            int(self.factor),
            is_race=True,
        )

    def _n_trials(self, space):
        # A race of few would save little, and so all of them run on all folds.
        fewest = max(_FEWEST, self.factor**2)
        return space.size if space.size >= fewest else 1

    def _rows(self, evaluations: list[Evaluation]) -> list[Evaluation]:
        """Return the last evaluation of each candidate, in scikit-learn's order."""
        last = {e.job.trial_id: e for e in evaluations}
        if not has_completed(list(last.values())):
            # All have failed on a later fold. What they had on the first ones is left.
            last |= {
                e.job.trial_id: e for e in evaluations if e.status == Status.COMPLETED
            }
        return [last[trial_id] for trial_id in sorted(last)]

    def _choices(self, rows: list[Evaluation], folds: AllFolds) -> range:  # noqa: ARG002
        # As in scikit-learn: with a callable `refit`, all of them run on all folds.
        return range(len(rows))

    def _select(self, scorers, refit_metric, rows, folds):
        n_folds = self.cv_results_["n_folds"]
        has_failures = any(self.cv_results_["error"])
        for name in _OWN_COLUMNS:
            if not (has_failures and name in ("status", "error")):
                del self.cv_results_[name]
        if (n_folds == self.n_splits_).all():
            del self.cv_results_["n_folds"]
        super()._select(scorers, refit_metric, rows, folds)


class Candidates:
    """A space that is a list of configurations, of which some may be equal.

    Parameters
    ----------
    configs : list of dict
        The configurations, in the order in which they are tried.
    """

    def __init__(self, configs: list[Configuration]) -> None:
        self.configs = configs

    @property
    def size(self) -> int:
        return len(self.configs)

    def key(self, config: Configuration) -> str:
        """Return what identifies a configuration, in another process too."""
        return describe(config)


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
