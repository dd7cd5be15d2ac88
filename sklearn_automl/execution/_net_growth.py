"""How skorch's nets are continued: with the epochs that are missing.

skorch is not imported. A class is recognised by what it has, and it is continued only
if ``fit`` and ``partial_fit`` are skorch's own or ours.
"""

from contextlib import contextmanager
from typing import Any

import numpy as np

from sklearn_automl.execution._growth_base import (
    Growth,
    are_methods_of,
    plain_fit,
)

__all__ = ["is_net", "net_growth"]

# Whose fit and partial_fit are known.
_PACKAGES = ("skorch", "sklearn_automl")

# These callbacks have no state, or state that holds in the next call too if nobody
# tells them that the training begins. Others are not known, or begin anew: the schedule
# of learning rates would start again at the rate that the last call has left.
_CONTINUED_CALLBACKS = {
    "BatchScoring",
    "EarlyStopping",
    "EpochScoring",
    "EpochTimer",
    "Freezer",
    "GradientNormClipping",
    "InputShapeSetter",
    "ParamMapper",
    "PassthroughScoring",
    "PrintLog",
    "ProgressBar",
    "Unfreezer",
}


class MoreEpochs(Growth):
    """Let ``partial_fit`` run the epochs that are missing."""

    def has_converged(self, estimator, start):
        """Tell whether an EarlyStopping has ended the training before."""
        if len(estimator.history) < start:
            return True
        # It may have done so in the very last epoch.
        waits = (callback for _, callback in estimator.callbacks_)
        return any(
            getattr(callback, "misses_", 0) >= getattr(callback, "patience", np.inf)
            for callback in waits
        )

    def fit(self, estimator, start, stop, X, y, **params):
        before = len(estimator.history) if start else 0
        estimator.set_params(**{self.parameter: stop - start})
        if start == 0:
            plain_fit(estimator, X, y, **params)
        else:
            with _going_on(estimator):
                estimator.partial_fit(X, y, **params)
        estimator.set_params(**{self.parameter: stop})
        return len(estimator.history) - before


def is_net(estimator: Any) -> bool:
    """Tell whether an estimator is a net of skorch."""
    return hasattr(estimator, "initialize_module")


def net_growth(estimator: Any, parameter: str) -> Growth | None:
    """Return how a net continues in ``parameter``; None if it cannot."""
    if parameter != "max_epochs":
        return None
    if not are_methods_of(_PACKAGES, estimator, ("fit", "partial_fit")):
        return None
    if any(
        name.endswith("__load_best") and value for name, value in _options(estimator)
    ):
        return None
    can = all(_can_go_on(callback) for callback in _callbacks_of(estimator))
    return MoreEpochs(parameter) if can else None


def _callbacks_of(net):
    """Return the callbacks that a user has given: instances, classes or None."""
    given = net.callbacks or []
    if given == "disable":
        return []
    # A name may stand beside each.
    listed = [item[1] if isinstance(item, tuple | list) else item for item in given]
    return listed + [v for name, v in _options(net) if name.count("__") == 1]


def _options(net):
    """Return what was set of the callbacks by name."""
    return [(k, v) for k, v in vars(net).items() if k.startswith("callbacks__")]


def _can_go_on(callback):
    if callback is None:  # one of the defaults is switched off
        return True
    kind = callback if isinstance(callback, type) else type(callback)
    if kind.__name__ not in _CONTINUED_CALLBACKS:
        return False
    # An EarlyStopping that goes back to the best weights goes on from there.
    is_skorchs = kind.__module__.startswith("skorch.")
    return is_skorchs and not getattr(callback, "load_best", False)


@contextmanager
def _going_on(net):
    """Do not tell the callbacks that a training begins: it goes on.

    An EarlyStopping would forget how long it has waited.
    """

    def notify(name, **params):
        if name != "on_train_begin":
            type(net).notify(net, name, **params)

    net.notify = notify
    try:
        yield
    finally:
        del net.notify
