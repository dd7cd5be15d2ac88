"""Modules of the operations: what is in them, and how it begins."""

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from sklearn_automl.nas._layers import (  # noqa: E402
    FactorizedReduce,
    PeriodicEmbedding,
    conv,
    dense,
    relu_dense_norm,
)
from tests.cases import in_turn  # noqa: E402


@in_turn(("normalization", "has_bias"), [("batch", False), ("none", True)])
def test_weights_have_a_bias_where_no_normalisation_has_one(normalization, has_bias):
    options = {"normalization": normalization}
    for layer in (
        dense(0, 4, 6, **options)[0],
        conv(1, 4, 6, **options)[0],
        conv(2, 4, 6, is_separable=True, **options)[1],
    ):
        assert (layer.bias is not None) == has_bias
    first = conv(1, 4, 6, is_separable=True, **options)[0]
    assert first.bias is None  # which the second of the two has


def test_dropout_drops_whole_channels_of_sequences():
    module = conv(1, 4, 64, dropout=0.5, activation="none")
    is_dropped = (module(torch.randn(3, 4, 7)) == 0).all(dim=2)
    assert 0.3 < is_dropped.float().mean() < 0.7


def test_an_edge_of_flat_data_can_have_dropout():
    kinds = {type(module) for module in relu_dense_norm(0, 4, 6, dropout=0.5).modules()}
    assert kinds >= {nn.ReLU, nn.Linear, nn.BatchNorm1d, nn.Dropout}


def test_halving_an_image_reads_even_and_odd_places_of_what_is_positive():
    reduce = FactorizedReduce(2, 1, 2).eval()
    nn.init.ones_(reduce.even.weight)
    nn.init.ones_(reduce.odd.weight)
    x = torch.arange(16.0).reshape(1, 1, 4, 4) - 2
    even, odd = reduce(x)[0] * torch.sqrt(torch.tensor(1 + reduce.norm.eps))
    assert even.round().tolist() == [[0, 0], [6, 8]]
    assert odd.round().tolist() == [[3, 5], [11, 13]]


def test_waves_begin_slow_and_in_any_phase():
    torch.manual_seed(0)
    embedding = PeriodicEmbedding(50)
    assert float(embedding.frequency.detach().std()) == pytest.approx(0.1, abs=0.01)
    phase = embedding.phase.detach() / torch.pi
    assert float(phase.min()) == pytest.approx(-1, abs=0.05)
    assert float(phase.max()) == pytest.approx(1, abs=0.05)
