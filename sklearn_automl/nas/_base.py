"""What NASClassifier and NASRegressor share: the steps of a fit."""

import inspect
import os
import time
from contextlib import nullcontext
from numbers import Integral, Real

import numpy as np
from sklearn.base import clone
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_automl._sklearn_compat import (
    Interval,
    InvalidParameterError,
    StrOptions,
    fit_context,
)
from sklearn_automl.exceptions import warn
from sklearn_automl.execution import open_checkpoint, open_history
from sklearn_automl.nas._final_training import TrainsMembers
from sklearn_automl.nas._fitted import FittedMixin
from sklearn_automl.nas._inputs import checked_inputs
from sklearn_automl.nas._interrupts import saying_what_is_left
from sklearn_automl.nas._members import best_rows, n_members
from sklearn_automl.nas._net_options import NetOptions
from sklearn_automl.nas._own_names import named_after
from sklearn_automl.nas.estimation import Estimation, estimation_names, make_estimation
from sklearn_automl.nas.networks import (
    Network,
    n_epochs_for,
    trial_net,
    usable_device,
)
from sklearn_automl.nas.search.fit_data import make_fit_data, make_training_data
from sklearn_automl.nas.search.history import Memory
from sklearn_automl.nas.search.length import fewer_epochs
from sklearn_automl.nas.search.scoring import NetScorer
from sklearn_automl.nas.search.search import ArchitectureSearch
from sklearn_automl.nas.search.time_limit import deadline_of_all, deadline_of_search
from sklearn_automl.nas.space import (
    ArchitectureSpace,
    make_space,
    module_of,
    space_names,
)
from sklearn_automl.nas.strategies import Strategy, make_strategy, strategy_names
from sklearn_automl.nas.supernet.options import WeightSharing
from sklearn_automl.storage import SearchHistory

__all__ = ["NASEstimator"]

# A training of the search has a third of the epochs, unless they were set. The final
# one decides how good the network is. It has 200 steps at least, because fewer favour
# architectures that learn fast. See `benchmarks/bench_nas.py mnist1d-lean`.
_SHARE_OF_EPOCHS = 3
_LEAST_STEPS = 200

# Chains are as good as cells on images of 8 x 8, in a seventh of the time. See
# `benchmarks/bench_nas.py digits`.
_AUTO_SPACE = "chain"


