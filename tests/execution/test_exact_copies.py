"""Copies of data, and how what was changed is noticed."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided
from scipy import sparse

from sklearn_automl.execution._exact_copies import (
    byte_size,
    exact_copy,
    is_equal,
    light_copy,
    share_memory,
)

NUMBERS = np.random.default_rng(0).normal(size=(6, 4))


def frame_of(*arrays):
    """Return a frame that has each array as a block."""
    pd = pytest.importorskip("pandas")
    frames = [pd.DataFrame(np.array(array), copy=False) for array in arrays]
    frame = pd.concat(frames, axis=1)
    frame.columns = [f"x{i}" for i in range(frame.shape[1])]
    return frame


DATA = {
    "rows": lambda: NUMBERS.copy(),
    "columns": lambda: np.asfortranarray(NUMBERS),
    "words": lambda: np.array([["a", 1.0], [None, np.nan]], dtype=object),
    "sparse": lambda: sparse.csr_matrix(NUMBERS * (NUMBERS > 0)),
    "list": lambda: ["a", "b"],
    "frame": lambda: frame_of(NUMBERS),
    "blocks": lambda: frame_of(NUMBERS, np.asfortranarray(NUMBERS), [["a"]] * 6),
    "series": lambda: frame_of(NUMBERS)["x1"],
}


@pytest.fixture(params=DATA)
def data(request):
    return DATA[request.param]()


def change(data):
    if isinstance(data, list):
        data[0] = "z"
    elif sparse.issparse(data):
        data.data[0] = 9
    elif hasattr(data, "iloc"):
        data.iloc[*[0] * data.ndim] = 9
    else:
        data[0, 0] = 9


def strides(data):
    if hasattr(data, "columns"):
        return [data[name].to_numpy().strides for name in data]
    return getattr(data, "strides", None)


def test_a_light_copy_is_equal_until_the_data_change(data):
    copy = light_copy(data)
    assert not share_memory(copy, data)
    assert is_equal(data, copy)
    change(data)
    assert not is_equal(data, copy)


@pytest.mark.parametrize("kind", [kind for kind in DATA if kind != "series"])
def test_an_exact_copy_is_equal_and_apart(kind):
    data = DATA[kind]()
    copy = exact_copy(data)
    assert type(copy) is type(data)
    assert kind == "words" or is_equal(data, copy)
    assert not share_memory(copy, data)
    change(copy)
    assert not is_equal(data, copy)


@pytest.mark.parametrize("kind", ["rows", "columns", "words", "frame", "blocks"])
def test_an_exact_copy_lies_in_memory_as_the_data(kind):
    data = DATA[kind]()
    assert strides(exact_copy(data)) == strides(data)


def test_an_exact_copy_keeps_the_kind_of_indices():
    data = sparse.csr_matrix(NUMBERS)
    data.indices = data.indices.astype(np.int64)
    data.indptr = data.indptr.astype(np.int64)
    assert exact_copy(data).indices.dtype == np.int64


def read_only():
    data = NUMBERS.copy()
    data.flags.writeable = False
    return data


@pytest.mark.parametrize(
    "data",
    [
        NUMBERS[:, :2],
        NUMBERS[::-1],
        as_strided(NUMBERS, (6, 2), (32, 16)),
        read_only(),
        np.ma.masked_array(NUMBERS),
        iter([1]),
        None,
    ],
    ids=lambda data: type(data).__name__,
)
def test_some_data_have_no_exact_copy(data):
    assert exact_copy(data) is None


def test_a_part_of_a_block_has_no_exact_copy():
    assert exact_copy(frame_of(NUMBERS).iloc[:, ::2]) is None


def test_one_column_has_an_exact_copy():
    column = NUMBERS[:, np.array([True, False, False, False])]
    np.testing.assert_array_equal(exact_copy(column), column)


def test_a_view_shares_memory_with_its_data(data):
    view = data if isinstance(data, list) else data[:3]
    if sparse.issparse(data):
        view = data.copy()
        view.indices = data.indices
    assert share_memory(view, data)
    assert share_memory(data, data)


def test_a_column_shares_memory_with_its_frame():
    frame = DATA["blocks"]()
    assert share_memory(frame["x1"], frame)
    assert not share_memory(frame["x1"].copy(), frame)


def test_nan_equals_nan():
    data = np.array([[1.0, np.nan]])
    assert is_equal(data, light_copy(data))


@pytest.mark.parametrize("row", [0, 150_000, 299_999])
def test_a_change_in_any_row_is_noticed(row):
    data = np.zeros((300_000, 2))
    data[5] = np.nan
    copy = light_copy(data)
    assert is_equal(data, copy)
    data[row, 1] = 1
    assert not is_equal(data, copy)


def test_another_shape_is_not_equal():
    assert not is_equal(NUMBERS[:, :1], NUMBERS[:, :2])
    assert not is_equal(np.zeros(2), np.zeros(2, dtype=int))


def test_data_of_a_foreign_kind_have_no_copy():
    assert light_copy(iter([1])) is None


def test_data_that_memory_has_no_place_for_have_no_copy():
    class Full(sparse.csr_matrix):
        def __deepcopy__(self, memo):
            raise MemoryError

    assert light_copy(Full(NUMBERS)) is None


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [("rows", 192, 192), ("sparse", 100, 300), ("list", 90, 130), ("frame", 192, 400)],
)
def test_bytes_are_counted(kind, least, most):
    assert least <= byte_size(DATA[kind]()) <= most


def test_no_bytes_are_known_of_other_data():
    assert byte_size(iter([1])) == byte_size(None) == 0
