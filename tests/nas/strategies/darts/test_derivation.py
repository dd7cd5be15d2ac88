"""From the weights of options to an architecture."""

import numpy as np
import pytest

pytest.importorskip("torch")
from sklearn_automl.nas import CellSpace, ChainSpace
from sklearn_automl.nas.strategies.darts._derivation import derived_path, n_skips

OPERATIONS = ["none", "identity", "conv_3", "max_pool_3"]


def weights_of(space, **strong):
    """Return equal weights, but for options that are named: of an edge, its weights."""
    choices = space.supergraph().choices
    weights = {name: np.full(len(o), 1 / len(o)) for name, o in choices.items()}
    for name, values in strong.items():
        weights[name] = np.array(values)
    return weights


@pytest.fixture
def dense():
    space = CellSpace(edges="all", n_nodes=2, operations=OPERATIONS, heads=["max"])
    return space.bind((1, 12))


@pytest.fixture
def two():
    space = CellSpace(n_nodes=3, operations=OPERATIONS, heads=["max"])
    return space.bind((1, 8, 8))


def test_scripted_weights_derive_the_known_cell(dense):
    weights = weights_of(
        dense,
        normal_1_from_0=[0.1, 0.2, 0.6, 0.1],
        normal_2_from_0=[0.1, 0.2, 0.1, 0.6],
        normal_2_from_1=[0.1, 0.6, 0.2, 0.1],
    )
    assert dense.config_of(derived_path(dense, weights)) == {
        "normal_1_operation_1": "conv_3",
        "normal_2_operation_1": "max_pool_3",
        "normal_2_operation_2": "identity",
    }


def test_none_is_never_chosen(dense):
    rng = np.random.default_rng(0)
    for _ in range(100):
        weights = {
            name: rng.dirichlet(np.array([20.0, 1, 1, 1])[: len(values)])
            for name, values in weights_of(dense).items()
        }
        config = dense.config_of(derived_path(dense, weights, max_skips=0))
        assert "none" not in config.values()


@pytest.mark.parametrize("n_nodes", [1, 2, 3, 4])
def test_each_node_keeps_two_different_predecessors(n_nodes):
    space = CellSpace(n_nodes=n_nodes, operations=OPERATIONS).bind((1, 8, 8))
    rng = np.random.default_rng(0)
    for _ in range(20):
        weights = {
            k: rng.dirichlet(np.ones(len(v))) for k, v in weights_of(space).items()
        }
        config = space.config_of(derived_path(space, weights, max_skips=2))
        assert config in space.decisions
        for kind in ("normal", "reduction"):
            for node in range(1, n_nodes + 1):
                first, second = config[f"{kind}_{node}_inputs"]
                assert first < second


def test_what_none_has_of_an_edge_is_lost_to_it(two):
    # Equal among the others, but the edges from 0 and 2 are "none" less often.
    weights = weights_of(
        two,
        normal_3_from_0=[0.1, 0.3, 0.3, 0.3],
        normal_3_from_1=[0.7, 0.1, 0.1, 0.1],
        normal_3_from_2=[0.2, 0.1, 0.6, 0.1],
        normal_3_from_3=[0.9, 0.0, 0.1, 0.0],
    )
    assert two.config_of(derived_path(two, weights))["normal_3_inputs"] == (0, 2)


def skips_everywhere(space):
    return {
        name: np.array([0.0, 0.9 - i / 100, 0.1, 0.0])
        for i, name in enumerate(weights_of(space))
    }


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_a_cell_has_no_more_identities_than_it_may(two, most):
    weights = skips_everywhere(two)
    assert n_skips(two, derived_path(two, weights)) == 6
    path = derived_path(two, weights, max_skips=most)
    assert n_skips(two, path) == most
    assert two.config_of(path) in two.decisions


def test_the_strongest_identities_stay(dense):
    weights = skips_everywhere(dense)
    assert dense.config_of(derived_path(dense, weights, max_skips=2)) == {
        "normal_1_operation_1": "identity",
        "normal_2_operation_1": "identity",
        "normal_2_operation_2": "conv_3",
    }


def test_where_there_is_nothing_else_identities_stay():
    space = CellSpace(n_nodes=1, operations=["identity"]).bind((1, 8, 8))
    weights = weights_of(space)
    assert n_skips(space, derived_path(space, weights, max_skips=0)) == 2


def test_weights_that_are_given_are_left_as_they_are(dense):
    weights = skips_everywhere(dense)
    before = {name: values.copy() for name, values in weights.items()}
    derived_path(dense, weights, max_skips=0)
    for name, values in weights.items():
        np.testing.assert_array_equal(values, before[name])


def test_a_chain_is_derived_layer_by_layer():
    space = ChainSpace(n_layers=(2, 2), widths=[8], dropouts=[0.0]).bind((4,))
    weights = weights_of(space, layer_1=[0.2, 0.8], layer_2=[0.6, 0.4])
    config = space.config_of(derived_path(space, weights, max_skips=2))
    assert config["layer_1_activation"] == "gelu"
    assert config["layer_2_activation"] == "relu"


def test_an_identity_that_is_one_too_many_is_still_no_none():
    space = CellSpace(edges="all", n_nodes=2, operations=["none", "identity"])
    space = space.bind((1, 8, 8))
    weights = weights_of(space)
    assert n_skips(space, derived_path(space, weights, max_skips=1)) == 3
