"""What a fitted estimator does with more data: it trains its network, or a new one."""

from collections.abc import Callable
from typing import Any

from sklearn.utils.validation import check_is_fitted

from sklearn_automl._sklearn_compat import fit_context

__all__ = ["Continuing", "epochs_of", "ready_to_predict"]


class Continuing:
    """An estimator whose best network can be trained further, or anew."""

    refit: bool
    lr: float
    max_epochs: int | None
    _n_epochs: Callable[[Any, int], int]
    best_estimator_: Any
    history_: list[dict[str, Any]]
    fit: Any
    _refit: Any
    _training_data: Any

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None):
        """Train the best network for more epochs; without one, search for it first.

        Each call is a training of its own, of `max_epochs` epochs, whose learning rate
        rises and falls. By default that are about 2,500 steps, in 20 to 100 epochs. For
        one epoch in each call, as `partial_fit` of scikit-learn has, use
        ``set_params(max_epochs=1)`` after the search.

        Parameters
        ----------
        X : array-like, tensor or sparse matrix of shape (n_samples, ...)
            Inputs of the same shape as before.

        y : array-like or tensor of shape (n_samples,) or (n_samples, n_outputs)
            The target.

        sample_weight : array-like of shape (n_samples,), default=None
            What each row counts in the loss.

        Returns
        -------
        object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the data cannot be used, or the network was not kept (`refit`).
        """
        return self._continue(X, y, sample_weight)

    def _continue(self, X, y, sample_weight):
        if not hasattr(self, "best_estimator_"):
            if self.refit:
                return self.fit(X, y, sample_weight)
            raise ValueError(
                f"partial_fit of {type(self).__name__} trains best_estimator_ further, "
                "which refit=False does not make. Pass refit=True, or call fit_best "
                "after fit."
            )
        X, y, weights = self._training_data(X, y, sample_weight)
        options = {} if weights is None else {"sample_weight": weights}
        net = self.best_estimator_
        n_before = len(net.history)
        net.set_params(max_epochs=self._n_epochs(net, len(X)), n_threads=1)
        if net.lr != self.lr:  # of all parameters, those with a rate of their own too
            net.set_params(lr=self.lr)
        net.partial_fit(X, y, **options)
        ready_to_predict(net)
        self.history_ = [*self.history_, *epochs_of(net, "continued", n_before)]
        return self

    def fit_best(self, X, y, sample_weight=None):
        """Train the best architecture on these rows, from new weights.

        This is the final training of :meth:`fit` without the search. Use it if that
        training was interrupted, after ``refit=False``, or for other rows.

        Parameters
        ----------
        X : array-like, tensor or sparse matrix of shape (n_samples, ...)
            Inputs of the shape that the search had.

        y : array-like or tensor of shape (n_samples,) or (n_samples, n_outputs)
            The target; labels are of `classes_`.

        sample_weight : array-like of shape (n_samples,), default=None
            What each row counts in the loss.

        Returns
        -------
        object
            The estimator, with a new `best_estimator_`.
        """
        check_is_fitted(self, "best_architecture_")
        self._refit(*self._training_data(X, y, sample_weight))
        return self


def ready_to_predict(net):
    """Drop what predictions do not need: the optimizer's state and gradients."""
    net.optimizer_.state.clear()
    net.module_.zero_grad(set_to_none=True)
    net.set_params(n_threads=None)


def epochs_of(net, phase, start=0):
    """Return an entry of the history for each epoch of a net, from one on."""
    return [
        {"phase": phase}
        | {k: v for k, v in epoch.items() if isinstance(v, int | float)}
        for epoch in net.history[start:]
    ]
