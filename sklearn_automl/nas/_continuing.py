"""What a fitted estimator does with more data: it trains its network further."""

from typing import Any

from sklearn.utils.validation import validate_data

from sklearn_automl._sklearn_compat import fit_context
from sklearn_automl.execution import not_swallowed

__all__ = ["Continuing", "epochs_of", "ready_to_predict"]


class Continuing:
    """An estimator whose best network can be trained further."""

    refit: bool
    lr: float
    max_epochs: int
    best_estimator_: Any
    history_: list[dict[str, Any]]
    fit: Any
    _as_data: Any
    _check_shape: Any
    _target_checks: dict[str, Any]

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y):
        """Train the network that was found further; search one if there is none yet.

        Parameters
        ----------
        X : array-like or tensor of shape (n_samples, ...)
            Inputs of the same shape as before.

        y : array-like or tensor of shape (n_samples,) or (n_samples, n_outputs)
            The target.

        Returns
        -------
        object
            The fitted estimator.

        Raises
        ------
        ValueError
            If the data cannot be used, or the network was not kept (`refit`).
        """
        return self._continue(X, y)

    def _continue(self, X, y):
        if not self.refit:
            raise ValueError(
                f"partial_fit of {type(self).__name__} trains best_estimator_ further, "
                "which refit=False does not make. Pass refit=True."
            )
        if not hasattr(self, "best_estimator_"):
            return self.fit(X, y)
        X, y = validate_data(
            self,
            self._as_data(X),
            self._as_data(y),
            dtype="float32",
            allow_nd=True,
            reset=False,
            **self._target_checks,
        )
        self._check_shape(X)
        net = self.best_estimator_
        n_before = len(net.history)
        net.set_params(max_epochs=self.max_epochs, n_threads=1)
        if net.lr != self.lr:  # of all parameters, those with a rate of their own too
            net.set_params(lr=self.lr)
        with not_swallowed():
            net.partial_fit(X, y)
        ready_to_predict(net)
        self.history_ = [*self.history_, *epochs_of(net, "continued", n_before)]
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
