"""What NASClassifier and NASRegressor share: the steps of a fit."""

import os
import time
from contextlib import nullcontext
from numbers import Integral, Real

import numpy as np
import torch
from sklearn.base import BaseEstimator, clone
from sklearn.metrics import check_scoring, get_scorer_names
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_automl._sklearn_compat import (
    Interval,
    InvalidParameterError,
    StrOptions,
    fit_context,
)
from sklearn_automl.exceptions import warn
from sklearn_automl.execution import not_swallowed
from sklearn_automl.nas._onnx import export_onnx
from sklearn_automl.nas.estimation import Estimation, estimation_names, make_estimation
from sklearn_automl.nas.networks import Network, usable_device
from sklearn_automl.nas.persistence import load_estimator, save_estimator
from sklearn_automl.nas.search.search import ArchitectureSearch
from sklearn_automl.nas.space import ArchitectureSpace, make_space, space_names
from sklearn_automl.nas.strategies import Strategy, make_strategy, strategy_names
from sklearn_automl.nas.supernet.options import WeightSharing
from sklearn_automl.storage import Checkpoint

__all__ = ["NASEstimator"]

_OPTIMIZERS = {
    "adam": (torch.optim.Adam, {}),
    "adamw": (torch.optim.AdamW, {}),
    "sgd": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
}

# With a supernet, a training of the search has a third of the epochs, so that three of
# them take as long as one in full. It has 200 steps at least, because fewer favour
# architectures that learn fast. See `benchmarks/bench_nas.py mnist1d-lean`.
_SHARE_OF_EPOCHS = 3
_LEAST_STEPS = 200

# Chains are as good as cells on images of 8 x 8, in a seventh of the time. See
# `benchmarks/bench_nas.py digits`.
_AUTO_SPACE = "chain"


