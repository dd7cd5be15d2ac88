"""The losses of an epoch, which are read without waiting for a device in each step."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

import numpy as np
import torch

from sklearn_automl.nas.networks import is_asynchronous, read_losses

__all__ = ["EpochLosses"]


class EpochLosses:
    """The losses of the steps of an epoch.

    A device computes while the host prepares the next steps. A loss that is read in
    each step would make the host wait. So losses are read together, at the end.

    Parameters
    ----------
    device : str or torch.device
        Where losses are. On the CPU they are read at once, which costs nothing there.

    check : callable
        Takes each loss that was read, and raises an error if it is not finite.
    """

    def __init__(
        self,
        device: str | torch.device,
        check: Callable[[float], None] = lambda loss: None,  # noqa: ARG005
    ) -> None:
        self._is_late, self._check = is_asynchronous(device), check
        self._read: list[float] = []
        self._unread: list[torch.Tensor] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Weights that have diverged explain an error of a later step.
        if kind is None or issubclass(kind, Exception):
            self.read()

    def add(self, loss: torch.Tensor) -> None:
        """Take the loss of a step."""
        self._unread.append(loss.detach())
        if not self._is_late:
            self.read()

    def read(self) -> None:
        """Read and check what has not been read yet."""
        losses, self._unread = read_losses(self._unread), []
        for loss in losses:
            self._check(loss)
        self._read += losses

    def mean(self) -> float | None:
        """Return the mean, None if there are no losses."""
        self.read()
        return float(np.mean(self._read)) if self._read else None
