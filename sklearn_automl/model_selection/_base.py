"""What all searches have in common: a page of named steps around the core."""

import os
import time
from abc import abstractmethod
from contextlib import nullcontext, suppress
from datetime import timedelta
from functools import partial
from numbers import Integral, Real

import numpy as np
from sklearn.base import clone, is_classifier

from sklearn_automl._sklearn_compat import (
    BaseSearchCV,
    HasMethods,
    Interval,
    StrOptions,
    check_refit,
    close_root_context,
    fit_context,
    is_multimetric_scorer,
    metric_names,
    named_scorers,
    open_root_context,
)
from sklearn_automl.execution import (
    Assessor,
    FoldScorer,
    GoodEnough,
    Reporter,
    TrialLimits,
    open_checkpoint,
    open_history,
    open_journal,
    run_search,
    verbosity_of_fits,
)
from sklearn_automl.model_selection._callbacks import CallbackTree
from sklearn_automl.model_selection._checks import (
    check_metrics,
    check_n_samples,
    check_parameters,
    class_labels,
    decisive_metric,
)
from sklearn_automl.model_selection._data import make_data
from sklearn_automl.model_selection._display import DisplayMixin
from sklearn_automl.model_selection._ending import (
    check_usable,
    has_completed,
    raise_if_ended,
    refit,
    warn_of_incomplete_best,
    warn_of_run,
)
from sklearn_automl.model_selection._ensemble import (
    check_ensemble,
    make_ensemble,
    make_predictor,
)
from sklearn_automl.model_selection._eval_set import check_eval_set
from sklearn_automl.model_selection._folds import make_folds
from sklearn_automl.model_selection._history import recall, remember
from sklearn_automl.model_selection._identity import draw_seed, identity_of
from sklearn_automl.model_selection._keywords import explaining_keywords
from sklearn_automl.model_selection._metric_bounds import check_scoring
from sklearn_automl.model_selection._pareto import front_among
from sklearn_automl.model_selection._scheduling import make_plan
from sklearn_automl.model_selection._selection import best_row, with_most
from sklearn_automl.model_selection._spaces import make_space
from sklearn_automl.model_selection._table import describe_run, make_table
from sklearn_automl.samplers import Sampler, sampler_names
from sklearn_automl.space.defaults import DataShape
from sklearn_automl.storage import SearchHistory

__all__ = ["ResourceSearchCV"]


