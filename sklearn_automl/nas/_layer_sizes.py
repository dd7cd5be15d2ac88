"""How many weights the modules of ``_layers`` have, without making them.

Each function here has the name and the arguments of what it counts. It returns the
number of parameters, and how many of them are multiplied with an input: those of linear
maps and convolutions, not biases and normalisation. Each of these is used once at each
place that the operation gives.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from sklearn_automl.nas import _layers
from sklearn_automl.nas._layers import ACTIVATIONS, PeriodicEmbedding

__all__ = ["Counts", "counts_of"]

#: Parameters, and those that are multiplied with an input.
Counts = tuple[int, int]


def counts_of(
    build: Callable[..., nn.Module],
    n_dims: int,
    in_width: int,
    width: int,
    **options: Any,
) -> Counts | None:
    """Return how many weights ``build(n_dims, in_width, width, **options)`` has.

    Parameters
    ----------
    build : callable
        Of an operation.

    n_dims : int
        0 for flat data, 1 for sequences, 2 for images.

    in_width, width : int
        Channels, or features, that it reads and gives.

    **options
        Its arguments.

    Returns
    -------
    counts : (int, int) or None
        Parameters, and those that are multiplied with an input. None for what is not
        in ``_layers``.
    """
    fixed: dict[str, Any] = {}
    made_by = build
    if isinstance(build, partial) and not build.args:
        made_by, fixed = build.func, build.keywords
    count = _COUNTS.get(made_by)
    return None if count is None else count(n_dims, in_width, width, **fixed, **options)


def _with_rest(
    n_weights: int, width: int, activation: str, normalization: str
) -> Counts:
    """Add what follows the weights of a layer: a bias or none, normalisation."""
    ACTIVATIONS[activation]  # no other can be built
    n_biases = width if normalization == "none" else 0
    n_normalized = 2 * width if normalization == "batch" else 0
    return n_weights + n_biases + n_normalized, n_weights


def _dense(
    n_dims: int,  # noqa: ARG001  (0)
    in_width: int,
    width: int,
    *,
    activation: str = "relu",
    normalization: str = "batch",
    dropout: float = 0.0,  # noqa: ARG001  (it has no weights)
) -> Counts:
    return _with_rest(in_width * width, width, activation, normalization)


def _periodic_dense(n_dims: int, in_width: int, width: int, **options: Any) -> Counts:
    n_waves, n_values = PeriodicEmbedding.N_WAVES, PeriodicEmbedding.N_VALUES
    n_frequencies = in_width * n_waves
    n_weights = n_frequencies * n_values
    n, n_multiplied = _dense(n_dims, in_width * (n_values + 1), width, **options)
    # Phases are as many as frequencies, and biases as values.
    n += 2 * n_frequencies + n_weights + in_width * n_values
    return n, n_multiplied + n_frequencies + n_weights


def _conv(
    n_dims: int,
    in_width: int,
    width: int,
    *,
    kernel: int = 3,
    stride: int = 1,  # noqa: ARG001  (it has no weights)
    dilation: int = 1,  # noqa: ARG001
    is_separable: bool = False,
    activation: str = "relu",
    normalization: str = "batch",
    dropout: float = 0.0,  # noqa: ARG001
) -> Counts:
    n = kernel**n_dims * in_width
    n = n + in_width * width if is_separable else n * width
    return _with_rest(n, width, activation, normalization)


def _relu_conv_norm(n_dims: int, in_width: int, width: int, **options: Any) -> Counts:
    return _conv(n_dims, in_width, width, activation="none", **options)


def _relu_dense_norm(
    n_dims: int,
    in_width: int,
    width: int,
    *,
    dropout: float = 0.0,  # noqa: ARG001
) -> Counts:
    return _dense(n_dims, in_width, width, activation="none")


def _pool(
    n_dims: int,  # noqa: ARG001
    in_width: int,
    width: int,  # noqa: ARG001
    *,
    kernel: int = 3,  # noqa: ARG001
    stride: int = 1,  # noqa: ARG001
    pool: dict[int, Any],  # noqa: ARG001
    is_normalized: bool = False,
) -> Counts:
    return (2 * in_width if is_normalized else 0), 0


def _factorized_reduce(
    n_dims: int, in_width: int, width: int, *, stride: int = 1
) -> Counts:
    if stride not in (1, 2):
        raise ValueError(f"stride={stride} of a factorized_reduce must be 1 or 2.")
    # Either one convolution of a single place, or two halves of one.
    return _relu_conv_norm(n_dims, in_width, width, kernel=1)


def _identity(
    n_dims: int,
    in_width: int,
    width: int,  # noqa: ARG001
    *,
    stride: int = 1,
) -> Counts:
    if stride == 1:
        return 0, 0
    return _factorized_reduce(n_dims, in_width, in_width, stride=stride)


def _none(
    n_dims: int,  # noqa: ARG001
    in_width: int,  # noqa: ARG001
    width: int,  # noqa: ARG001
    *,
    stride: int = 1,  # noqa: ARG001
) -> Counts:
    return 0, 0


_COUNTS: dict[Callable[..., Any], Callable[..., Counts]] = {
    _layers.dense: _dense,
    _layers.periodic_dense: _periodic_dense,
    _layers.conv: _conv,
    _layers.relu_conv_norm: _relu_conv_norm,
    _layers.relu_dense_norm: _relu_dense_norm,
    _layers.pool: _pool,
    _layers.factorized_reduce: _factorized_reduce,
    _layers.identity: _identity,
    _layers.none: _none,
}
