"""The rows of a training in batches."""

from collections.abc import Iterator
from typing import Any

import torch

from sklearn_automl.nas.networks.placing import placed, taken

__all__ = [
    "Batches",
    "Target",
    "batch_size_for",
    "even_size",
    "n_batches",
    "padded_rows",
    "part_size",
    "prediction_size",
]

# Rows make at least this many batches, unless a batch would be smaller than this.
_MIN_BATCHES = 10
_MIN_BATCH_SIZE = 8

# So many rows are predicted at once, unless their inputs would have more numbers than
# this (8 MB): what a convolution makes of an image is many times as large. Their number
# is a multiple of the last number, if it is as large: torch multiplies a matrix of
# another shape in another order, and single precision has few digits.
_PREDICT_BATCH = 512
_PREDICT_NUMBERS = 2**21
_PREDICT_MULTIPLE = 32
# Inputs are made tensors in parts of at most so many numbers, or of one batch.
_PART_NUMBERS = 2**22


#: Encoded targets, with weights if rows have any.
Target = torch.Tensor | tuple[torch.Tensor, torch.Tensor]


class Batches:
    """The rows of two tensors in batches, shuffled or not.

    Even batches are of nearly the same size and have at least two rows, which batch
    normalisation needs; others are of one size, but for the last. Shuffled ones are
    even. Where rows have weights, the target of a batch is a pair: the targets, the
    weights. They are moved to the device of the network once, if they fit there.
    """

    def __init__(
        self,
        X: torch.Tensor,
        y: torch.Tensor | None,
        batch_size: int,
        shuffle: bool,
        is_even: bool = False,
        weights: torch.Tensor | None = None,
        device: str | torch.device = "cpu",
    ) -> None:
        self._tensors, self._device = placed((X, y, weights), device), device
        self._n_rows, self._place = len(X), self._tensors[0].device
        self._shuffle, self._size = shuffle, batch_size
        self._is_even = is_even or shuffle
        whole = -(-self._n_rows // batch_size)
        self._n = n_batches(self._n_rows, batch_size) if self._is_even else whole

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[tuple[torch.Tensor, Target]]:
        n_rows = self._n_rows
        if not self._is_even:
            for start in range(0, n_rows, self._size):  # slices are no copies
                yield self._batch(slice(start, start + self._size))
            return
        rows = torch.randperm(n_rows) if self._shuffle else torch.arange(n_rows)
        if n_rows == 1:
            rows = rows.repeat(2)
        # The order is drawn on the CPU, so that it is the same for all devices.
        for batch in torch.tensor_split(rows.to(self._place), self._n):
            yield self._batch(batch)

    def _batch(self, rows: torch.Tensor | slice) -> tuple[torch.Tensor, Target]:
        X, y, weights = (self._taken(t, rows) for t in self._tensors)
        # skorch unpacks pairs even if there is no target.
        y = torch.arange(len(X)) if y is None else y
        return X, y if weights is None else (y, weights)

    def _taken(self, tensor: Any, rows: torch.Tensor | slice) -> Any:
        return None if tensor is None else taken(tensor, rows, self._device)


def n_batches(n_rows: int, batch_size: int) -> int:
    """Return the number of shuffled batches, of which each has two rows."""
    return max(min(-(-n_rows // batch_size), n_rows // 2), 1)


def batch_size_for(n_rows: int, most: int) -> int:
    """Return the largest size of shuffled batches; small data has smaller ones."""
    return min(max(n_rows // _MIN_BATCHES, _MIN_BATCH_SIZE), most)


def prediction_size(batch_size: int, n_numbers: int) -> int:
    """Return how many rows are predicted at once.

    Parameters
    ----------
    batch_size : int
        Of trainings, which need more memory than predictions.

    n_numbers : int
        Of one input.
    """
    fitting = _PREDICT_NUMBERS // max(n_numbers, 1)
    return even_size(max(batch_size, min(_PREDICT_BATCH, fitting)))


def even_size(size: int) -> int:
    """Return the size of batches whose results depend on their rows alone."""
    return size if size < _PREDICT_MULTIPLE else size - size % _PREDICT_MULTIPLE


def part_size(batch_size: int, n_numbers: int) -> int:
    """Return how many rows are made a tensor at once: those of whole batches."""
    n_whole = _PART_NUMBERS // max(batch_size * n_numbers, 1)
    return batch_size * max(n_whole, 1)


def padded_rows(n_rows: int, batch_size: int = _PREDICT_MULTIPLE) -> torch.Tensor:
    """Return the numbers of rows; the first rows come again to fill the last batch."""
    multiple = min(batch_size, _PREDICT_MULTIPLE)
    return torch.arange(n_rows + -n_rows % multiple) % n_rows
