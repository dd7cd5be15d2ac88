"""Losses of an epoch that are read at its end, so that no step waits for a device."""

from typing import Any

import torch

from sklearn_automl.nas.networks.devices import is_asynchronous, read_losses

__all__ = ["ReadsLossesLate"]


class ReadsLossesLate:
    """A net that reads the losses of all batches together; a mixin of skorch nets.

    skorch reads the loss in each step. On the CPU that costs nothing, and stays so.
    Elsewhere the host would wait for the device, and then the device for the host. The
    history has tensors there until the end of an epoch, and numbers afterwards.
    """

    device: Any
    history: Any

    def run_single_epoch(
        self,
        iterator: Any,
        training: bool,
        prefix: str,
        step_fn: Any,
        **fit_params: Any,
    ) -> None:
        """Go through the batches of an epoch, as skorch does."""

        def unread_step(batch: Any, **params: Any) -> dict[str, Any]:
            step = step_fn(batch, **params)
            return {**step, "loss": step["loss"].detach().as_subclass(_Unread)}

        if iterator is None or not is_asynchronous(self.device):
            unread_step = step_fn
        try:
            super().run_single_epoch(  # type: ignore[misc]  # of the net
                iterator, training, prefix, unread_step, **fit_params
            )
        finally:
            self._read_losses(f"{prefix}_loss")

    def _read_losses(self, name: str) -> None:
        batches = self.history[-1]["batches"] if self.history else []
        batches = [b for b in batches if isinstance(b.get(name), torch.Tensor)]
        losses = read_losses([batch[name] for batch in batches])
        for batch, loss in zip(batches, losses, strict=True):
            batch[name] = loss


class _Unread(torch.Tensor):
    """A loss that skorch asks for its value, and that stays a tensor."""

    def item(self) -> Any:
        """Return itself: the value is read later."""
        return self.as_subclass(torch.Tensor)
