"""Copies of data that lie in memory as the data do, and how to see what was changed.

The layout counts: sums over rows and over columns are rounded in another way when they
are added in another order.
"""

import copy
import pickle
import sys
from typing import Any

import numpy as np
from scipy import sparse

__all__ = [
    "byte_size",
    "copy_again",
    "exact_copy",
    "is_equal",
    "light_copy",
    "share_memory",
]


_OF_PANDAS = {"DataFrame", "Series"}
_CHUNK_BYTES = 1_000_000


def exact_copy(data: Any) -> Any | None:
    """Return a copy with the same values and layout; None if there can be none."""
    if _kind(data) is None:
        return None
    copied = copy_again(data)
    return copied if _layout(copied) == _layout(data) else None


def copy_again(data: Any) -> Any:
    """Return a copy of what has an exact copy, without another look at its layout."""
    return _copy_pandas(data) if _kind(data) == "pandas" else copy.deepcopy(data)


def light_copy(data: Any) -> Any | None:
    """Return a copy that tells later whether ``data`` was changed; None if none can."""
    try:
        match _kind(data):
            case None:
                return None
            case "list":
                return list(data)
            case "sparse":
                return copy.deepcopy(data)  # copy() can change the type of indices
            case _:
                return data.copy()
    except MemoryError:
        return None


def is_equal(data: Any, other: Any) -> bool:
    """Tell whether data still equals a light copy of it."""
    kind = _kind(data)
    if kind == "pandas":
        return data.equals(other)
    if kind == "list":
        return data == other
    pairs = zip(_arrays(data), _arrays(other), strict=True)
    return all(_are_equal_arrays(*pair) for pair in pairs)


def share_memory(data: Any, other: Any) -> bool:
    """Tell whether changing one of two data can change the other."""
    of_data = [_owner(array) for array in _arrays(data)]
    of_other = [_owner(array) for array in _arrays(other)]
    in_both = {id(owner) for owner in of_data} & {id(owner) for owner in of_other}
    return data is other or bool(in_both)


def byte_size(data: Any) -> int:
    """Return about the number of bytes that data take; 0 if that is not known."""
    kind = _kind(data)
    if kind == "pandas":
        return int(np.sum(data.memory_usage(deep=True)))
    if kind == "list":
        return sum(map(sys.getsizeof, data))
    return sum(array.nbytes for array in _arrays(data))


def _kind(data: Any) -> str | None:
    if type(data) is np.ndarray:
        return "array"
    if sparse.issparse(data):
        return "sparse"
    if type(data) is list:
        return "list"
    is_pandas = type(data).__module__.partition(".")[0] == "pandas"
    return "pandas" if is_pandas and type(data).__name__ in _OF_PANDAS else None


def _copy_pandas(frame: Any) -> Any:
    """Copy a DataFrame with its blocks as they are.

    ``frame.copy()`` would join them and turn some round. A pickle keeps them; its
    arrays are out of band, so that they are copied once and not serialized.
    """
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(frame, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(pickled, buffers=[np.array(b.raw()) for b in buffers])


def _arrays(data: Any) -> list[np.ndarray]:
    """Return the arrays that data are made of, as far as they can be seen."""
    kind = _kind(data)
    if kind == "array":
        return [data]
    if kind == "sparse":
        return [part for part in vars(data).values() if isinstance(part, np.ndarray)]
    if kind == "pandas":
        n_columns = 0 if data.ndim == 1 else data.shape[1]
        columns = [data.iloc[:, i] for i in range(n_columns)] or [data]
        values = [column.values for column in columns]
        return [array for array in values if isinstance(array, np.ndarray)]
    return []


def _layout(data: Any) -> list[Any]:
    """Return how the arrays of data lie, those of one block also to each other."""
    layout = []
    blocks: dict[int, tuple[int, int]] = {}
    arrays = _arrays(data)
    for array in arrays:
        address = array.__array_interface__["data"][0]
        here = len(blocks), address
        block, first = blocks.setdefault(id(_owner(array)), here)
        # The step along an axis with one element is arbitrary.
        steps = [s for s, n in zip(array.strides, array.shape, strict=True) if n > 1]
        layout.append((block, address - first, steps, array.flags.writeable))
    return layout


def _owner(array: np.ndarray) -> Any:
    """Return the array, or other object, that has the memory of an array."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array if array.base is None else array.base


def _are_equal_arrays(array: np.ndarray, other: np.ndarray) -> bool:
    if array.shape != other.shape or array.dtype != other.dtype:
        return False
    if array.dtype.kind == "O":
        return all(a is b for a, b in zip(array.flat, other.flat, strict=True))
    # A few rows at a time, because array_equal makes copies of what it compares.
    step = max(_CHUNK_BYTES * len(array) // max(array.nbytes, 1), 1)
    equal_nan = array.dtype.kind in "fcmM"
    return all(
        np.array_equal(array[i : i + step], other[i : i + step], equal_nan=equal_nan)
        for i in range(0, len(array), step)
    )
