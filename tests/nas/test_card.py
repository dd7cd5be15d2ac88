"""The card that networks show in a notebook; see tests/inspection/test_card.py."""

import pytest

from sklearn_automl import NASClassifier, NASRegressor
from sklearn_automl.nas.architecture import Architecture, Node
from tests.inspection.tables import networks

every_estimator = pytest.mark.parametrize("Estimator", [NASClassifier, NASRegressor])


@every_estimator
def test_a_fitted_estimator_shows_its_network_above_the_diagram(Estimator):
    estimator = Estimator()
    vars(estimator).update(vars(networks()))
    node = Node.of("layer_1", "dense", "input", width=64, activation="relu")
    estimator.best_architecture_ = Architecture((node,), head="flatten")
    html = estimator._repr_html_()
    assert html.startswith('<div class="automl-card">')
    assert f"<td>{node.label}</td>" in html
    assert html.index("sk-container") > html.index("<svg")
    assert estimator._repr_mimebundle_()["text/html"].count("automl-best") > 0


@every_estimator
def test_an_estimator_that_is_not_fitted_shows_no_card(Estimator):
    assert "automl-card" not in Estimator()._repr_html_()
