"""How many rows are predicted at once, and what of them is copied."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.utils.data import DataLoader  # noqa: E402

from sklearn_automl.nas.networks import ArchitectureRegressor  # noqa: E402


class Notes(torch.nn.Module):
    """A sum of the inputs, whose batches are noted while it predicts."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(1))
        self.sizes = []
        self.places = []

    def forward(self, X):
        if not self.training:
            self.sizes.append(len(X))
            self.places.append(X.data_ptr())
        return X.flatten(1).sum(dim=1, keepdim=True) * self.weight


class Loader(DataLoader):
    """A loader of the user's."""


def net(**options):
    """A net that predicts sums, whatever it has learned."""
    options = {"max_epochs": 1, "lr": 1e-9, **options}
    own = ArchitectureRegressor(Notes, **options)
    own.fit(np.ones((8, 4), dtype=np.float32), np.arange(8.0))
    own.y_mean_, own.y_scale_ = np.zeros(1), np.ones(1)
    own.module_.sizes.clear()
    own.module_.places.clear()
    return own


@pytest.mark.parametrize(
    ("shape", "n_rows", "batch_size", "sizes"),
    [
        ((4,), 5, 128, [32]),
        ((4,), 1_000, 128, [512, 512]),
        ((4,), 1_100, 600, [576, 544]),
        ((4,), 5, -1, [32]),
        ((4,), 1_000, -1, [1_024]),
        ((3, 112, 112), 70, 2, [32, 32, 32]),
        ((3, 112, 112), 70, 48, [32, 32, 32]),
        ((3, 300, 300), 9, 2, [7, 7]),
        ((3, 300, 300), 5, 8, [8]),
        ((1, 28, 28), 600, 2, [512, 96]),
        ((1_000,), 600, 2, [512, 96]),
        ((2**22,), 3, 1, [1, 1, 1]),
        ((2**22,), 3, 2, [2, 2]),
    ],
)
def test_batches_of_large_inputs_have_fewer_rows(shape, n_rows, batch_size, sizes):
    own = net(batch_size=batch_size)
    X = np.ones((n_rows, *shape), dtype=np.float32)
    X[:, 0] = np.arange(n_rows).reshape(-1, *[1] * (len(shape) - 1))
    predicted = own.predict(X)
    assert own.module_.sizes == sizes
    expected = X.reshape(n_rows, -1).sum(axis=1, dtype=np.float64)
    np.testing.assert_allclose(predicted, expected, rtol=1e-5)


@pytest.mark.parametrize("loader", [{}, {"iterator_valid": Loader}])
@pytest.mark.parametrize(
    ("size", "sizes"), [(3, [3, 3, 3, 3]), (32, [32]), (1_000, [32]), (-1, [32])]
)
def test_a_size_that_the_user_sets_for_predictions_is_kept(loader, size, sizes):
    own = net(iterator_valid__batch_size=size, **loader)
    predicted = own.predict(np.ones((10, 4), dtype=np.float32))
    np.testing.assert_allclose(predicted, 4.0)
    assert len(predicted) == 10
    assert own.module_.sizes == sizes


@pytest.mark.parametrize("n_rows", [32, 512, 1_024, 1_056])
def test_rows_that_need_no_others_beside_them_are_not_copied(n_rows):
    X = np.ones((n_rows, 4), dtype=np.float32)
    own = net()
    own.predict(X)
    begin = X.__array_interface__["data"][0]
    starts = range(0, n_rows, 512)
    assert own.module_.places == [begin + start * X.strides[0] for start in starts]


@pytest.mark.parametrize("kind", [np.float64, np.int64, "tensor", "list"])
def test_inputs_of_any_kind_go_in_parts(kind, monkeypatch):
    values = np.arange(2_100.0 * 4).reshape(2_100, 4) % 100
    X = values.tolist() if kind == "list" else values
    X = torch.from_numpy(values) if kind == "tensor" else X
    X = values.astype(kind) if isinstance(kind, type) else X
    own = net()
    module = "sklearn_automl.nas.networks.batches._PART_NUMBERS"
    monkeypatch.setattr(module, 512 * 4)
    largest = []
    raw_inputs = own.raw_inputs
    own.raw_inputs = lambda part: largest.append(len(part)) or raw_inputs(part)
    np.testing.assert_allclose(own.predict(X), values.sum(axis=1))
    assert largest == [512, 512, 512, 512, 52]


def test_what_loads_batches_is_started_once(monkeypatch):
    monkeypatch.setattr("sklearn_automl.nas.networks.batches._PART_NUMBERS", 4)
    own = net(iterator_valid=Loader)
    made = []
    init = Loader.__init__
    monkeypatch.setattr(
        Loader, "__init__", lambda *a, **k: made.append(1) or init(*a, **k)
    )
    own.predict(np.ones((2_000, 4), dtype=np.float32))
    assert len(made) == 1


def test_a_size_for_predictions_is_that_of_whole_rows_of_32():
    own = net(iterator_valid__batch_size=40)
    own.predict(np.ones((70, 4), dtype=np.float32))
    assert own.module_.sizes == [32, 32, 32]
