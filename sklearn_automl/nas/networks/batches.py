"""The rows of a training in batches."""

from collections.abc import Iterator

import torch

__all__ = [
    "Batches",
    "Target",
    "batch_size_for",
    "n_batches",
    "padded_rows",
    "prediction_size",
]

# Rows make at least this many batches, unless a batch would be smaller than this.
_MIN_BATCHES = 10
_MIN_BATCH_SIZE = 8

# At least this many rows are predicted at once, and their number is a multiple of the
# second number: torch multiplies a matrix of another shape in another order, and single
# precision has few digits.
_PREDICT_BATCH = 512
_PREDICT_MULTIPLE = 32


#: Encoded targets, with weights if rows have any.
Target = torch.Tensor | tuple[torch.Tensor, torch.Tensor]


class Batches:
    """The rows of two tensors in batches, shuffled or not.

    Even batches are of nearly the same size and have at least two rows, which batch
    normalisation needs; others are of one size, but for the last. Shuffled ones are
    even. Where rows have weights, the target of a batch is a pair: the targets, the
    weights.
    """

    def __init__(
        self,
        X: torch.Tensor,
        y: torch.Tensor | None,
        batch_size: int,
        shuffle: bool,
        is_even: bool = False,
        weights: torch.Tensor | None = None,
    ) -> None:
        self._X, self._y, self._weights = X, y, weights
        self._shuffle, self._size = shuffle, batch_size
        self._is_even = is_even or shuffle
        n_rows = len(X)
        whole = -(-n_rows // batch_size)
        self._n = n_batches(n_rows, batch_size) if self._is_even else whole

    def __len__(self) -> int:
        return self._n

    def __iter__(self) -> Iterator[tuple[torch.Tensor, Target]]:
        n_rows = len(self._X)
        rows = torch.randperm(n_rows) if self._shuffle else torch.arange(n_rows)
        if n_rows == 1 and self._is_even:
            rows = rows.repeat(2)
        batches = (
            torch.tensor_split(rows, self._n)
            if self._is_even
            else torch.split(rows, self._size)
        )
        for batch in batches:
            # skorch unpacks pairs even if there is no target.
            y = batch if self._y is None else self._y[batch]
            if self._weights is None:
                yield self._X[batch], y
            else:
                yield self._X[batch], (y, self._weights[batch])


def n_batches(n_rows: int, batch_size: int) -> int:
    """Return the number of shuffled batches, of which each has two rows."""
    return max(min(-(-n_rows // batch_size), n_rows // 2), 1)


def batch_size_for(n_rows: int, most: int) -> int:
    """Return the largest size of shuffled batches; small data has smaller ones."""
    return min(max(n_rows // _MIN_BATCHES, _MIN_BATCH_SIZE), most)


def prediction_size(batch_size: int) -> int:
    """Return how many rows are predicted at once."""
    size = max(batch_size, _PREDICT_BATCH)
    return size + -size % _PREDICT_MULTIPLE


def padded_rows(n_rows: int) -> torch.Tensor:
    """Return the numbers of rows; the first rows come again to fill the last batch."""
    return torch.arange(n_rows + -n_rows % _PREDICT_MULTIPLE) % n_rows
