"""How the steps of a training compute: in which precision, with which memory format."""

from typing import Any

import numpy as np
import torch

from sklearn_automl.nas.networks.steps import is_fused

__all__ = ["ComputesFaster"]

_CHANNELS_LAST = "channels_last"

# What torch calls that for images, and for volumes.
_FORMATS = {4: torch.channels_last, 5: torch.channels_last_3d}


class ComputesFaster:
    """A net whose trainings can give up digits or the usual order of numbers.

    It is a mixin of skorch nets. Both options can make trainings of convolutions
    faster. Weights and predictions stay in single precision.
    """

    mixed_precision: bool
    memory_format: str | None
    optimizer: Any
    device: Any
    module_: Any

    def check_computing(self, owner: str | None = None) -> None:
        """Refuse options that do not exist.

        Parameters
        ----------
        owner : str, default=None
            The class that the user knows; None for this one.
        """
        owner = owner or type(self).__name__
        if not isinstance(self.mixed_precision, bool | np.bool_):
            raise ValueError(
                f"mixed_precision={self.mixed_precision!r} of {owner} must be True or "
                "False."
            )
        if self.memory_format not in (None, _CHANNELS_LAST):
            raise ValueError(
                f"memory_format={self.memory_format!r} of {owner} must be None or "
                f"{_CHANNELS_LAST!r}."
            )

    def initialize(self) -> Any:
        """Make module, criterion and optimizer."""
        self.check_computing()
        return super().initialize()  # type: ignore[misc]  # of the net

    def initialize_module(self) -> Any:
        """Make the module, with weights in the order of the option."""
        super().initialize_module()  # type: ignore[misc]  # of the net
        if self.memory_format is not None:
            for parameter in self.module_.parameters():
                parameter.data = _ordered(parameter.data)
        return self

    def get_params_for_optimizer(
        self, prefix: str, named_parameters: Any, **kwargs: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Return the arguments of an optimizer, with fused steps where they exist."""
        parameters = list(named_parameters)
        args, options = super().get_params_for_optimizer(  # type: ignore[misc]
            prefix, parameters, **kwargs
        )
        is_adam = self.optimizer in (torch.optim.Adam, torch.optim.AdamW)
        # torch refuses these together with the fused steps.
        if is_adam and not {"foreach", "differentiable"} & options.keys():
            options.setdefault("fused", is_fused([p for _, p in parameters]))
        return args, options

    def infer(self, x: Any, **fit_params: Any) -> Any:
        """Return what the module makes of a batch."""
        if self.memory_format is not None:
            x = _ordered(x)
        make = super().infer  # type: ignore[misc]  # of the net
        if not (self.mixed_precision and self.module_.training):
            return make(x, **fit_params)
        # bfloat16 has the range of float32, so losses need no scaling.
        with torch.autocast(torch.device(self.device).type, torch.bfloat16):
            output = make(x, **fit_params)
        if isinstance(output, tuple):
            return tuple(_in_single_precision(part) for part in output)
        return _in_single_precision(output)


def _ordered(x: Any) -> Any:
    """Return images and volumes with the channels last in memory."""
    if not isinstance(x, torch.Tensor) or x.ndim not in _FORMATS:
        return x
    return x.contiguous(memory_format=_FORMATS[x.ndim])


def _in_single_precision(x: Any) -> Any:
    return x.float() if isinstance(x, torch.Tensor) else x
