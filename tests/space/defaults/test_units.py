"""Values that come from other data, in the units of new ones."""

import numpy as np
import pytest
from sklearn.datasets import make_regression
from sklearn.decomposition import PCA
from sklearn.linear_model import ElasticNet, SGDRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, SVR

from sklearn_automl.space import SearchSpace, default_space
from sklearn_automl.space.defaults import DataShape, models_of, unit_of, units_of


def ends(space, name):
    domain = {p.name: p.domain for p in SearchSpace(space).branches[0]}[name]
    return np.array([domain.from_unit(0.0), domain.from_unit(1.0)])


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (SVC(), "gamma"),
        (SVR(), "gamma"),
        (SVR(), "C"),
        (SVR(), "epsilon"),
        (ElasticNet(), "alpha"),
        (SGDRegressor(), "epsilon"),
        (SGDRegressor(), "eta0"),
    ],
)
def test_ranges_of_default_spaces_move_with_the_units(estimator, name):
    def of(scale, n_features):
        X, y = make_regression(80, n_features, random_state=0)
        X, y = scale * X, scale * y
        found = ends(default_space(estimator, X, y), name)
        unit = unit_of(type(estimator).__name__, name, DataShape.of(X, y))
        return found / unit

    np.testing.assert_allclose(of(1.0, 5), of(7.0, 40))


@pytest.mark.parametrize("name", ["tol", "kernel"])
def test_other_parameters_have_none(name):
    assert unit_of("SVC", name, DataShape(n_features=3)) == 1


def test_nothing_is_converted_where_nothing_is_known():
    assert unit_of("SVC", "gamma", DataShape()) == 1
    assert unit_of("SVR", "C", DataShape(n_features=3)) == 1


@pytest.mark.parametrize(
    ("estimator", "name", "shape"),
    [
        ("SVC", "gamma", DataShape(n_features=30, variance=1.0)),
        ("SVR", "C", DataShape(target_scale=1.0)),
        ("SGDClassifier", "eta0", DataShape(n_features=30)),
    ],
)
def test_unknown_data_have_thirty_features_and_scales_of_one(estimator, name, shape):
    assert unit_of(estimator, name, shape) == 1


@pytest.mark.parametrize(
    ("n_features", "expected"), [(1, 0.1), (30, 0.01), (10**6, 1e-5)]
)
def test_steps_are_shorter_for_more_features_within_limits(n_features, expected):
    unit = unit_of("SGDClassifier", "eta0", DataShape(n_features=n_features))
    assert unit == pytest.approx(expected / 0.01)


def test_the_units_of_a_class_are_those_of_its_parameters():
    assert units_of("SVR", DataShape(n_features=3, target_scale=4.0)) == {
        "gamma": pytest.approx(10),
        "C": 4.0,
        "epsilon": 4.0,
    }


def test_the_model_of_a_pipeline_is_its_last_step_behind_the_others():
    pipe = make_pipeline(PCA(), SVC())
    shape = DataShape(n_features=9, n_samples=50)
    [(prefix, name, part, its_shape)] = models_of(pipe, shape)
    assert (prefix, name, part) == ("svc__", "sklearn.SVC", pipe[-1])
    assert its_shape == DataShape(n_samples=50)


def test_a_search_keeps_its_estimator_for_itself():
    assert list(models_of(GridSearchCV(SVC(), {}), DataShape())) == []
