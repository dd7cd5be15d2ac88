"""Datasets: where their rows are, and the loaders that are made of them."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from skorch.dataset import Dataset  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from sklearn_automl.nas.networks.datasets import loader, rows_in, rows_of  # noqa: E402
from tests.cases import in_turn  # noqa: E402

X, y = np.arange(12.0).reshape(6, 2), np.arange(6)


def options_of(dataset, **options):
    """A loader of the user's, which only tells what it is asked for."""
    return {"n_rows": len(dataset), **options}


def options_for(n_rows, size=8, kind=options_of, **options):
    rows = torch.zeros(n_rows, 2), torch.zeros(n_rows)
    return loader(kind, *rows, size, options)


def test_a_target_beside_a_dataset_comes_before_its_own():
    assert rows_of(Dataset(X, y))[1] is y
    other = y + 1
    assert rows_of(Dataset(X, y), other)[1] is other


def test_rows_of_three_tensors_are_not_known():
    tensors = [torch.tensor(values) for values in (X, y, y)]
    assert rows_in(TensorDataset(*tensors[:2])) is not None
    assert rows_in(TensorDataset(*tensors)) is None


@in_turn("kind", [options_of, DataLoader])
def test_a_size_of_minus_one_is_all_rows(kind):
    batches = options_for(30, kind=kind, batch_size=-1)
    if kind is options_of:
        assert batches["batch_size"] == 30
    else:
        assert [len(own) for own, _ in batches] == [30]


@in_turn(
    ("n_rows", "size", "drops"),
    [(17, 8, True), (16, 8, False), (18, 8, False), (1, 8, False), (3, 1, False)],
)
def test_a_last_batch_of_one_row_is_dropped_unless_it_is_the_only_one(
    n_rows, size, drops
):
    assert options_for(n_rows, size)["drop_last"] == drops


def test_rows_are_shuffled_unless_a_sampler_orders_them():
    assert options_for(9)["shuffle"]
    assert not options_for(9, shuffle=False)["shuffle"]
    for name in ("sampler", "batch_sampler"):
        assert "shuffle" not in options_for(9, **{name: range(9)})
