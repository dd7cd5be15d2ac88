"""What every space promises."""

import io
import json
import pickle

import numpy as np
import pytest
import torch
from sklearn.base import clone

from sklearn_automl.nas import (
    Architecture,
    CellSpace,
    ChainSpace,
    MultiBranchSpace,
    Network,
)
from sklearn_automl.nas.operations import operation_names
from sklearn_automl.nas.search.size_limit import SizeLimit
from sklearn_automl.nas.space import make_space, space_names
from tests.cases import in_turn
from tests.nas.space.contract import BOUND, SPACES

# Two mutations lead to what sampling could give: it is built in some of the spaces.
SOME = [name for name in BOUND if name.endswith((", tiny", ", flat"))]
every_space = pytest.mark.parametrize("space", BOUND.values(), ids=BOUND)
# For tests without networks.
every_space_in_turn = in_turn("space", BOUND.values())


def configs(space, n, seed=0):
    rng = np.random.default_rng(seed)
    return [space.decisions.sample(rng) for _ in range(n)]


def through_a_file(state):
    """Write weights as arrays of NumPy, as saved models are, and read them."""
    file = io.BytesIO()
    np.savez(file, **{name: tensor.numpy() for name, tensor in state.items()})
    with np.load(io.BytesIO(file.getvalue()), allow_pickle=False) as arrays:
        return {name: torch.as_tensor(arrays[name]) for name in arrays.files}


def check_that_it_works(space, config):
    """Build a network; run it forward and backward; write it and read it."""
    architecture = space.architecture(config)
    text = json.dumps(architecture.to_dict())
    assert Architecture.from_dict(json.loads(text)) == architecture
    network = space.build(architecture, 3)
    x = torch.randn(4, *space.input_shape)
    if hasattr(network, "standardize"):
        network.standardize(x)
    output = network(x)
    assert output.shape == (4, 3)
    output.square().sum().backward()
    assert getattr(network, "module", network).output.weight.grad.isfinite().all()
    n = SizeLimit(space, 3, None).n_parameters(architecture)
    assert n == sum(p.numel() for p in network.parameters())
    if space.makes_own_modules:
        again = space.build(Architecture.from_dict(json.loads(text)), 3)
    else:
        again = Network(json.loads(text), space.input_shape, 3)
    again.load_state_dict(through_a_file(network.state_dict()))
    assert torch.equal(again.eval()(x), network.eval()(x))


@every_space
def test_every_sampled_architecture_works(space):
    for config in configs(space, 1):
        check_that_it_works(space, config)


@pytest.mark.slow
@every_space
def test_every_one_of_a_thousand_sampled_architectures_works(space):
    for config in configs(space, 1000, seed=1):
        check_that_it_works(space, config)


@every_space_in_turn
def test_a_neighbour_is_another_architecture_of_the_space(space):
    rng = np.random.default_rng(0)
    config = space.decisions.sample(rng)
    for _ in range(30):
        before = dict(config)
        neighbour = space.mutate(config, rng)
        assert config == before
        space.decisions.check(neighbour)
        assert space.architecture(neighbour) != space.architecture(config)
        config = neighbour


@pytest.mark.parametrize(
    "space",
    [
        pytest.param(space, marks=() if name in SOME else pytest.mark.slow, id=name)
        for name, space in BOUND.items()
    ],
)
def test_a_neighbour_of_a_neighbour_works(space):
    rng = np.random.default_rng(0)
    config = space.decisions.sample(rng)
    config = space.mutate(space.mutate(config, rng), rng)
    check_that_it_works(space, config)


@every_space_in_turn
def test_a_mixture_has_each_decision_from_one_of_its_parents(space):
    rng = np.random.default_rng(0)
    for first, second in zip(configs(space, 20), configs(space, 20, 1), strict=True):
        child = space.crossover(first, second, rng)
        space.decisions.check(child)
        for name, value in child.items():
            assert value in [p[name] for p in (first, second) if name in p]


@every_space_in_turn
def test_the_same_seed_gives_the_same_steps(space):
    config = configs(space, 1)[0]
    walks = []
    for _ in range(2):
        rng = np.random.default_rng(3)
        walks.append([space.mutate(config, rng) for _ in range(5)])
    assert walks[0] == walks[1]


@every_space
def test_the_reference_is_an_architecture_of_the_space_that_works(space):
    config = space.reference()
    assert (config is None) == space.makes_own_modules
    if config is not None:
        space.decisions.check(config)
        check_that_it_works(space, config)


@every_space_in_turn
def test_the_reference_is_the_same_whatever_was_drawn(space):
    np.random.seed(0)  # noqa: NPY002  (which must not matter)
    before = space.reference()
    np.random.seed(1)  # noqa: NPY002
    configs(space, 3)
    assert space.reference() == before
    assert clone(space).bind(space.input_shape).reference() == before


@every_space_in_turn
def test_a_bound_space_pickles(space):
    config = configs(space, 1)[0]
    again = pickle.loads(pickle.dumps(space))
    assert again.architecture(config) == space.architecture(config)


def test_spaces_have_names():
    assert space_names() == {"cell", "chain", "multi_branch"}
    for name in space_names():
        assert make_space(name).get_params() == type(make_space(name))().get_params()


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_binding_leaves_the_space_as_it_was(space):
    params = space.get_params()
    space.bind((7,))
    assert space.get_params() == params
    # Distributions and modules are copied, and compare by identity.
    assert (
        repr(clone(space)).split(" object at ")[0]
        == repr(space).split(" object at ")[0]
    )
    with pytest.raises(RuntimeError, match=r"call bind\(input_shape\)"):
        _ = space.decisions


@pytest.mark.parametrize(
    "space",
    [
        ChainSpace(
            n_layers=(np.int64(1), np.int64(2)),
            widths=[np.int64(8)],
            kernels=list(np.array([3, 5])),
            strides=tuple(np.array([1, 2])),
            dropouts=[np.float32(0.5)],
        ),
        MultiBranchSpace(max_inputs=np.int64(1), widths=tuple(np.array([8, 16]))),
        CellSpace(
            n_nodes=np.int64(1),
            n_cells=np.int64(2),
            width=np.int64(4),
            widening=np.int64(2),
        ),
    ],
)
def test_numbers_of_numpy_are_numbers(space):
    space = space.bind((1, 9))
    for config in configs(space, 5):
        check_that_it_works(space, config)


@pytest.mark.parametrize("shape", [(), (1, 2, 3, 4)])
def test_an_input_without_meaning_is_refused(shape):
    with pytest.raises(ValueError, match="one, two or three sizes"):
        ChainSpace().bind(shape)


@pytest.mark.parametrize("n_dims", [0, 1, 2])
@pytest.mark.parametrize("make", [ChainSpace, MultiBranchSpace])
def test_every_operation_works_in_every_layer(make, n_dims):
    space = make(operations=operation_names(n_dims)).bind((3, 6, 5)[: n_dims + 1])
    for config in configs(space, 10):
        check_that_it_works(space, config)