class ResourceSearchCV(DisplayMixin, BaseSearchCV):
    """Base class of the searches; a subclass says which scheduler it runs.

    A subclass writes ``_make_scheduler``. It overrides ``_n_trials`` if its parameters
    say how many configurations are tried, ``_make_sampler`` if it has a sampler of its
    own, and ``_check_run`` if it has something to say of a run.
    """

    _parameter_constraints: dict = {
        **BaseSearchCV._parameter_constraints,
        "param_distributions": [
            *(dict, list, tuple, StrOptions({"auto"})),
            HasMethods("sample_configuration"),  # a ConfigurationSpace
        ],
        "resource": [str, None],
        "min_resources": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "max_resources": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "factor": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
        "promotion_metric": [str, None],
        "initial_params": [list, tuple, StrOptions({"portfolio"}), None],
        "time_limit": [Interval(Real, 0, None, closed="right"), None],
        "trial_timeout": [Interval(Real, 0, None, closed="neither"), None],
        "trial_memory_limit": [Interval(Real, 0, None, closed="neither"), str, None],
        "checkpoint": [str, os.PathLike, None],
        "eval_set": [Interval(Real, 0, 1, closed="neither"), None],
        "verbose": ["verbose", StrOptions({"bar"})],
        "stop_at": [Interval(Real, None, None, closed="neither"), None],
        "patience": [Interval(Integral, 1, None, closed="left"), timedelta, None],
        "ensemble": [Interval(Integral, 1, None, closed="left"), None],
        "history": [SearchHistory, str, os.PathLike, None],
        "sampler": [StrOptions(sampler_names()), Sampler],
        "folds": [StrOptions({"grow", "all"})],
    }
    _parameter_constraints.pop("pre_dispatch")  # nothing is dispatched ahead

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "__init__" in vars(cls):
            cls.__init__ = explaining_keywords(cls.__init__)

    def __init__(
        self,
        estimator,
        param_distributions,
        *,
        resource="n_samples",
        min_resources="auto",
        max_resources="auto",
        factor=3,
        folds="grow",
        sampler=None,  # some make their own
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        random_state=None,
        error_score=np.nan,
        return_train_score=False,
        promotion_metric=None,
        initial_params=None,
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
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_distributions = param_distributions
        self.resource = resource
        self.min_resources = min_resources
        self.max_resources = max_resources
        self.factor = factor
        self.folds = folds
        self.sampler = sampler
        self.random_state = random_state
        self.promotion_metric = promotion_metric
        self.initial_params = initial_params
        self.time_limit = time_limit
        self.trial_timeout = trial_timeout
        self.trial_memory_limit = trial_memory_limit
        self.checkpoint = checkpoint
        self.eval_set = eval_set
        self.stop_at = stop_at
        self.patience = patience
        self.ensemble = ensemble
        self.history = history

    # ---- what a subclass decides -------------------------------------------------

    #: Whether few folds are taken together where a single one has few test rows, with
    #: ``resource="n_folds"`` too. Who asks for folds alone gets what was asked for.
    _needs_test_rows = False

    @abstractmethod
    def _make_scheduler(self, sampler, amounts):
        """Return the scheduler, for a bound sampler and the amounts of the resource."""

    def _make_sampler(self):
        """Return the sampler, by name or not bound yet, or a function of the space."""
        return self.sampler

    def _make_space(self, seed, find_shape):  # noqa: ARG002
        """Return the space, and refuse one that does not fit the estimator.

        ``seed`` is that of the search if it has no `random_state`, else None.
        ``find_shape`` returns the shape of the data, which only few spaces need.
        """
        return make_space(self, find_shape)

    def _rows(self, evaluations):
        """Return the evaluations that are the rows of ``cv_results_``, in order."""
        return evaluations

    def _choices(self, rows, folds):
        """Return the places of the rows that a callable `refit` chooses from."""
        return with_most(rows, folds)

    def _n_trials(self, space):  # noqa: ARG002
        """Return how many configurations start; infinite where the rungs say it."""
        return np.inf

    def _set_own_attributes(self, plan):
        """Set what this search says of a run beside what every search says."""

    def _check_run(self):
        """Warn if the search ran, and ended by itself, but not as it was meant."""

    # ---- fit, step by step -------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=False)  # the estimator is not validated
    def fit(self, X, y=None, **params):
        """Run the search, then refit the best configuration on all data.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_samples)
            Training vectors, or a precomputed kernel or distance matrix.

        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Target relative to X for classification or regression;
            None for unsupervised learning.

        **params : dict of str -> object
            Parameters passed to the ``fit`` method of the estimator, the scorer, and
            the CV splitter. Those of length `n_samples`, such as `sample_weight`, are
            split and subsampled as X is. ``groups`` goes to the splitter. With it,
            groups stay whole when subsets are drawn.

        Returns
        -------
        self : object
            The fitted search.

        Raises
        ------
        ValueError
            Before any fit, if the search space, the resource, the data and the folds
            do not fit together. After the search, if every evaluation failed.

        CheckpointError
            If the checkpoint cannot be used. It is an OSError and a ValueError.

        RuntimeError
            If configuration after configuration kills its worker.

        TypeError
            Before any fit, if the estimator's ``fit`` does not take one of ``params``.
        """
        began = time.perf_counter()
        checkpoint = open_checkpoint(self)
        with checkpoint or nullcontext():
            self._fit(X, y, params, checkpoint, began)
        return self

    def _fit(self, X, y, params, checkpoint, began):
        self._forget()
        check_parameters(self)
        limits = TrialLimits.of(self.trial_timeout, self.trial_memory_limit)
        scorers, refit_metric = self._get_scorers()
        # Candidates that are drawn before need the seed of their checkpoint.
        is_seeded = self.random_state is not None
        seed = None if is_seeded else draw_seed(None, checkpoint)
        space = self._make_space(seed, partial(DataShape.of, X, y))
        check_eval_set(self, space, params)
        check_scoring(self, scorers)
        data = make_data(self, X, y, params)
        check_ensemble(self, data, scorers)
        self.n_splits_ = len(data.folds.splits)
        if seed is None:
            seed = draw_seed(self.random_state, checkpoint)
        history = open_history(self)
        past = recall(self, space, data, history, checkpoint)
        taken = None if past is None else past.text
        identity = partial(identity_of, self, data, metric_names(scorers), seed, taken)
        journal = open_journal(checkpoint, identity, space)
        root = open_root_context(self, data.X, data.y, data.metadata)
        plan = make_plan(self, data.folds, space, seed, past, data.find_shape)
        if past is not None:
            past.begin(self, plan, data)
        self.sampler_ = plan.sampler
        run = self._run(plan, data, scorers, limits, root, journal, began)
        rows = self._report(run, data, plan, scorers, refit_metric)
        remember(self, run, plan, data, history, checkpoint)
        if self.refit:
            refit(self, data, root)
        if self.ensemble is not None:
            make_ensemble(self, data, plan, rows, run.library, scorers)
        close_root_context(root, self, data.X, data.y, data.metadata)

    def _report(self, run, data, plan, scorers, refit_metric):
        """Set what a run has shown; return its rows, or raise what ended it early."""
        evaluations, error = run.evaluations, run.error
        self.stop_reason_ = str(run.stop_reason)
        if not evaluations:
            raise_if_ended(evaluations, error)
        rows = self._rows(evaluations)
        self.cv_results_, self.multimetric_ = make_table(self, rows, plan, scorers)
        vars(self).update(describe_run(evaluations, plan))
        self._set_own_attributes(plan)
        if error is None:
            warn_of_run(self, evaluations, plan)
            check_usable(self, evaluations, data, plan)
        if has_completed(evaluations):
            # What ended the search is raised, whatever a callable `refit` raises.
            with nullcontext() if error is None else suppress(Exception):
                self._select(scorers, refit_metric, rows, plan.folds)
                if hasattr(self, "best_index_"):
                    best = rows[self.best_index_]
                    warn_of_incomplete_best(self, evaluations, best, plan)
        raise_if_ended(evaluations, error)
        return rows

    def _forget(self):
        """Delete what an earlier fit has set: this one may end without all of it."""
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)

    def _run(self, plan, data, scorers, limits, root, journal, began):
        """Run the search; return what has finished, and how it ended."""
        tree = CallbackTree(root, self, plan)
        scorer = self._make_fold_scorer(plan, data, scorers, root)
        assess = Assessor(
            decisive_metric(self), self.error_score, partial(check_metrics, self)
        )
        enough = GoodEnough(plan.folds.is_everything, self.stop_at, self.patience)
        reporter = Reporter(type(self).__name__, self.verbose, resource=self.resource)
        return run_search(
            plan.scheduler,
            scorer,
            assess=assess,
            reporter=reporter,
            table="cv_results_",
            folds=plan.folds,
            n_jobs=self.n_jobs,
            listeners=[tree, enough],
            context=tree.context,
            around=tree,
            time_limit=self.time_limit,
            limits=limits,
            began=began,
            journal=journal,
        )

    def _make_fold_scorer(self, plan, data, scorers, root):
        return FoldScorer(
            estimator=clone(self.estimator),
            X=data.X,
            y=data.y,
            splits=data.folds.splits,
            resource=plan.resource,
            scorer=scorers,
            error_score=self.error_score,
            fit_params=data.routed.estimator.fit,
            score_params=data.routed.scorer.score,
            return_train_score=self.return_train_score,
            verbose=verbosity_of_fits(self.verbose),
            caller=None if root is None else self,
            eval_set=plan.eval_set,
            predictor=make_predictor(self, data),
        )

    def _select(self, scorers, refit_metric, rows, folds):
        """Set ``best_index_`` and what follows from it."""
        is_multimetric = is_multimetric_scorer(scorers)
        self.scorer_ = named_scorers(scorers) if is_multimetric else scorers
        if callable(self.scoring) and self.multimetric_:
            prefix = "mean_test_"
            names = [k for k in self.cv_results_ if k.startswith(prefix)]
            check_refit(self, [k[len(prefix) :] for k in names])
            refit_metric = self.refit
        if self.multimetric_:
            whole = with_most(rows, folds)
            self.pareto_front_ = front_among(self.cv_results_, whole)
        # As in scikit-learn: without a metric to refit by there is no best.
        if not self.refit and self.multimetric_:
            return
        choose = partial(self._select_best_index, self.refit, refit_metric)
        self.best_index_ = best_row(self, choose, rows, folds)
        if not callable(self.refit):
            scores = self.cv_results_[f"mean_test_{refit_metric}"]
            self.best_score_ = scores[self.best_index_]
        self.best_params_ = self.cv_results_["params"][self.best_index_]

    # ---- before and after fit ----------------------------------------------------

    def plan(self, n_samples, y=None, groups=None):
        """Return what a fit on ``n_samples`` rows will run.

        Parameters
        ----------
        n_samples : int
            Number of rows of X.

        y : array-like of shape (n_samples,), default=None
            The target. The smallest number of rows depends on the number of classes, so
            pass it for a classifier whose resource is "n_samples". Without it, the plan
            assumes two classes.

        groups : array-like of shape (n_samples,), default=None
            Group labels, if `cv` needs them.

        Returns
        -------
        plan : dict of ndarray
            A row for each rung: `bracket`, `rung`, `n_candidates`, `n_resources` and
            `n_folds`. If groups stay whole, the search can use more rows than
            `n_resources` says here. An asynchronous search does not know in advance how
            many candidates reach the upper rungs. Its plan has one in `factor` of the
            rung below. The plan of a search that stops candidates is as if it stopped
            none.

        Raises
        ------
        ValueError
            If the search space or the resource parameters do not fit together, or if
            ``n_samples`` is not a number of rows.
        """
        self._validate_params()
        check_parameters(self)
        check_n_samples(n_samples)
        is_seeded = isinstance(self.random_state, Integral)
        seed = draw_seed(self.random_state, None) if is_seeded else 0
        find_shape = partial(DataShape.of, None, y, n_samples=int(n_samples))
        space = self._make_space(seed, find_shape)
        labels = class_labels(self.estimator, y)
        if y is None and is_classifier(self.estimator):
            labels = np.arange(n_samples) % 2
        split_params = {} if groups is None else {"groups": groups}
        folds = make_folds(self, np.zeros((n_samples, 1)), y, labels, split_params)
        return make_plan(self, folds, space, seed, None, find_shape).table