class NASEstimator(BaseEstimator):
    """What both estimators share; a subclass says which net it trains, on what y."""

    _parameter_constraints: dict = {
        "search_space": [
            StrOptions({"auto", *space_names()}),
            ArchitectureSpace,
        ],
        "strategy": [StrOptions(strategy_names()), Strategy],
        "estimation": [StrOptions(estimation_names()), Estimation],
        "n_trials": [Interval(Integral, 1, None, closed="left")],
        "max_epochs": [Interval(Integral, 1, None, closed="left")],
        "search_epochs": [Interval(Integral, 1, None, closed="left"), None],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "optimizer": [StrOptions(set(_OPTIMIZERS))],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "scoring": [StrOptions(set(get_scorer_names())), callable, None],
        "refit": ["boolean"],
        "max_params": [Interval(Integral, 1, None, closed="left"), None],
        "device": [str],
        "n_jobs": [Integral, None],
        "time_limit": [Interval(Real, 0, None, closed="right"), None],
        "trial_timeout": [Interval(Real, 0, None, closed="neither"), None],
        "checkpoint": [str, os.PathLike, None],
        "callbacks": [list, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

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

    # ---- fit, step by step -------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Search an architecture, then train it on all data.

        Parameters
        ----------
        X : array-like or tensor of shape (n_samples, n_features), \
                (n_samples, n_channels, length) or \
                (n_samples, n_channels, height, width)
            Flat data, sequences or images.

        y : array-like or tensor of shape (n_samples,) or (n_samples, n_outputs)
            The target; labels of any type for a classifier, which has one output.

        Returns
        -------
        object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the parameters or the data cannot be used, before any training; or if
            every architecture failed.

        CheckpointError
            If the checkpoint cannot be used; an OSError and a ValueError.
        """
        began = time.perf_counter()
        self._forget()
        X, y, labels = self._check_data(X, y)
        checkpoint = None if self.checkpoint is None else Checkpoint(self.checkpoint)
        with checkpoint or nullcontext():
            search = self._make_search(X, y, labels, checkpoint)
            search.run(checkpoint, began)
        self._take_results(search)
        self.search_time_ = time.perf_counter() - began
        if search.error is not None:
            self._raise_again(search.error, len(search.evaluations))
        search.check()
        if self.refit:
            self._refit(search, X, y)
        return self

    def _forget(self):
        """Delete what an earlier fit has set: this one may end without all of it."""
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)

    def _check_data(self, X, y):
        """Return X and y as arrays, and the number of each row's class (or None)."""
        self._check_parameters()
        X, y = _without_gradient(X), _without_gradient(y)
        X, y = validate_data(
            self,
            X,
            y,
            dtype=np.float32,
            allow_nd=True,
            ensure_min_samples=2,
            **self._target_checks,
        )
        if X.ndim > 4 or 0 in X.shape:
            raise ValueError(
                f"X has the shape {X.shape}: it must be (n_samples, n_features), "
                "(n_samples, n_channels, length) or (n_samples, n_channels, height, "
                "width), with nothing in it that is empty."
            )
        self.input_shape_ = X.shape[1:]
        labels = self._learn_target(y)
        return X, y, labels

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

    def _make_search(self, X, y, labels, checkpoint):
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        if self.random_state is None and checkpoint and checkpoint.seed is not None:
            seed = checkpoint.seed
        strategy = self._part("strategy", make_strategy)
        estimation = self._part("estimation", make_estimation)
        net = self._make_net(self._n_outputs(y))
        n_epochs = self.search_epochs or self.max_epochs
        sharing = WeightSharing(
            strategy.supernet_options(), estimation.supernet_options()
        )
        shares_weights = sharing.options is not None
        if self.search_epochs is None and shares_weights:
            n_rows = round((1 - self.validation_fraction) * len(X))
            n_least = -(-_LEAST_STEPS // net.n_batches_of(n_rows))
            n_epochs = min(n_epochs, max(n_epochs // _SHARE_OF_EPOCHS, n_least))
        net.set_params(max_epochs=n_epochs, schedule_epochs=n_epochs)
        search = ArchitectureSearch(
            estimator=self,
            net=net,
            X=X,
            y=y,
            labels=labels,
            space=self._space(shares_weights).bind(self.input_shape_),
            strategy=strategy,
            estimation=estimation,
            sharing=sharing,
            scorer=check_scoring(net, scoring=self.scoring),
            n_outputs=self._n_outputs(y),
            n_epochs=n_epochs,
            seed=seed,
        )
        if search.scores_training_rows:
            warn(
                f"{len(X)} rows, of which validation_fraction="
                f"{self.validation_fraction} should be held out, are too few for "
                f"{'some of each class' if labels is not None else 'two'} on both "
                "sides: architectures are compared by how they fit the training rows."
            )
        return search

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
        optimizer, options = _OPTIMIZERS[self.optimizer]
        options = {**options, "weight_decay": self.weight_decay}
        return self._Net(
            Network,
            module__input_shape=self.input_shape_,
            module__n_outputs=n_outputs,
            max_epochs=self.max_epochs,
            schedule_epochs=self.max_epochs,
            batch_size=self.batch_size,
            lr=self.lr,
            optimizer=optimizer,
            callbacks=self.callbacks,
            device=self._device(),
            # One thread gives the same result on any machine; `n_jobs` uses more cores.
            n_threads=1,
            **{f"optimizer__{name}": value for name, value in options.items()},
            **self._own_options(),
        )

    def _own_options(self):
        return {}

    def _take_results(self, search):
        self.stop_reason_ = search.stop_reason
        self.n_trials_ = len({e.job.trial_id for e in search.evaluations})
        self.history_ = search.supernet_history
        if not search.evaluations:
            return
        self.search_results_ = results = search.table()
        self.reference_score_ = search.reference_score()
        best = int(np.argmin(results["rank_test_score"]))
        if np.isfinite(results["mean_test_score"][best]):
            self.best_index_ = best
            self.best_score_ = float(results["mean_test_score"][best])
            self.best_architecture_ = results["architecture"][best]

    def _raise_again(self, error, n_evaluations):
        """Raise what ended the search; what was finished is kept."""
        if isinstance(error, KeyboardInterrupt):
            kept = "No evaluation was finished."
            if n_evaluations:
                kept = f"{n_evaluations} finished evaluations are in search_results_."
            raise KeyboardInterrupt(kept) from error
        raise error

    def _refit(self, search, X, y):
        """Train the best architecture on all rows."""
        began = time.perf_counter()
        net = self._make_net(search.n_outputs)
        net.set_params(
            verbose=max(self.verbose - 1, 0),
            **search.translation.parameters(self.best_architecture_),
        )
        with not_swallowed():
            net.fit(X, y)
        # Predictions need neither the optimizer's state nor gradients.
        net.optimizer_.state.clear()
        net.module_.zero_grad(set_to_none=True)
        net.set_params(n_threads=None)
        self.best_estimator_ = net
        self.history_ = [
            *search.supernet_history,
            *(
                {"phase": "final"}
                | {k: v for k, v in epoch.items() if isinstance(v, int | float)}
                for epoch in net.history
            ),
        ]
        self.refit_time_ = time.perf_counter() - began

    # ---- predictions -------------------------------------------------------------

    def _check_inputs(self, X):
        check_is_fitted(self, "best_estimator_")
        X = validate_data(
            self, _without_gradient(X), dtype=np.float32, allow_nd=True, reset=False
        )
        if X.shape[1:] != self.input_shape_:
            raise ValueError(
                f"X has inputs of the shape {X.shape[1:]}, but "
                f"{type(self).__name__} was fitted on inputs of the shape "
                f"{self.input_shape_}."
            )
        return X

    # ---- the network -------------------------------------------------------------

    def plot_architecture(self, ax=None):
        """Draw the best architecture.

        Parameters
        ----------
        ax : matplotlib axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        matplotlib axes
            What was drawn on.
        """
        from sklearn_automl.nas.plotting import plot_architecture

        check_is_fitted(self, "best_architecture_")
        return plot_architecture(self.best_architecture_, ax=ax)

    def save(self, path):
        """Write the fitted estimator to a file, as data: JSON and arrays.

        The table of the search is not saved, and parameters that are objects are the
        defaults again after :meth:`load`.

        Parameters
        ----------
        path : str or path-like
            The file, a zip archive; it is replaced if it is there.
        """
        check_is_fitted(self, "best_estimator_")
        save_estimator(self, path)

    @classmethod
    def load(cls, path):
        """Return the estimator that :meth:`save` has written; no pickle is read.

        Parameters
        ----------
        path : str or path-like
            The file. Operations that were registered must be registered again. Where
            there is no such device as it was trained on, it is loaded for the CPU, with
            a warning.

        Returns
        -------
        object
            It makes the same predictions.

        Raises
        ------
        ValueError
            If the file cannot be read, or holds something else.
        """
        return load_estimator(cls, path)

    def to_onnx(self, path):
        """Write the network to a file in the ONNX format, for other runtimes.

        Its input "X" are inputs as float32 in any number; its output are the
        "probabilities" of `classes_`, or the "predictions".

        Parameters
        ----------
        path : str or path-like
            The file.
        """
        check_is_fitted(self, "best_estimator_")
        export_onnx(self, path)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _without_gradient(data):
    """Return a tensor without what NumPy cannot take; anything else as it is."""
    if not isinstance(data, torch.Tensor):
        return data
    data = data.detach().cpu()
    return data.float() if data.dtype == torch.bfloat16 else data
