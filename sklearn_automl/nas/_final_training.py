"""The final training, and what a fitted estimator does with more data."""

import time
from collections.abc import Callable
from typing import Any

from sklearn.utils.validation import check_is_fitted
from skorch.callbacks import Checkpoint, LoadInitState, TrainEndCheckpoint

from sklearn_automl._sklearn_compat import fit_context
from sklearn_automl.exceptions import warn
from sklearn_automl.nas._members import train_members

__all__ = ["TrainsMembers"]

# One file can have the weights of one network.
_WITH_FILES = (Checkpoint, TrainEndCheckpoint, LoadInitState)

_PHASES = {"fit": "final", "partial_fit": "continued"}

# A final training with a smaller share of its epochs deserves a warning.
_FEWEST = 0.1


class TrainsMembers:
    """An estimator whose best networks are trained, trained further, or anew."""

    refit: bool
    verbose: int
    time_limit: float | None
    estimators_: list[Any]
    _final_options: list[dict[str, Any]]
    _make_net: Callable[[int], Any]
    _n_outputs: Callable[[Any], int]
    lr: float
    max_epochs: int | None
    _n_epochs: Callable[[Any, int], int]
    share_of_epochs_: float
    best_estimator_: Any
    history_: list[dict[str, Any]]
    fit: Any
    _training_data: Any

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train the best networks for more epochs. If there are none, search first.

        Each call is a separate training of `max_epochs` epochs, in which the learning
        rate rises and falls. By default it is as long as a final training: about 2,500
        steps in 20 to 100 epochs, or fewer (`share_of_epochs_`). If you want one epoch
        in each call, as in scikit-learn, use ``set_params(max_epochs=1)`` after the
        search.

        Parameters
        ----------
        X : array-like, tensor or sparse matrix of shape (n_samples, ...)
            Inputs of the same shape as before. A data frame must have the same columns.
            New categories in it are not learned.

        y : array-like or tensor of shape (n_samples,) or (n_samples, n_outputs)
            The target.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss.

        Returns
        -------
        object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the data cannot be used, or there is no network to train because of
            ``refit=False``.
        """
        return self._continue(X, y, sample_weight)

    def _continue(self, X, y, sample_weight):
        if not hasattr(self, "best_estimator_"):
            if self.refit:
                return self.fit(X, y, sample_weight)
            raise ValueError(
                f"partial_fit of {type(self).__name__} trains best_estimator_ further, "
                "but there is none with refit=False. Pass refit=True, or call "
                "fit_best after fit."
            )
        data = self._training_data(X, y, sample_weight)
        nets = self.estimators_
        n_before = [len(net.history) for net in nets]
        for net in nets:
            n_epochs = self._n_final_epochs(net, len(data[0]))
            net.set_params(max_epochs=n_epochs, n_threads=1)
            if net.lr != self.lr:  # of all parameters, also those with their own rate
                net.set_params(lr=self.lr)
        self._train(nets, "partial_fit", data, n_before)
        return self

    def fit_best(self, X, y, sample_weight=None):
        """Train the best architectures on these rows, from new weights.

        This is the final training of :meth:`fit` without the search. Use it if that
        training was interrupted, after ``refit=False``, or for other rows.

        Parameters
        ----------
        X : array-like, tensor or sparse matrix of shape (n_samples, ...)
            Inputs of the same shape as in the search. A data frame must have the same
            columns.

        y : array-like or tensor of shape (n_samples,) or (n_samples, n_outputs)
            The target. Labels must be in `classes_`.

        sample_weight : array-like of shape (n_samples,), default=None
            Weight of each row in the loss.

        Returns
        -------
        object
            The estimator, with a new `best_estimator_`.
        """
        check_is_fitted(self, "best_architecture_")
        self._refit(*self._training_data(X, y, sample_weight))
        return self

    def _refit(self, X, y, sample_weight, *, deadline=None):
        """Train the best architectures on all rows."""
        began = time.perf_counter()
        nets: list[Any] = []
        for options in self._final_options:
            net = self._make_net(self._n_outputs(y))
            net.set_params(
                max_epochs=self._n_final_epochs(net, len(X)),
                verbose=max(self.verbose - 1, 0),
                **options,
            )
            if nets:
                net.set_params(callbacks=_without_files(net.callbacks))
            nets.append(net)
        n_planned = nets[0].max_epochs
        self._report(f"final training: {len(nets)} x {n_planned} epochs")
        try:
            data = (X, y, sample_weight)
            self._train(nets, "fit", data, [0] * len(nets), deadline)
        finally:
            self.refit_time_ = time.perf_counter() - began
        self._warn_if_short(self.best_estimator_.n_in_time_, n_planned)

    def _n_final_epochs(self, net, n_rows):
        """Return the epochs of the final training, as the search has found them."""
        n_epochs = self._n_epochs(net, n_rows)
        if self.max_epochs is not None:
            return n_epochs
        share = getattr(self, "share_of_epochs_", 1.0)  # old files do not have it
        return max(round(share * n_epochs), 1)

    def _train(self, nets, method, data, n_before, deadline=None):
        """Train networks, which predict from now on, also if that is interrupted."""
        began = time.perf_counter()
        trained = {}
        try:
            for place, net in train_members(nets, method, data, deadline):
                trained[place] = net
                seconds = time.perf_counter() - began
                self._report(f"  network {place + 1} after {seconds:.1f} s")
        finally:
            if method == "partial_fit":  # those that were not reached are trained too
                trained = dict(enumerate(nets)) | trained
            if trained:
                if method == "fit":
                    self.history_ = [
                        e for e in self.history_ if e["phase"] == "supernet"
                    ]
                self._keep(trained, _PHASES[method], n_before)

    def _keep(self, trained, phase, n_before):
        """Predict with networks from now on, and note their new epochs."""
        self.estimators_ = list(trained.values())
        self.best_estimator_ = self.estimators_[0]
        for member, net in enumerate(self.estimators_):
            epochs = _epochs_of(net, phase, member, n_before[member])
            self.history_ = [*self.history_, *epochs]

    def _report(self, text):
        if self.verbose:
            print(f"[{type(self).__name__}] {text}", flush=True)  # noqa: T201  (asked)

    def _warn_if_short(self, n_epochs, n_planned):
        """Say so if the time limit has left little of the final training."""
        if n_epochs is not None and n_epochs < _FEWEST * n_planned:
            warn(
                f"time_limit={self.time_limit:g} ended the final training after "
                f"{n_epochs} of {n_planned} epochs, so the network may have learned "
                "little. Pass more seconds, or train it in full with fit_best(X, y)."
            )


def _without_files(callbacks):
    """Leave out callbacks whose files are those of the best network."""
    if not isinstance(callbacks, list):
        return callbacks
    return [c for c in callbacks if not isinstance(_callback(c), _WITH_FILES)]


def _callback(entry):
    """Return a callback, which can have a name."""
    return entry[1] if isinstance(entry, tuple) else entry


def _epochs_of(net, phase, member, start):
    """Return an entry of the history for each epoch of a net, from one on."""
    return [
        {"phase": phase, "member": member}
        | {k: v for k, v in epoch.items() if isinstance(v, int | float)}
        for epoch in net.history[start:]
    ]
