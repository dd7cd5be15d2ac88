"""ModuleSpace: what arguments mean, and which cannot be used."""

import functools
import pickle

import numpy as np
import pytest
import torch
from scipy.stats import uniform
from sklearn.base import clone
from torch import nn

from sklearn_automl.nas import Architecture, ModuleSpace
from sklearn_automl.nas.networks import StandardizedInputs
from sklearn_automl.space import When
from tests.nas.own_modules import Layers


def only(**arguments):
    """Return the one module of a space, and its architecture."""
    space = ModuleSpace(Layers, **arguments).bind((4,))
    architecture = space.architecture(space.decisions.sample(np.random.default_rng(0)))
    return space.build(architecture, 3), architecture


def test_a_module_gets_the_shape_of_the_data():
    def make(n_inputs, n_outputs):
        return nn.Linear(n_inputs, n_outputs)

    space = ModuleSpace(make, standardize=False).bind((5, 7))
    network = space.build(space.architecture({"module": "make"}), 2)
    assert (network.in_features, network.out_features) == (5, 2)


def test_what_is_no_list_is_passed_on_as_it_is():
    network, architecture = only(width=16, depth=2)
    assert network.module.layers[1].out_features == 16
    assert architecture.nodes[0].options == ()


def test_inputs_are_standardised_around_the_module():
    X = torch.randn(100, 4) * 7 + 3
    network, _ = only()
    assert isinstance(network, StandardizedInputs)
    network.standardize(X)
    expected = network.module((X - X.mean(0)) / X.std(0, correction=0))
    torch.testing.assert_close(network(X), expected)
    assert isinstance(only(standardize=False)[0], Layers)


def test_a_module_that_standardises_is_not_wrapped():
    class Own(Layers):
        def standardize(self, X):
            pass

    space = ModuleSpace(Own).bind((4,))
    network = space.build(space.architecture({"module": "Own"}), 3)
    assert type(network) is Own


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([nn.ReLU, nn.GELU], ["ReLU", "GELU"]),
        ([torch.relu, torch.tanh], ["relu", "tanh"]),
        ([nn.ReLU(), nn.GELU()], ["ReLU()", "GELU(approximate='none')"]),
        ([lambda x: x, lambda x: -x], ["<lambda>", "<lambda> 1"]),
        (["ReLU", nn.ReLU], ["ReLU", "ReLU 1"]),
        ([(3, 5), (5, 3)], ["(3, 5)", "(5, 3)"]),
        ([[3, 5], {"a": 1}], ["[3, 5]", "{'a': 1}"]),
        ([True, False, None, "x", 2.5], [True, False, None, "x", 2.5]),
        (list(np.array([3, 5])), [3, 5]),
        (range(2, 4), [2, 3]),
    ],
)
def test_values_of_any_kind_have_a_text_each(values, texts):
    class Module(nn.Module):
        def __init__(self, value):
            super().__init__()
            self.value = value

    space = ModuleSpace(Module, standardize=False, value=values).bind((4,))
    (decision,) = space.decisions.branches[0]
    assert list(decision.domain.values()) == texts
    for value, text in zip(values, texts, strict=True):
        architecture = space.architecture({"value": text})
        assert dict(architecture.nodes[0].options) == {"value": text}
        assert isinstance(architecture.nodes[0].label, str)
        found = space.build(architecture, 3).value
        assert found == value or isinstance(value, nn.Module)
        assert type(found) is type(value) or isinstance(value, np.integer)


def test_objects_without_a_name_have_a_text_that_is_the_same_everywhere():
    class Thing:
        pass

    space = ModuleSpace(Layers, activation=[Thing(), Thing()]).bind((4,))
    (decision,) = space.decisions.branches[0]
    assert list(decision.domain.values()) == ["Thing 0", "Thing 1"]


def test_conditions_are_kept():
    space = ModuleSpace(Layers, depth=[1, 2], dropout=When("depth", 2, [0.1, 0.2]))
    assert space.bind((4,)).decisions.size == 3


