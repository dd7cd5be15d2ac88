"""Nets that predict with a part of a supernet until they are trained themselves."""

from collections.abc import Callable
from typing import Any

from sklearn.base import is_classifier
from torch import nn

from sklearn_automl.nas.networks import (
    TrialClassifier,
    TrialMultilabelClassifier,
    TrialRegressor,
)

__all__ = ["sharing_net"]


class _Sharing:
    """A net that has shared weights while it has had no epochs of its own.

    Parameters
    ----------
    module : class
        Of the network that is trained where `max_epochs` is more than 0.

    shared : callable
        Returns the part of a supernet that is the module where `max_epochs` is 0.

    **options : dict
        Those of the net without shared weights.
    """

    max_epochs: int
    module_: nn.Module
    own_generators: Any

    def _set_training(self, training: bool = True) -> None:
        """Set the mode of all layers, if it is not set since the last batch."""
        module = self.module_
        is_set = all(m.training == training for m in (module, *module.children()))
        if self.max_epochs > 0 or not is_set:
            super()._set_training(training)  # type: ignore[misc]  # of the net

    def __init__(
        self, module: Any, *, shared: Callable[[], nn.Module], **options: Any
    ) -> None:
        super().__init__(module, **options)  # type: ignore[call-arg]  # of the net
        self.shared = shared

    def initialize_module(self) -> Any:
        """Make the network, or take the part of the supernet."""
        if self.max_epochs > 0:
            return super().initialize_module()  # type: ignore[misc]  # of the net
        with self.own_generators():
            self.module_ = self.shared()
        return self


class SharingClassifier(_Sharing, TrialClassifier):
    """A classifier that has shared weights while it has had no epochs of its own."""


class SharingMultilabelClassifier(_Sharing, TrialMultilabelClassifier):
    """The same for a target with a column for each label."""


class SharingRegressor(_Sharing, TrialRegressor):
    """A regressor that has shared weights while it has had no epochs of its own."""


def sharing_net(net: Any, shared: Callable[[], nn.Module], **options: Any) -> Any:
    """Return a net that has shared weights while it has had no epochs of its own.

    Parameters
    ----------
    net : TrialClassifier or TrialRegressor
        Whose parameters the other one has.

    shared : callable
        Returns a part of a supernet.

    **options : dict
        Parameters that differ.

    Returns
    -------
    net : SharingClassifier or SharingRegressor
        Not initialized.
    """
    kind: Any = SharingClassifier if is_classifier(net) else SharingRegressor
    if isinstance(net, TrialMultilabelClassifier):
        kind = SharingMultilabelClassifier
    params = {**net.get_params(deep=False), **options}
    return kind(**params, shared=shared)
