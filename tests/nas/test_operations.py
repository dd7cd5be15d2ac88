from functools import partial

import pytest
import torch
from torch import nn

from sklearn_automl.nas import operations
from sklearn_automl.nas._layers import FactorizedReduce
from sklearn_automl.nas.operations import (
    build_operation,
    get_operation,
    operation_names,
    register_operation,
)
from tests.cases import in_turn

ALL = [(name, n_dims) for n_dims in (0, 1, 2) for name in operation_names(n_dims)]
STRIDED = [(n, d) for n, d in ALL if d and "stride" in get_operation(n).options]


def data(n_dims: int, size: int = 7, width: int = 4) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(3, width, *[size] * n_dims, generator=generator)


@pytest.fixture
def registry(monkeypatch):
    """What a test registers is gone after it."""
    monkeypatch.setattr(operations, "_OPERATIONS", dict(operations._OPERATIONS))


@in_turn(("name", "n_dims"), ALL)
def test_keeps_the_shape(name, n_dims):
    x = data(n_dims)
    assert build_operation(name, n_dims, 4)(x).shape == x.shape


@in_turn(("name", "n_dims"), STRIDED)
@in_turn("size", [1, 2, 7, 8])
def test_a_stride_halves_each_axis_and_rounds_up(name, n_dims, size):
    result = build_operation(name, n_dims, 4, stride=2)(data(n_dims, size))
    assert result.shape == (3, 4, *[-(-size // 2)] * n_dims)


@in_turn(("name", "n_dims"), [(n, d) for n, d in ALL if get_operation(n).has_weights])
def test_changes_the_width(name, n_dims):
    assert build_operation(name, n_dims, 4, 6)(data(n_dims)).shape[1] == 6


@in_turn(("name", "n_dims"), ALL)
def test_leaves_its_input_as_it_was(name, n_dims):
    x = data(n_dims)
    build_operation(name, n_dims, 4)(x)
    assert torch.equal(x, data(n_dims))


def test_nothing_gives_zeros_of_the_right_shape():
    result = build_operation("none", 2, 4, stride=2)(data(2))
    assert torch.equal(result, torch.zeros(3, 4, 4, 4))


def test_identity_gives_what_it_gets():
    x = data(1)
    assert torch.equal(build_operation("identity", 1, 4)(x), x)


def test_halving_reads_even_and_odd_places():
    reduce = FactorizedReduce(1, 2, 2).eval()
    nn.init.ones_(reduce.even.weight)
    nn.init.ones_(reduce.odd.weight)
    x = torch.tensor([[[1.0, 10.0, 100.0], [0.0, 0.0, 0.0]]])
    scale = 1 / torch.sqrt(torch.tensor(1 + reduce.norm.eps))
    expected = torch.tensor([[[1.0, 100.0], [10.0, 0.0]]]) * scale
    assert torch.allclose(reduce(x), expected)


@pytest.mark.parametrize("width", [1, 5, 12])
def test_halving_can_change_the_width(width):
    reduce = build_operation("factorized_reduce", 2, 4, width, stride=2)
    assert isinstance(reduce, FactorizedReduce)
    assert reduce(data(2)).shape == (3, width, 4, 4)


@pytest.mark.parametrize("name", ["identity", "factorized_reduce"])
def test_more_than_halving_is_refused(name):
    with pytest.raises(ValueError, match="stride=4 of a factorized_reduce"):
        build_operation(name, 1, 4, stride=4)


def test_average_pooling_does_not_count_what_is_outside():
    pool = build_operation("avg_pool", 1, 1, kernel=3)
    assert torch.equal(pool(torch.ones(1, 1, 5)), torch.ones(1, 1, 5))


@pytest.mark.parametrize("option", [{"normalization": "batch"}, {"activation": "tanh"}])
def test_options_arrive(option):
    kinds = {"batch": nn.BatchNorm1d, "tanh": nn.Tanh}
    module = build_operation("dense", 0, 4, 6, **option)
    assert any(isinstance(m, kinds[next(iter(option.values()))]) for m in module)


@pytest.mark.parametrize(
    ("name", "offsets"),
    [
        ("conv_1", [0]),
        ("conv_3", [-1, 0, 1]),
        ("sep_conv_3", [-1, 0, 1]),
        ("sep_conv_5", [-2, -1, 0, 1, 2]),
        ("dil_conv", [-2, 0, 2]),
        ("dil_conv_3", [-2, 0, 2]),
        ("dil_conv_5", [-4, -2, 0, 2, 4]),
    ],
)
def test_reads_the_places_that_its_name_says(name, offsets):
    x = (data(1, size=11).abs() + 1).requires_grad_()  # ReLU lets it pass
    options = {"activation": "none"} if name == "dil_conv" else {}
    build_operation(name, 1, 4, **options).eval()(x)[:, :, 5].sum().backward()
    is_read = (x.grad != 0).flatten(0, 1).any(dim=0)
    assert (is_read.nonzero().ravel() - 5).tolist() == offsets


def test_dropout_drops_whole_channels_of_images():
    module = build_operation("conv", 2, 4, 64, dropout=0.5, activation="none")
    result = module(data(2)).flatten(2)
    is_dropped = (result == 0).all(dim=2)
    assert 0.3 < is_dropped.float().mean() < 0.7


@in_turn("name", ["max_pool", "avg_pool"])
def test_a_pooling_of_a_cell_is_normalised(name):
    kinds = [
        {type(module) for module in build_operation(own, 2, 4).modules()}
        for own in (name, f"{name}_3")
    ]
    assert [nn.BatchNorm2d in own for own in kinds] == [False, True]


def test_an_operation_of_the_users_own_is_built(registry):
    register_operation("twice", lambda n_dims, a, b: nn.Linear(a, b), n_dims=[0])
    assert isinstance(build_operation("twice", 0, 4, 5), nn.Linear)


def test_a_name_cannot_be_taken_twice(registry):
    with pytest.raises(ValueError, match="'conv' already; choose another name"):
        register_operation("conv", nn.Identity)


class Linear:
    """A callable that is no function."""

    def __call__(self, n_dims, in_width, width):
        return nn.Linear(in_width, width)


class Other(Linear):
    pass


@pytest.mark.parametrize(
    ("first", "again", "other"),
    [
        (partial(nn.Linear, bias=True), partial(nn.Linear, bias=False), nn.Identity),
        (partial(nn.Linear), nn.Linear, partial(nn.Identity)),
        (Linear(), Linear(), Other()),
    ],
)
def test_only_the_same_code_takes_a_name_again(registry, first, again, other):
    register_operation("own", first, n_dims=[0])
    with pytest.raises(ValueError, match="'own' already; choose another name"):
        register_operation("own", other, n_dims=[0])
    register_operation("own", again, n_dims=[0])
    assert get_operation("own").build is again


def test_no_partial_function_takes_the_place_of_ours(registry):
    with pytest.raises(ValueError, match="'conv' already; choose another name"):
        register_operation("conv", partial(nn.Conv1d, kernel_size=1))


@pytest.mark.parametrize(
    ("name", "build", "n_dims", "message"),
    [
        (nn.Linear, nn.Linear, [0], "name=.* of an operation must be a text"),
        ("own", "linear", [0], "build='linear' of 'own' must be callable"),
        (
            "own",
            nn.Linear,
            [3],
            r"n_dims=\[3\] of 'own' must be a list of some of 0, 1",
        ),
        ("own", nn.Linear, [], r"n_dims=\[\]"),
        ("own", nn.Linear, 0, "n_dims=0"),
        ("own", nn.Linear, "012", "n_dims='012'"),
    ],
)
def test_what_is_no_operation_is_refused(registry, name, build, n_dims, message):
    before = dict(operations._OPERATIONS)
    with pytest.raises(ValueError, match=message):
        register_operation(name, build, n_dims=n_dims)
    assert not operations._OPERATIONS.keys() - before.keys()


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match=r"no operation 'cnov'.*register_operation"):
        build_operation("cnov", 1, 4)


def test_images_cannot_be_given_to_what_works_on_flat_data():
    with pytest.raises(
        ValueError, match="'dense' works on flat data and not on images"
    ):
        build_operation("dense", 2, 4)


def test_pooling_cannot_change_the_width():
    with pytest.raises(ValueError, match="cannot change the width from 4 to 5"):
        build_operation("max_pool", 1, 4, 5)
