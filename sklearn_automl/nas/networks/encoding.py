"""Inputs of a net: with all their digits as long as these are needed."""

from typing import Any

import torch

from sklearn_automl.nas.networks.moments import raw_inputs, shifted

__all__ = ["EncodesInputs"]


class EncodesInputs:
    """A net whose module standardises its inputs; a mixin of skorch nets."""

    module_: Any

    @property
    def _shift(self) -> torch.Tensor | None:
        """What is subtracted before inputs are of single precision, if anything."""
        return getattr(self.module_, "input_shift", None)

    def raw_inputs(self, X: Any) -> torch.Tensor:
        """Return inputs as a tensor, as they are.

        Parameters
        ----------
        X : array-like or tensor
            Inputs.

        Returns
        -------
        tensor
            In double precision where the network needs that, else in single precision.
        """
        return raw_inputs(X, self._shift)

    def encode_inputs(self, X: Any) -> torch.Tensor:
        """Return what the network gets of inputs.

        Parameters
        ----------
        X : array-like or tensor
            Inputs.

        Returns
        -------
        tensor
            The same in single precision, without the shift of the network.
        """
        return shifted(X, self._shift)
