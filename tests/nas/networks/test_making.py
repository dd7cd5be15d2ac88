"""How a net gets its module, without a module."""

import numpy as np
import pytest

pytest.importorskip("torch")
from sklearn_automl.nas.networks.making import Made

X, Y = np.zeros((5, 2, 7)), np.arange(5) % 3


class Net(Made):
    """Its module is the dict of what it is made of."""

    module = dict

    def __init__(self, architecture="its", **options):
        self.architecture, self.options = architecture, options

    def get_params_for(self, prefix):
        return dict(self.options)

    def initialized_instance(self, kind, options):
        return kind(**options)

    def count_outputs(self, y):
        return len(np.unique(y))


def test_the_shapes_are_those_of_the_data_unless_they_are_given():
    net = Net(n_outputs=9)
    net.look_at(X, Y)
    expected = {"architecture": "its", "input_shape": (2, 7), "n_outputs": 9}
    assert net.initialize_module().module_ == expected


def test_data_without_a_target_tells_nothing():
    net = Net()
    net.look_at(X, None)
    with pytest.raises(ValueError, match="does not know the shape of the data yet"):
        net.initialize_module()


def test_a_module_of_the_users_gets_its_own_options():
    net = Net(architecture=None, width=8)
    net.look_at(X, Y)
    assert net.initialize_module().module_ == {"width": 8}
