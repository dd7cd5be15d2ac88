"""What all searches have in common: a page of named steps around the core."""

import os
import time
import warnings
from abc import abstractmethod
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import indexable

from sklearn_automl._sklearn_compat import (
    BaseSearchCV,
    HasMethods,
    Interval,
    StrOptions,
    check_fit_params,
    fit_context,
    insert_error_scores,
    is_multimetric_scorer,
    metric_names,
    named_scorers,
    open_root_context,
    refit_context,
    report_fit_failures,
)
from sklearn_automl.exceptions import warn
from sklearn_automl.execution import (
    Assessor,
    FoldScorer,
    Journal,
    NoJournal,
    Reporter,
    Status,
    StopReason,
    TrialLimits,
    bytes_of,
    can_measure_memory,
    complete_folds,
    evaluation_columns,
    last_line,
    not_swallowed,
    rank_by_resource,
    run_search,
    summary_of,
)
from sklearn_automl.model_selection._callbacks import CallbackTree
from sklearn_automl.model_selection._checks import (
    check_fit_names,
    check_lengths,
    check_metrics,
    check_n_samples,
    check_parameters,
    check_rows,
    check_splits,
    check_target,
    make_cv,
)
from sklearn_automl.model_selection._identity import identity_of
from sklearn_automl.model_selection._limits import (
    check_parameter_names,
    class_labels,
    find_limits,
    fold_sizes,
    make_resource,
)
from sklearn_automl.model_selection._results import advice_on_rows
from sklearn_automl.samplers import GridSampler, Sampler, make_sampler, sampler_names
from sklearn_automl.space import SearchSpace
from sklearn_automl.storage import Checkpoint

__all__ = ["ResourceSearchCV"]

# Python and scikit-learn alone have more than this, in bytes.
_MIN_MEMORY = 100 * 10**6


@dataclass
class Data:
    """What ``fit`` was given, routed, checked and split."""

    X: Any
    y: Any
    params: dict[str, Any]
    routed: Any
    metadata: dict[str, Any] | None
    seed: int
    scorers: Any
    refit_metric: str
    cv: Any
    splits: list[tuple[Any, Any]]
    labels: np.ndarray | None
    groups: Any
    space: SearchSpace
    limits: TrialLimits
    sampler_rng: np.random.Generator
    subset_rng: np.random.Generator


