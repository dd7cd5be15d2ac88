"""Nets of the search: they take part in it, and can begin with weights of others."""

from typing import Any

import torch
from sklearn.base import is_classifier

from sklearn_automl.nas._files import replacing
from sklearn_automl.nas.networks.inheritance import inherit
from sklearn_automl.nas.networks.multilabel import ArchitectureMultilabelClassifier
from sklearn_automl.nas.networks.nets import (
    ArchitectureClassifier,
    ArchitectureRegressor,
)

__all__ = [
    "TrialClassifier",
    "TrialMultilabelClassifier",
    "TrialRegressor",
    "trial_net",
]


class _Trial:
    """A net that can begin with weights of another one, and leave its own.

    Parameters
    ----------
    module : class or ArchitectureSpace
        What makes the network.

    weights_from : str or None
        A file of weights to begin with, as far as their names and shapes agree.

    weights_to : str or None
        A file that the weights are written to after a training; "{n_epochs}" in its
        name becomes the number of epochs that they have had.

    deadline : float or None
        When a training ends, as ``time.time`` counts it.

    **options : dict
        Those of the net that is no trial.
    """

    module_: Any
    history: Any

    def __init__(
        self,
        module: Any,
        *,
        weights_from: str | None = None,
        weights_to: str | None = None,
        deadline: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(module, **options)  # type: ignore[call-arg]  # of the net
        self.weights_from = weights_from
        self.weights_to = weights_to
        self.deadline = deadline

    def initialize_module(self) -> Any:
        super().initialize_module()  # type: ignore[misc]  # of the net
        if self.weights_from is not None:
            weights = torch.load(self.weights_from, weights_only=True)
            inherit(self.module_, weights)
        return self

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        self._forget_batches()
        super().on_epoch_begin(net, **kwargs)  # type: ignore[misc]  # of the net

    def on_train_end(
        self, net: Any, X: Any = None, y: Any = None, **kwargs: Any
    ) -> None:
        super().on_train_end(net, X=X, y=y, **kwargs)  # type: ignore[misc]  # of the net
        if self.weights_to is not None:
            # Each number of epochs has its own file: a child that began with these
            # weights may have to begin again when later ones exist.
            file = self.weights_to.format(n_epochs=len(self.history))
            with replacing(file) as opened:  # another worker may read it
                torch.save(self.module_.state_dict(), opened)

    def _forget_batches(self) -> None:
        """Keep of the past epochs what they were together: trials travel."""
        for epoch in self.history:
            epoch["batches"] = []


class TrialClassifier(_Trial, ArchitectureClassifier):
    """A classifier of the search."""


class TrialMultilabelClassifier(_Trial, ArchitectureMultilabelClassifier):
    """A classifier of several labels of the search."""


class TrialRegressor(_Trial, ArchitectureRegressor):
    """A regressor of the search."""


def trial_net(net: Any) -> Any:
    """Return the net of the search that trains as another one does.

    Parameters
    ----------
    net : ArchitectureClassifier or ArchitectureRegressor
        Whose parameters it has.

    Returns
    -------
    net : TrialClassifier or TrialRegressor
        Not initialized.
    """
    kind: Any = TrialClassifier if is_classifier(net) else TrialRegressor
    if isinstance(net, ArchitectureMultilabelClassifier):
        kind = TrialMultilabelClassifier
    return kind(**net.get_params(deep=False))