def test_conditions_on_what_has_a_text_are_kept():
    activations = [nn.ReLU, nn.GELU, nn.Tanh]
    space = ModuleSpace(
        Layers,
        activation=activations,
        depth=When("activation", [nn.GELU, nn.Tanh], [1, 2]),
        width=When("depth", 2, [4, 8]),
    )
    assert space.bind((4,)).decisions.size == 1 + 2 * (1 + 2)


def test_modules_among_the_arguments_are_copied():
    backbone = nn.PReLU()
    first, second = (only(activation=backbone)[0] for _ in range(2))
    assert first.module.layers[2] is not backbone
    assert first.module.layers[2] is not second.module.layers[2]


def test_a_partial_function_makes_modules():
    space = ModuleSpace(functools.partial(Layers, width=3), depth=[1, 2]).bind((4,))
    network = space.build(space.architecture({"depth": 2}), 3)
    assert network.module.output.in_features == 3


def test_it_is_an_estimator_with_arguments_of_its_own():
    space = ModuleSpace(Layers, depth=[1, 2], width=8)
    assert clone(space).get_params() == space.get_params()
    assert space.set_params(width=[4, 8], standardize=False).get_params() == {
        "module": Layers,
        "standardize": False,
        "depth": [1, 2],
        "width": [4, 8],
    }
    assert "width=[4, 8]" in repr(space)
    assert pickle.loads(pickle.dumps(space)).get_params() == space.get_params()


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (ModuleSpace(Layers, depht=[1]), r"'depht' is not an arg.*mean 'depth'"),
        (ModuleSpace(Layers, depth=[]), r"depth=\[\] of ModuleSpace must be a list"),
        (ModuleSpace(nn.Linear), r"Linear needs the argument 'in_features'"),
        (ModuleSpace("Layers"), r"module='Layers' of ModuleSpace must be a class"),
        (ModuleSpace(nn.ReLU()), r"must be a class of torch modules, or a function"),
        (ModuleSpace(dict), r"must be a subclass of torch.nn.Module"),
        (ModuleSpace(Layers, standardize=1), r"standardize=1 of ModuleSpace must be"),
        (
            ModuleSpace(Layers, dropout=When("depth", 2, [0.1])),
            r"depth",
        ),
    ],
)
def test_what_cannot_be_used_is_named(space, message):
    with pytest.raises(ValueError, match=message):
        space.bind((4,))


def test_a_function_that_makes_no_module_is_named():
    space = ModuleSpace(lambda width: width, width=[1, 2]).bind((4,))
    with pytest.raises(TypeError, match=r"returned 2; it must return a torch Module"):
        space.build(space.architecture({"width": 2}), 3)


def test_a_distribution_draws_what_an_architecture_can_hold():
    class Layer:
        def rvs(self, random_state=None):
            return object()

    space = ModuleSpace(Layers, activation=Layer(), dropout=uniform(0, 0.5)).bind((4,))
    config = space.decisions.sample(np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"distribution of 'activation'.*numbers or"):
        space.architecture(config)


def test_without_decisions_there_is_one_architecture():
    space = ModuleSpace(Layers).bind((4,))
    config = space.decisions.sample(np.random.default_rng(0))
    assert config == {"module": "Layers"}
    assert space.decisions.size == 1


def test_an_argument_of_the_users_comes_before_that_of_the_data():
    def make(n_inputs, n_outputs):
        return nn.Linear(n_inputs, n_outputs)

    space = ModuleSpace(make, standardize=False, n_outputs=9).bind((5,))
    assert space.build(space.architecture({"module": "make"}), 2).out_features == 9


def test_one_is_not_true():
    space = ModuleSpace(Layers, dropout=[1, True]).bind((4,))
    node = space.architecture({"dropout": True}).nodes[0]
    chosen = space._chosen(Architecture((node,)))
    assert chosen["dropout"] is True