class ResourceSearchCV(BaseSearchCV):
    """Base class of the searches; a subclass says which scheduler it runs.

    It writes ``_make_scheduler``, which gets the limits of the resource and a bound
    sampler, and ``_n_bottom_trials``.
    """

    _parameter_constraints: dict = {
        **BaseSearchCV._parameter_constraints,
        # The last is what a ConfigurationSpace has.
        "param_distributions": [dict, list, tuple, HasMethods("sample_configuration")],
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
        "initial_params": [list, tuple, None],
        "time_limit": [Interval(Real, 0, None, closed="right"), None],
        "trial_timeout": [Interval(Real, 0, None, closed="neither"), None],
        "trial_memory_limit": [Interval(Real, 0, None, closed="neither"), str, None],
        "checkpoint": [str, os.PathLike, None],
        "sampler": [StrOptions(sampler_names()), Sampler],
    }
    _parameter_constraints.pop("pre_dispatch")  # nothing is dispatched ahead

    def __init__(
        self,
        estimator,
        param_distributions,
        *,
        resource="n_samples",
        min_resources="auto",
        max_resources="auto",
        factor=3,
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
        self.sampler = sampler
        self.random_state = random_state
        self.promotion_metric = promotion_metric
        self.initial_params = initial_params
        self.time_limit = time_limit
        self.trial_timeout = trial_timeout
        self.trial_memory_limit = trial_memory_limit
        self.checkpoint = checkpoint

    # ---- what a subclass decides -------------------------------------------------

    @abstractmethod
    def _make_scheduler(self, sampler, limits):
        """Return the scheduler; ``limits`` has the minimum and maximum resource."""

    def _n_bottom_trials(self, space):  # noqa: ARG002
        """Return how many configurations start at the bottom of the longest ladder."""
        return np.inf

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
            split and subsampled as X is. ``groups`` goes to the splitter, and keeps
            the groups whole when subsets are drawn.

        Returns
        -------
        self : object
            The fitted search.

        Raises
        ------
        ValueError
            If the search space, the resource or the data do not fit together, or y or
            a fold cannot be used, before any fit; or if every evaluation failed.

        CheckpointError
            If the checkpoint cannot be used; an OSError and a ValueError.

        RuntimeError
            If configuration after configuration kills its worker.

        TypeError
            If the estimator's ``fit`` does not take one of ``params``, before any fit.
        """
        began = time.perf_counter()
        checkpoint = None if self.checkpoint is None else Checkpoint(self.checkpoint)
        with checkpoint or nullcontext():
            self._fit(X, y, params, checkpoint, began)
        return self

    def _fit(self, X, y, params, checkpoint, began):
        self._forget()
        data = self._check(X, y, params, checkpoint)
        journal = self._open_journal(checkpoint, data)
        root = open_root_context(self, data.X, data.y, data.metadata)
        limits = self._find_limits(data)
        sampler = self._bind_sampler(data.space, data.sampler_rng, limits)
        scheduler = self._make_scheduler(sampler, limits)
        self.sampler_ = sampler
        self._check_number_of_initial_params(scheduler.n_planned)
        resource = make_resource(
            self,
            limits,
            data.splits,
            data.labels,
            data.groups,
            data.cv,
            data.subset_rng,
        )
        run = self._run(scheduler, resource, data, root, journal, began)
        evaluations, error = run.evaluations, run.error
        if error is not None and not evaluations:
            raise error
        self._tabulate(evaluations, data, resource, scheduler)
        self._check_ending(evaluations, error, data)
        self._check_usable(evaluations, data)
        self._select(data)
        if self.refit:
            self._refit(data, root)
        if root is not None:
            root.call_on_fit_task_end(
                estimator=self, X=data.X, y=data.y, metadata=data.metadata
            )

    def _forget(self):
        """Delete what an earlier fit has set: this one may end without all of it."""
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)

    def _check(self, X, y, params, checkpoint):
        """Check everything that can be checked before the first fit."""
        check_parameters(self)
        scorers, refit_metric = self._get_scorers()
        space = SearchSpace(self.param_distributions)
        check_parameter_names(self.estimator, space, self.resource)
        if not callable(self.scoring):
            check_metrics(self, metric_names(scorers))
        X, y = indexable(X, y)
        check_rows(self.estimator, X)
        check_target(self.estimator, y)
        check_lengths(X, params)
        params = check_fit_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        check_fit_names(self.estimator, routed.estimator.fit)
        weight = params.get("sample_weight")
        metadata = None if weight is None else {"sample_weight": weight}
        cv = make_cv(self, y)
        splits = self._split(cv, X, y, routed.splitter.split)
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        if self.random_state is None and checkpoint and checkpoint.seed is not None:
            seed = checkpoint.seed
        sampler_seed, subset_seed = np.random.SeedSequence(seed).spawn(2)
        return Data(
            X=X,
            y=y,
            routed=routed,
            params=params,
            metadata=metadata,
            seed=seed,
            scorers=scorers,
            refit_metric=refit_metric,
            cv=cv,
            splits=splits,
            labels=class_labels(self.estimator, y),
            groups=routed.splitter.split.get("groups"),
            space=space,
            limits=self._trial_limits(),
            sampler_rng=np.random.default_rng(sampler_seed),
            subset_rng=np.random.default_rng(subset_seed),
        )

    def _open_journal(self, checkpoint, data):
        """Return what an earlier fit has recorded, if it was of this search."""
        if checkpoint is None:
            return NoJournal()
        checkpoint.claim(identity_of(self, data))
        return Journal(checkpoint, data.space)

    def _trial_limits(self):
        memory = bytes_of(self.trial_memory_limit)
        if memory is not None and memory < _MIN_MEMORY:
            raise ValueError(
                f"trial_memory_limit={self.trial_memory_limit!r} is {memory:,} bytes, "
                f"less than the {_MIN_MEMORY // 10**6} MB that a worker has in memory "
                "before it does anything. Pass more, for example '2GB'."
            )
        if memory is not None and not can_measure_memory():
            raise ValueError(
                "trial_memory_limit needs psutil on this system: install it, or leave "
                "the limit at None."
            )
        return TrialLimits(self.trial_timeout, memory)

    def _split(self, cv, X, y, split_params):
        """Split once, for the whole search: folds are the same in every rung."""
        self.n_splits_ = cv.get_n_splits(X, y, **split_params)
        splits = list(cv.split(X, y, **split_params))
        check_splits(self, splits, self.n_splits_, X)
        return splits

    def _promotion_metric(self):
        if self.promotion_metric is not None:
            return self.promotion_metric
        return self.refit if isinstance(self.refit, str) else None

    def _find_limits(self, data):
        n_samples = len(data.splits[0][0]) + len(data.splits[0][1])
        if hasattr(data.X, "shape"):
            n_samples = data.X.shape[0]
        sizes = fold_sizes(n_samples, data.splits, data.labels)
        return find_limits(self, sizes, self._n_bottom_trials(data.space))

    def _bind_sampler(self, space, rng, limits):
        sampler = self._make_sampler(limits)
        # The best_params_ of an earlier search have the resource in them.
        initial = [
            {k: v for k, v in params.items() if k != self.resource}
            if isinstance(params, dict)
            else params
            for params in self.initial_params or ()
        ]
        return sampler.bind(space, rng, initial)

    def _make_sampler(self, limits):
        """Return the sampler, which is not bound yet."""
        if self.sampler == "grid":
            # In the order of a grid, the first of a rung are not a fair sample.
            return GridSampler(shuffle=limits.minimum < limits.maximum)
        if isinstance(self.sampler, str):
            return make_sampler(self.sampler)
        return self.sampler

    def _check_number_of_initial_params(self, n_trials):
        if len(self.initial_params or ()) > n_trials:
            warn(
                f"{len(self.initial_params)} initial_params are more than the "
                f"{n_trials} configurations that are tried; the last ones are left "
                "out."
            )

    def _run(self, scheduler, resource, data, root, journal, began):
        """Run the search; return what has finished, and how it ended."""
        tree = CallbackTree(root, self, scheduler, self.n_splits_)
        run = run_search(
            scheduler,
            self._make_scorer(resource, data, root),
            assess=Assessor(
                self._promotion_metric(), self.error_score, partial(check_metrics, self)
            ),
            reporter=Reporter(
                type(self).__name__, bool(self.verbose), resource=self.resource
            ),
            table="cv_results_",
            n_jobs=self.n_jobs,
            listeners=[tree],
            context=tree.context,
            around=tree,
            time_limit=self.time_limit,
            limits=data.limits,
            began=began,
            journal=journal,
        )
        self.stop_reason_ = str(run.stop_reason)
        return run

    def _make_scorer(self, resource, data, root):
        return FoldScorer(
            estimator=clone(self.estimator),
            X=data.X,
            y=data.y,
            splits=data.splits,
            resource=resource,
            scorer=data.scorers,
            error_score=self.error_score,
            fit_params=data.routed.estimator.fit,
            score_params=data.routed.scorer.score,
            return_train_score=self.return_train_score,
            verbose=self.verbose,
            caller=None if root is None else self,
        )

    def _tabulate(self, evaluations, data, resource, scheduler):
        """Make ``cv_results_`` and what else describes the search as it ran."""
        names = metric_names(data.scorers)
        folds = complete_folds(evaluations, self.error_score, names)
        self._describe_run(evaluations, resource, scheduler)
        if callable(self.scoring):
            insert_error_scores(folds, self.error_score)
        self.multimetric_ = isinstance(folds[0]["test_scores"], dict)
        params = [
            {**e.job.config, **resource.parameters(e.job.resource)} for e in evaluations
        ]
        columns = evaluation_columns(evaluations, resource)
        # Infinite scores give NaN, and it says so; but failed fits have a warning.
        with np.errstate(invalid="ignore"), warnings.catch_warnings():
            if any(fold["fit_error"] for fold in folds):
                warnings.filterwarnings("ignore", "One or more of the", UserWarning)
            results = self._format_results(params, self.n_splits_, folds, columns)
        usable = np.array([e.status == Status.COMPLETED for e in evaluations])
        amounts = np.array([e.job.resource for e in evaluations])
        for key in [k for k in results if k.startswith("rank_test_")]:
            scores = results[key.replace("rank_", "mean_")]
            results[key] = rank_by_resource(scores, amounts, usable)
        self.cv_results_ = results

    def _check_ending(self, evaluations, error, data):
        """Raise if the search did not end by itself; what was finished is kept."""
        if error is None:
            return
        if any(e.status == Status.COMPLETED for e in evaluations):
            self._select(data)
        kept = f"{len(evaluations)} finished evaluations are in cv_results_."
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt(kept) from error
        raise error

    def _check_usable(self, evaluations, data):
        """Say what failed; raise if nothing can be selected. The table is there."""
        folds = [fold for e in evaluations for fold in e.folds]
        advice = advice_on_rows(evaluations, self.resource, self.max_resources_)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                report_fit_failures([f.fit_error for f in folds], self.error_score)
        except ValueError as error:
            summary = f"{error}\n\n{summary_of(evaluations)}{advice}"
            raise ValueError(summary) from None
        for warning in caught:
            summary = f"{warning.message}\n\n{summary_of(evaluations)}{advice}"
            warn(summary, warning.category)
        if any(e.status == Status.COMPLETED for e in evaluations):
            unscored = [fold.score_error for fold in folds if fold.score_error]
            if unscored and not caught:
                warn(
                    f"Scoring failed on {len(unscored)} of {len(folds)} folds, first "
                    f"with: {last_line(unscored[0])}. {summary_of(evaluations)}{advice}"
                )
            return
        n, first = len(evaluations), evaluations[0]
        are_fits = any(fold.fit_error for fold in first.folds)
        has_raised = are_fits or any(fold.score_error for fold in first.folds)
        # Not if a worker died: here it would take this process along.
        if (
            self.refit
            and has_raised
            and all(e.status == Status.FAILED for e in evaluations)
        ):
            # Data that cannot be fitted: let the estimator say so itself.
            self._fit_on_all(self.cv_results_["params"][0], data)
        if are_fits:
            cause = "Every configuration failed to fit on at least one fold."
        elif has_raised:
            cause = "Scoring failed, in the estimator's predict or in the scorer."
        else:
            cause = "Check the scoring parameter."
        raise ValueError(
            f"None of the {n} evaluations gave a finite score.{advice} {cause} The "
            f"first one says: {last_line(first.error)} (see cv_results_['error'])."
        )

    def _describe_run(self, evaluations, resource, scheduler):
        rungs = defaultdict(int)
        total = 0.0
        for e in evaluations:
            amount = resource.reported(e.job.resource)
            rungs[e.job.bracket, e.job.rung, amount] += 1
            units = float(np.mean([fold.units for fold in e.folds]))
            total += units * amount / e.job.resource
        brackets = defaultdict(list)
        for (bracket, _, amount), n in sorted(rungs.items()):
            brackets[bracket].append((n, amount))
        self.brackets_ = [brackets[b] for b in sorted(brackets)]
        amounts = [
            resource.reported(r) for rungs in scheduler.plan for n, r in rungs if n
        ]
        self.min_resources_, self.max_resources_ = min(amounts), max(amounts)
        self.n_trials_ = len({e.job.trial_id for e in evaluations})
        n_planned = scheduler.n_planned
        if self.n_trials_ < n_planned and self.stop_reason_ == StopReason.COMPLETED:
            warn(
                f"The search space gave {self.n_trials_} different configurations, "
                f"fewer than the {n_planned} planned; all of them were tried."
            )
        self.total_resources_ = int(total) if total.is_integer() else total

    def _select(self, data):
        """Set ``best_index_`` and what follows from it."""
        self.scorer_ = (
            named_scorers(data.scorers)
            if is_multimetric_scorer(data.scorers)
            else data.scorers
        )
        refit_metric = data.refit_metric
        if callable(self.scoring) and self.multimetric_:
            self._check_refit_for_multimetric(
                {
                    k[len("mean_test_") :]: 0
                    for k in self.cv_results_
                    if k.startswith("mean_test_")
                }
            )
            refit_metric = self.refit
        # As in scikit-learn: without a metric to refit by there is no best.
        if not self.refit and self.multimetric_:
            return
        self.best_index_ = self._select_best_index(
            self.refit, refit_metric, self.cv_results_
        )
        if not callable(self.refit):
            scores = self.cv_results_[f"mean_test_{refit_metric}"]
            self.best_score_ = scores[self.best_index_]
        self.best_params_ = self.cv_results_["params"][self.best_index_]

    def _fit_on_all(self, params, data, root=None):
        # Parameters can themselves be estimators, which must not be fitted in place.
        best = clone(self.estimator).set_params(**clone(params, safe=False))
        arguments = (data.X,) if data.y is None else (data.X, data.y)
        context = refit_context(root, self, best, data.X, data.y, data.metadata)
        with context, not_swallowed():
            best.fit(*arguments, **data.routed.estimator.fit)
        return best

    def _refit(self, data, root):
        began = time.time()
        self.best_estimator_ = self._fit_on_all(self.best_params_, data, root)
        self.refit_time_ = time.time() - began
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_

    # ---- before and after fit ----------------------------------------------------

    def plan(self, n_samples, y=None, groups=None):
        """Return what a fit on ``n_samples`` rows will run.

        Parameters
        ----------
        n_samples : int
            Number of rows of X.

        y : array-like of shape (n_samples,), default=None
            The target. The smallest number of rows depends on the number of classes,
            so pass it for a classifier whose resource is "n_samples"; without it two
            classes are assumed.

        groups : array-like of shape (n_samples,), default=None
            Group labels, if `cv` needs them.

        Returns
        -------
        plan : dict of ndarray
            A row for each rung: `bracket`, `rung`, `n_candidates` and `n_resources`.
            Where groups stay whole, their rows can be more than `n_resources` here. An
            asynchronous search does not know in advance how many candidates reach
            the upper rungs; it plans one in `factor` of the rung below. A search that
            stops candidates plans as if it stopped none.

        Raises
        ------
        ValueError
            If the search space or the resource parameters do not fit together, or if
            ``n_samples`` is not a number of rows.
        """
        self._validate_params()
        check_parameters(self)
        check_n_samples(n_samples)
        space = SearchSpace(self.param_distributions)
        check_parameter_names(self.estimator, space, self.resource)
        cv = make_cv(self, y)
        labels = class_labels(self.estimator, y)
        if labels is None and is_classifier(self.estimator) and y is None:
            labels = np.arange(n_samples) % 2
        rows = np.zeros((n_samples, 1))
        splits = list(cv.split(rows, y, groups))
        check_splits(self, splits, len(splits), rows)
        sizes = fold_sizes(n_samples, splits, labels)
        limits = find_limits(self, sizes, self._n_bottom_trials(space))
        sampler = self._bind_sampler(space, np.random.default_rng(0), limits)
        scheduler = self._make_scheduler(sampler, limits)
        rows = [
            (bracket, rung, n, r)
            for bracket, rungs in enumerate(scheduler.plan)
            for rung, (n, r) in enumerate(rungs)
            if n
        ]
        columns = zip(*rows, strict=True)
        names = ("bracket", "rung", "n_candidates", "n_resources")
        return {k: np.array(v) for k, v in zip(names, columns, strict=True)}

    def to_frame(self):
        """Return ``cv_results_`` as a pandas DataFrame.

        Returns
        -------
        frame : pandas.DataFrame
            A row for each evaluation.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd
        from sklearn.utils.validation import check_is_fitted

        check_is_fitted(self, "cv_results_")
        return pd.DataFrame(self.cv_results_)

    # ---- helpers of the subclasses -----------------------------------------------

    def _n_wanted(self, space):
        """Return how many configurations ``n_iter`` and the sampler mean."""
        is_grid = self.sampler == "grid" or isinstance(self.sampler, GridSampler)
        return space.size if is_grid else min(self.n_iter, space.size)

    def _n_trials_of(self, sampler):
        n = self._n_wanted(sampler.space)
        if not isinstance(sampler, GridSampler) and n < self.n_iter:
            warn(
                f"The search space has {n} configurations, fewer than "
                f"n_iter={self.n_iter}; all of them are tried."
            )
        return n