class NASEstimator(TrainsMembers, FittedMixin, NetOptions):
    """What both estimators share. A subclass says which net it trains, on what y."""

    _parameter_constraints: dict = {
        "search_space": [
            StrOptions({"auto", *space_names()}),
            ArchitectureSpace,
        ],
        "strategy": [StrOptions(strategy_names()), Strategy],
        "estimation": [StrOptions(estimation_names()), Estimation],
        "n_trials": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "search_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "optimizer": [StrOptions(set(NetOptions._optimizer_names)), callable],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "refit": ["boolean"],
        "max_params": [Interval(Integral, 1, None, closed="left"), None],
        "device": [str],
        "n_jobs": [Integral, None],
        "time_limit": [Interval(Real, 0, None, closed="right"), None],
        "trial_timeout": [Interval(Real, 0, None, closed="neither"), None],
        "checkpoint": [str, os.PathLike, None],
        "callbacks": [list, StrOptions({"disable"}), None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
        "criterion": [callable, None],
        "cv": ["cv_object"],
        "channels": [StrOptions({"auto", "first", "last"})],
        "ensemble": [Interval(Integral, 1, None, closed="left"), None],
        "history": [SearchHistory, str, os.PathLike, None],
    }

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if NASEstimator not in cls.__bases__:
            return  # a class of the user's, with methods of its own
        # Python names the qualified name of a method in a TypeError of wrong arguments.
        load = inspect.getattr_static(cls, "load").__func__
        setattr(cls, "load", classmethod(named_after(cls, load)))  # noqa: B010
        shown = ("plot", "plot_architecture", "to_frame")
        for name in (*shown, "save", "to_onnx", "fit_best"):
            setattr(cls, name, named_after(cls, getattr(cls, name)))
        for name in ("fit", "partial_fit"):
            fit = named_after(cls, inspect.unwrap(getattr(cls, name)))
            checked = fit_context(prefer_skip_nested_validation=True)(fit)
            setattr(cls, name, checked)

    def __init__(
        self,
        *,
        search_space,
        strategy,
        estimation,
        n_trials,
        max_epochs,
        search_epochs,
        batch_size,
        lr,
        weight_decay,
        optimizer,
        validation_fraction,
        scoring,
        refit,
        max_params,
        device,
        n_jobs,
        time_limit,
        trial_timeout,
        checkpoint,
        callbacks,
        random_state,
        verbose,
        criterion,
        cv,
        channels,
        ensemble,
        history,
        **net_options,
    ):
        self.search_space = search_space
        self.strategy = strategy
        self.estimation = estimation
        self.n_trials = n_trials
        self.max_epochs = max_epochs
        self.search_epochs = search_epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.optimizer = optimizer
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.refit = refit
        self.max_params = max_params
        self.device = device
        self.n_jobs = n_jobs
        self.time_limit = time_limit
        self.trial_timeout = trial_timeout
        self.checkpoint = checkpoint
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose
        self.criterion = criterion
        self.cv = cv
        self.channels = channels
        self.ensemble = ensemble
        self.history = history
        self._take_net_options(net_options)

    # ---- fit, step by step -------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, groups=None, validation_data=None):
        """Search architectures, then train the best ones on all data.

        Parameters
        ----------
        X : array-like, tensor or sparse matrix of shape (n_samples, n_features), \
                (n_samples, n_channels, length) or \
                (n_samples, n_channels, height, width)
            Flat data, sequences or images. A data frame can have columns of texts and
            categories.

        y : array-like or tensor of shape (n_samples,) or (n_samples, n_outputs)
            The target. A classifier takes labels of any type, or a column of 0 and 1
            for each of several labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss of trainings, and in scores if the metric
            takes weights. Rows with weight 0 are ignored.

        groups : array-like of shape (n_samples,), default=None
            Group of each row. Rows of one group, such as the recordings of a patient,
            are all training rows or all validation rows.

        validation_data : tuple (X, y) or (X, y, sample_weight), default=None
            Rows that architectures are compared on. No training uses them, not even the
            final one.

        Returns
        -------
        object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the parameters or the data cannot be used (before any training), or if
            every architecture failed.

        CheckpointError
            If the checkpoint cannot be used. It is an OSError and a ValueError.

        HistoryError
            If the history cannot be used. It is an OSError and a ValueError.
        """
        began = time.perf_counter()
        self._forget()
        self._check_parameters()
        data = make_fit_data(self, X, y, sample_weight, groups, validation_data)
        checkpoint = open_checkpoint(self)
        with checkpoint or nullcontext():
            memory = Memory(open_history(self), checkpoint, X, y)
            search = self._make_search(data, checkpoint, memory)
            search.run(checkpoint, began)
        self._take_results(search)
        self.search_time_ = time.perf_counter() - began
        if search.error is not None:
            self._raise_again(search.error, len(search.evaluations))
        search.check()
        memory.remember(search)
        if self.refit:
            with saying_what_is_left(self):
                self._choose_length(search, data, began)
                self._refit(
                    *data.of_training, deadline=deadline_of_all(self.time_limit, began)
                )
        return self

    def _forget(self):
        """Delete what an earlier fit has set: this one may end without all of it."""
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)

    def _check_parameters(self):
        """Refuse what the types and ranges let through."""
        if self.n_jobs == 0:
            raise InvalidParameterError(
                f"The 'n_jobs' parameter of {type(self).__name__} must not be 0. Pass "
                "a number of workers, -1 for all cores, or None for 1."
            )
        self._device()

    def _device(self):
        return usable_device(self.device)

    def _make_search(self, data, checkpoint, memory):
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        if self.random_state is None and checkpoint and checkpoint.seed is not None:
            seed = checkpoint.seed
        strategy = self._part("strategy", make_strategy)
        estimation = self._part("estimation", make_estimation)
        net = self._make_net(self._n_outputs(data.y))
        sharing = WeightSharing(
            strategy.supernet_options(), estimation.supernet_options()
        )
        shares_weights = sharing.options is not None
        n_epochs = self._n_search_epochs(net, data, shares_weights)
        space = self._space(shares_weights).bind(self.input_shape_)
        self._prepare(net, space, n_epochs, data)
        search = ArchitectureSearch(
            estimator=self,
            net=trial_net(net),
            X=data.X,
            y=data.y,
            labels=data.labels,
            space=space,
            strategy=strategy,
            estimation=estimation,
            sharing=sharing,
            scorer=NetScorer(
                check_scoring(net, scoring=self.scoring),
                getattr(self, "classes_", None),
            ),
            n_outputs=self._n_outputs(data.y),
            n_epochs=n_epochs,
            seed=seed,
            validation=data.validation,
            weights=data.weights,
            memory=memory,
        )
        self._warn_if_few(search, data)
        return search

    def _prepare(self, net, space, n_epochs, data):
        """Let a net train what a space makes, or refuse its options."""
        net.set_params(
            max_epochs=n_epochs, schedule_epochs=n_epochs, **module_of(space)
        )
        self._check_net(
            net,
            makes_own_modules=space.makes_own_modules,
            weighs_rows=data.weights.fit is not None,
        )

    def _warn_if_few(self, search, data):
        if search.scores_training_rows:
            warn(
                f"{len(data.X)} rows, of which "
                f"validation_fraction={self.validation_fraction} should be held out, "
                "are too few for "
                f"{'some of each class' if data.labels is not None else 'two'} on both "
                "sides: architectures are compared on the training rows."
            )

    def _n_epochs(self, net, n_rows):
        """Return the epochs of the final training."""
        return self.max_epochs or n_epochs_for(net.n_batches_of(n_rows))

    def _n_search_epochs(self, net, data, shares_weights):
        """Return the epochs of a full training in the search."""
        if self.search_epochs is not None:
            return self.search_epochs
        n_rows = len(data.of_training[0])
        n_epochs = self._n_epochs(net, n_rows)
        if self.max_epochs is not None and not shares_weights:
            return n_epochs
        is_all = data.validation.n_own > 0  # which is scored on other rows
        n_train = n_rows if is_all else round((1 - self.validation_fraction) * n_rows)
        n_batches = net.n_batches_of(n_train)
        n_least = -(-_LEAST_STEPS // n_batches)
        return min(n_epochs, max(n_epochs // _SHARE_OF_EPOCHS, n_least))

    def _space(self, shares_weights):
        if self.search_space == "auto":
            # Chains of different lengths and widths have no weights in common.
            return make_space("cell" if shares_weights else _AUTO_SPACE)
        return self._part("search_space", make_space)

    def _part(self, name, make):
        value = getattr(self, name)
        return make(value) if isinstance(value, str) else clone(value, safe=False)

    def _make_net(self, n_outputs):
        """Return the net that trains an architecture, which it does not have yet."""
        return self._net_class()(
            Network,
            module__input_shape=self.input_shape_,
            module__n_outputs=n_outputs,
            # How many it gets is known when the rows are.
            max_epochs=self.max_epochs or 1,
            batch_size=self.batch_size,
            lr=self.lr,
            callbacks=self.callbacks,
            device=self._device(),
            # One thread gives the same result on any machine; `n_jobs` uses more cores.
            n_threads=1,
            **self._options_of_training(),
            **self._own_options(),
        )

    def _net_class(self):
        return self._Net

    def _own_options(self):
        return {}

    def _take_results(self, search):
        self.stop_reason_ = search.stop_reason
        self.n_trials_ = len({e.job.trial_id for e in search.evaluations})
        self.history_ = search.supernet_history
        if not search.evaluations:
            return
        self.n_splits_ = len(search.splits)
        self.search_results_ = self.cv_results_ = results = search.table()
        self.reference_score_ = search.reference.score(search.evaluations)
        best = int(np.argmin(results["rank_test_score"]))
        if np.isfinite(results["mean_test_score"][best]):
            self.best_index_ = best
            self.best_score_ = float(results["mean_test_score"][best])
            self.best_architecture_ = results["architecture"][best]
            self.best_params_ = results["params"][best]
            amounts = [e.job.resource for e in search.evaluations]
            n_networks = n_members(self.ensemble, self.n_trials_)
            self._final_options = [
                {
                    **module_of(search.space),
                    **search.translation.parameters(results["architecture"][row]),
                }
                for row in best_rows(results, amounts, n_networks)
            ]

    def _choose_length(self, search, data, began):
        """Let the final training be shorter, where the search's were too long."""
        self.share_of_epochs_ = 1.0
        if self.max_epochs is not None or self.search_epochs is not None:
            return
        deadline = deadline_of_search(self.time_limit, began, refit=True)
        fewer = fewer_epochs(search, deadline)
        if fewer is not None:
            n_rows = len(data.of_training[0])
            self.share_of_epochs_ = fewer / self._n_epochs(search.net, n_rows)
            self._report(
                f"networks score higher after {fewer} than after "
                f"{search.n_epochs} epochs"
            )

    def _raise_again(self, error, n_evaluations):
        """Raise what ended the search; what was finished is kept."""
        if isinstance(error, KeyboardInterrupt):
            kept = "No evaluation was finished."
            if n_evaluations:
                kept = f"{n_evaluations} finished evaluations are in cv_results_."
            raise KeyboardInterrupt(kept) from error
        raise error

    def _training_data(self, X, y, sample_weight):
        """Return rows beside those of the search as ``_refit`` takes them."""
        return make_training_data(self, X, y, sample_weight)

    # ---- predictions -------------------------------------------------------------

    def _check_inputs(self, X):
        check_is_fitted(self, "best_estimator_")
        return checked_inputs(self, X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.sparse = True
        return tags
