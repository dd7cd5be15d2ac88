import pickle

import pytest
import torch

from sklearn_automl.nas import Architecture, Network, Node
from sklearn_automl.nas.networks import n_parameters, shifted


def chain(*nodes: Node, head: str = "avg") -> Architecture:
    return Architecture(nodes, head)


CONV = Node.of("a", "conv", "input", width=6, stride=2)


@pytest.mark.parametrize("head", ["avg", "max", "flatten"])
@pytest.mark.parametrize("shape", [(2, 7), (2, 5, 9)])
def test_every_head_gives_the_outputs(head, shape):
    network = Network(chain(CONV, head=head), shape, 3)
    assert network(torch.randn(4, *shape)).shape == (4, 3)


def test_the_heads_are_what_their_names_say():
    x = torch.tensor([[[1.0, 2.0, 6.0]]])
    identity = Node.of("a", "identity", "input")
    results = []
    for head in ("avg", "max"):
        network = Network(chain(identity, head=head), (1, 3), 1)
        torch.nn.init.ones_(network.output.weight)
        torch.nn.init.zeros_(network.output.bias)
        results.append(network(x).item())
    assert results == [3.0, 6.0]


def test_a_sum_of_unequal_branches_fits_the_last_one():
    nodes = (
        CONV,
        Node.of("b", "conv", "input", width=4),
        Node.of("c", "identity", "a", "b"),
    )
    network = Network(Architecture(nodes), (1, 9), 2)
    assert network.nodes["c"].shape.width == 4
    assert network.nodes["c"].shape.reduction == 2
    assert network(torch.randn(3, 1, 9)).shape == (3, 2)


def test_a_concatenation_is_as_wide_as_all_branches():
    nodes = (
        CONV,
        Node.of("b", "conv", "input", width=4),
        Node.of("c", "identity", "a", "b", merge="concat"),
    )
    network = Network(Architecture(nodes), (1, 9), 2)
    assert network.nodes["c"].shape.width == 10


def standardised(network, x):
    """What a net makes of inputs before the first layer."""
    return network.standardized(shifted(x, network.input_shift))


def test_a_sum_adds():
    nodes = (
        Node.of("a", "identity", "input"),
        Node.of("b", "identity", "input", "a"),
    )
    network = Network(Architecture(nodes), (2,), 2)
    torch.nn.init.eye_(network.output.weight)
    torch.nn.init.zeros_(network.output.bias)
    x = torch.tensor([[1.0, -3.0]])
    assert torch.equal(network(x), 2 * x)


@pytest.mark.parametrize(("shape", "axes"), [((3,), 0), ((3, 8), (0, 2))])
def test_inputs_are_standardised(shape, axes):
    x = torch.randn(50, *shape) * 5 + 7
    network = Network(chain(Node.of("a", "identity", "input")), shape, 1)
    network.standardize(x)
    z = standardised(network, x)
    assert torch.allclose(z.mean(dim=axes), torch.zeros(3), atol=1e-5)
    assert torch.allclose(z.std(dim=axes, correction=0), torch.ones(3), atol=1e-5)


def test_a_constant_input_contributes_nothing_whatever_it_is_later():
    network = Network(chain(Node.of("a", "identity", "input")), (2,), 1)
    network.standardize(torch.tensor([[1e6, 0.0], [1e6, 2.0]]))
    z = standardised(network, torch.tensor([[1e6, 0.0], [-3e38, 2.0]]))
    assert torch.equal(z, torch.tensor([[0.0, -1.0], [0.0, 1.0]]))


@pytest.mark.parametrize("unit", [1e-30, 1e-8, 1.0, 1e8, 1e30])
def test_the_unit_of_an_input_does_not_matter(unit):
    network = Network(chain(Node.of("a", "identity", "input")), (2,), 1)
    x = torch.randn(50, 2) * torch.tensor([1.0, 0.1]) + torch.tensor([0.0, 3.0])
    x = x * unit
    network.standardize(x)
    z = standardised(network, x)
    assert torch.allclose(z.std(dim=0, correction=0), torch.ones(2), atol=1e-4)


@pytest.mark.parametrize("value", [0.0, 1e-45, 1e-8, 0.1, 1e6, 16777217.0])
@pytest.mark.parametrize("n", [1, 7])
def test_a_constant_input_is_found_whatever_its_unit(value, n):
    network = Network(chain(Node.of("a", "identity", "input")), (1,), 1)
    network.standardize(torch.full((n, 1), value))
    assert network.input_scale.item() == torch.inf
    assert standardised(network, torch.full((3, 1), 7.0)).tolist() == [[0.0]] * 3


def test_an_input_that_varies_little_beside_its_mean_is_standardised():
    network = Network(chain(Node.of("a", "identity", "input")), (1,), 1)
    # An hour, in seconds since 1970; single precision has steps of two minutes there.
    x = 1.7e9 + 3600 * torch.rand(200, 1)
    network.standardize(x)
    z = standardised(network, x)
    assert z.std(correction=0).item() == pytest.approx(1, abs=1e-3)
    assert abs(z.mean().item()) < 0.1


def test_an_input_that_varies_by_denormal_numbers_only_gives_finite_ones():
    network = Network(chain(Node.of("a", "identity", "input")), (1,), 1)
    x = torch.tensor([[0.0], [1e-44], [1e-42]])
    network.standardize(x)
    assert standardised(network, x).abs().max() < 1e-3


def test_what_it_was_standardised_by_is_saved_with_the_weights():
    network = Network(chain(CONV), (2, 8), 1)
    network.standardize(torch.randn(50, 2, 8) + 3)
    other = Network(chain(CONV), (2, 8), 1)
    other.load_state_dict(network.state_dict())
    assert torch.equal(other.input_mean, network.input_mean)


def test_is_made_of_plain_data_too():
    architecture = chain(CONV)
    torch.manual_seed(0)
    first = Network(architecture, (2, 8), 1)
    torch.manual_seed(0)
    second = Network(architecture.to_dict(), (2, 8), 1)
    x = torch.randn(3, 2, 8)
    assert torch.equal(first.eval()(x), second.eval()(x))


def test_pickles():
    network = Network(chain(CONV), (2, 8), 1).eval()
    x = torch.randn(3, 2, 8)
    assert torch.equal(pickle.loads(pickle.dumps(network))(x), network(x))


def test_counts_parameters_without_making_them():
    # A kernel of 3 from 2 to 6 channels, batch norm, and 6 weights and a bias.
    assert n_parameters(chain(CONV), (2, 8), 1) == 2 * 3 * 6 + 2 * 6 + 6 + 1


def test_branches_whose_lengths_do_not_divide_are_refused():
    nodes = (
        Node.of("a", "conv", "input", width=6, stride=2),
        Node.of("b", "conv", "input", width=6, stride=3),
        Node.of("c", "identity", "a", "b"),
    )
    with pytest.raises(ValueError, match="use strides of 1, 2 and 4 only"):
        Network(Architecture(nodes), (1, 9), 2)
