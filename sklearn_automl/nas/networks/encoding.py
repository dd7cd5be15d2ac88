"""Inputs of a net: with all their digits as long as these are needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from sklearn_automl.nas.networks.moments import raw_inputs, shifted
from sklearn_automl.nas.networks.network import StandardizedModule

__all__ = ["EncodesInputs"]


class EncodesInputs:
    """A net whose module standardises its inputs; a mixin of skorch nets."""

    module_: Any
    device: Any

    def learn_inputs(self, X: Any) -> None:
        """Let the module standardise inputs as these need it, if it does that.

        Parameters
        ----------
        X : array-like or tensor
            The inputs that are trained on.
        """
        if not hasattr(self.module_, "standardize"):
            return
        if hasattr(self.module_, "input_shift"):
            self.module_.standardize(X)
            return
        # A module of the user's gets what its ``forward`` will get, and so do those of
        # ours that are in it.
        self.module_.standardize(shifted(X, None).to(self.device))
        for module in self.module_.modules():
            if isinstance(module, StandardizedModule):
                module.forget_shift()

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

    def encoded_batches(self, batches: Any) -> Any:
        """Return batches of a dataset of the user's, as the network gets them.

        Parameters
        ----------
        batches : iterable
            Pairs of inputs and targets.

        Returns
        -------
        iterable
            The same, but for the shift of the network.
        """
        shift = self._shift
        return batches if shift is None or not shift.any() else _Shifted(batches, shift)


@dataclass(frozen=True)
class _Shifted:
    batches: Any
    shift: torch.Tensor

    def __iter__(self) -> Iterator[Any]:
        for X, y in self.batches:
            yield shifted(X, self.shift), y
