"""Fitted networks in the ONNX format, for other runtimes."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from sklearn_automl.nas.networks import ArchitectureMultilabelClassifier

__all__ = ["export_onnx"]


class _Mean(nn.Module):
    """What networks predict together: the mean of what each of them says."""

    def __init__(self, nets: Any) -> None:
        super().__init__()
        self.members = nn.ModuleList(_WithOutput(net) for net in nets)
        first: Any = self.members[0]
        self.is_classifier: bool = first.is_classifier
        #: Inputs that are far from zero need more digits than float32 has.
        self.is_double: bool = any(member.is_double for member in self.members)

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        outputs = [
            member(X if member.is_double else X.float()) for member in self.members
        ]
        if len(outputs) == 1:
            return outputs[0]
        return torch.stack(outputs).mean(dim=0)


class _WithOutput(nn.Module):
    """A network with what comes before it and what makes predictions after it."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.network = net.module_
        self.is_classifier = hasattr(net, "classes_")
        self.is_probability = isinstance(net.criterion_, nn.NLLLoss)
        self.is_multilabel = isinstance(net, ArchitectureMultilabelClassifier)
        # A module of the user's gets inputs as they are.
        shift = getattr(net.module_, "input_shift", torch.zeros(2, 1))
        self.is_double = bool(shift.any())
        self.register_buffer("shift", shift.double().sum(0))
        if not self.is_classifier:
            # Sums of large numbers lose what was predicted in single precision.
            for name in ("y_mean_", "y_scale_"):
                values = torch.as_tensor(getattr(net, name), dtype=torch.float64)
                self.register_buffer(name, values)

    shift: torch.Tensor

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        if self.is_double:
            X = (X - self.shift).float()
        output = self.network(X)
        if self.is_probability:
            return output
        if self.is_multilabel:
            return torch.sigmoid(output)
        if self.is_classifier:
            return torch.softmax(output, dim=1)
        scaled: torch.Tensor = output.double() * self.y_scale_ + self.y_mean_
        return scaled


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Silence a logger: it tells what else could be exported, were it installed."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


@contextmanager
def _on_the_cpu(nets: Any) -> Iterator[None]:
    """Have networks on the CPU: other devices may have no double precision."""
    try:
        for net in nets:
            net.module_.to("cpu")
        yield
    finally:
        for net in nets:
            net.module_.to(net.device)


def export_onnx(estimator: Any, path: Any) -> None:
    """Write what a fitted estimator predicts with in the ONNX format.

    Parameters
    ----------
    estimator : NASClassifier or NASRegressor
        Fitted.

    path : str or path-like
        The file.
    """
    try:
        import onnxscript  # noqa: F401  (torch would say it less clearly)
    except ImportError as error:
        raise ImportError(
            'to_onnx needs onnx and onnxscript: pip install "sklearn-automl[onnx]".'
        ) from error
    with _on_the_cpu(estimator.estimators_):
        _export(_Mean(estimator.estimators_).eval(), estimator.input_shape_, path)


def _export(model: _Mean, input_shape: tuple[int, ...], path: Any) -> None:
    dtype = torch.float64 if model.is_double else torch.float32
    example = torch.zeros((2, *input_shape), dtype=dtype)
    output = "probabilities" if model.is_classifier else "predictions"
    with warnings.catch_warnings(), _quiet("torch.onnx"):
        # These warnings are about torch's own code, which a user cannot change.
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            model,
            (example,),
            Path(path),
            input_names=["X"],
            output_names=[output],
            dynamic_shapes={"X": {0: torch.export.Dim("n_samples")}},
            dynamo=True,
            external_data=False,
            verbose=False,
        )
