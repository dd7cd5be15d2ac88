import gc
import mmap
import os
import pickle
import stat
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.utils import Bunch

from sklearn_automl.execution._shared_data import (
    Reference,
    SharedData,
    make_private_folder,
    remove_folder,
)


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    return make_private_folder()


@pytest.fixture
def share(folder):
    """Return a function that gives back what a worker would get."""
    references = []

    def shared(obj):
        # What travels to a worker is the pickled reference.
        reference = SharedData(obj, folder).reference
        references.append(pickle.loads(pickle.dumps(reference)))
        return references[-1].open()

    yield shared
    for reference in references:
        reference.forget()


RNG = np.random.default_rng(0)

ARRAYS = {
    "floats": RNG.normal(size=(50, 3)),
    "fortran": np.asfortranarray(RNG.normal(size=(50, 3))),
    "every_other_row": RNG.normal(size=(50, 3))[::2, ::-1],
    "integers": np.arange(7, dtype=np.int8),
    "booleans": np.array([True, False]),
    "strings": np.array(["a", "bcd"]),
    "dates": np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"),
    "records": np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    "objects": np.array(["a", None, 1.5, [1, 2]], dtype=object),
    "empty": np.empty((0, 3)),
    "scalar": np.array(3.0),
    "list": [[1, 2.0], ["a"]],
    "none": None,
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_come_back(name, share):
    array = ARRAYS[name]
    back = share(array)
    assert type(back) is type(array)
    assert getattr(back, "dtype", None) == getattr(array, "dtype", None)
    if isinstance(array, np.ndarray):
        np.testing.assert_array_equal(back, array)
    else:
        assert back == array


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
@pytest.mark.parametrize("kind", ["array", "matrix"])
def test_sparse_matrices_come_back(kind, form, share):
    dense = np.where(RNG.random((20, 5)) < 0.2, 1.5, 0.0)
    matrix = getattr(sparse, f"{form}_{kind}")(dense)
    back = share(matrix)
    assert type(back) is type(matrix)
    np.testing.assert_array_equal(back.toarray(), dense)


def make_frame(pd):
    return pd.DataFrame(
        {
            "number": np.arange(5.0),
            "integer": pd.array([1, None, 3, 4, 5], dtype="Int64"),
            "text": ["a", "b", None, "d", "e"],
            "category": pd.Categorical(["x", "y", "x", "x", "y"]),
            "date": pd.date_range("2020-01-01", periods=5, tz="UTC"),
        },
        index=list("vwxyz"),
    )


def test_a_frame_comes_back(share):
    pd = pytest.importorskip("pandas")
    frame = make_frame(pd)
    pd.testing.assert_frame_equal(share(frame), frame)


def test_a_series_comes_back(share):
    pd = pytest.importorskip("pandas")
    series = make_frame(pd)["category"]
    pd.testing.assert_series_equal(share(series), series)


def test_arrays_anywhere_in_an_object_come_back(share):
    model = LogisticRegression().fit(ARRAYS["floats"], np.arange(50) % 2)
    back = share(Bunch(model=model, weights={"w": [np.arange(3)]}))
    np.testing.assert_array_equal(back.model.coef_, model.coef_)
    np.testing.assert_array_equal(back.weights["w"][0], np.arange(3))


def test_an_array_that_is_there_twice_is_written_once(share, folder, tmp_path):
    array = np.zeros(100_000)
    back = share({"X": array, "also": array})
    assert back["X"] is back["also"]
    (path,) = tmp_path.glob("*/buffers")
    assert path.stat().st_size < 1.1 * array.nbytes


def test_functions_and_local_classes_come_back(share):
    class Local:
        value = 3

    assert share(lambda: Local.value)() == 3


def memory_of(array):
    while isinstance(array, np.ndarray):
        array = array.base
    return array.obj if isinstance(array, memoryview) else array


def test_an_array_is_mapped_and_not_read(share):
    assert isinstance(memory_of(share(ARRAYS["floats"])), mmap.mmap)


def test_the_parts_of_a_sparse_matrix_are_mapped(share):
    matrix = share(sparse.random(50, 5, density=0.2, format="csr", random_state=0))
    assert isinstance(memory_of(matrix.data), mmap.mmap)
    assert isinstance(memory_of(matrix.indices), mmap.mmap)


def test_the_blocks_of_a_frame_are_mapped(share):
    pd = pytest.importorskip("pandas")
    frame = share(pd.DataFrame(ARRAYS["floats"]))
    assert isinstance(memory_of(frame.to_numpy(copy=False)), mmap.mmap)


def test_mapped_arrays_are_aligned(share):
    arrays = share([np.zeros(n, dtype=dtype) for n in (1, 3, 5) for dtype in "bd"])
    assert {array.ctypes.data % 64 for array in arrays} == {0}


def test_what_is_shared_cannot_be_written(share):
    array = share(ARRAYS["floats"])
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1.0


def test_a_worker_opens_the_data_once(folder):
    reference = SharedData([1, 2], folder).reference
    again = pickle.loads(pickle.dumps(reference))
    assert reference.open() is again.open()
    reference.forget()


def test_a_worker_keeps_the_data_of_two_searches(tmp_path):
    references = [
        SharedData([i], str(make_folder(tmp_path, i))).reference for i in range(3)
    ]
    first, second = references[0].open(), references[1].open()
    references[0].open()  # used last
    references[2].open()
    assert references[0].open() is first
    assert references[1].open() is not second
    for reference in references:
        reference.forget()


def make_folder(tmp_path, name):
    folder = tmp_path / str(name)
    folder.mkdir()
    return folder


def test_forgotten_data_is_unmapped(folder):
    reference = SharedData(ARRAYS["floats"], folder).reference
    mapped = memory_of(reference.open())
    reference.forget()
    gc.collect()
    mapped.close()  # which raises BufferError where somebody still looks at it


def test_data_that_was_never_opened_can_be_forgotten():
    Reference("nowhere", ()).forget()


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_only_this_user_can_read_the_data(share, tmp_path):
    share(ARRAYS["floats"])
    (folder,) = tmp_path.iterdir()
    assert mode_of(folder) == 0o700
    assert {mode_of(file) for file in folder.iterdir()} == {0o600}


def test_the_data_of_another_search_is_not_overwritten(folder):
    SharedData([1], folder)
    with pytest.raises(FileExistsError):
        SharedData([2], folder)


def test_the_folder_is_where_joblib_would_have_it(folder, tmp_path):
    (made,) = tmp_path.iterdir()
    assert made.samefile(folder)


def test_a_removed_folder_is_gone(share, folder, tmp_path):
    back = share(ARRAYS["floats"])
    remove_folder(folder)
    assert list(tmp_path.iterdir()) == []
    np.testing.assert_array_equal(back, ARRAYS["floats"])  # as it is mapped


def test_what_cannot_be_pickled_says_so(folder):
    with pytest.raises(TypeError, match="cannot pickle"):
        SharedData(threading.Lock(), folder)


def test_a_reference_to_large_data_is_small(folder):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(np.zeros((1_250_000, 10)))  # 100 MB
    reference = SharedData(frame, folder).reference
    assert len(pickle.dumps(reference)) < 1_000
    remove_folder(folder)


def test_the_folder_of_a_killed_process_is_removed(tmp_path):
    code = (
        "import os, signal\n"
        "from sklearn_automl.execution._shared_data import make_private_folder\n"
        "make_private_folder()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    environment = {**os.environ, "JOBLIB_TEMP_FOLDER": str(tmp_path / "new")}
    subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    for _ in range(3000):
        if not list((tmp_path / "new").iterdir()):
            return
        time.sleep(0.02)
    raise AssertionError("the folder is still there")


REMOVES_LATER = """
import shutil
from sklearn_automl.execution import _shared_data
def is_in_use(folder, ignore_errors):
    shutil.rmtree = remove
remove, shutil.rmtree = shutil.rmtree, is_in_use
folder = _shared_data.make_private_folder()
_shared_data.remove_folder(folder)
"""


def test_a_folder_that_is_in_use_is_removed_when_the_process_ends(tmp_path):
    environment = {**os.environ, "JOBLIB_TEMP_FOLDER": str(tmp_path / "new")}
    code = [sys.executable, "-c", REMOVES_LATER]
    done = subprocess.run(code, env=environment, check=True, stderr=subprocess.PIPE)
    assert not list((tmp_path / "new").iterdir())
    assert done.stderr == b""
