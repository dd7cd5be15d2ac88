"""scikit-learn's own tests of meta-estimators, run on our searches."""

import functools
import inspect
import warnings

import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)

from sklearn_automl import ASHASearchCV, HyperbandSearchCV
from tests.model_selection.searches import KINDS, SEARCHES, every_search

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sklearn.tests import test_metaestimators_metadata_routing as routing


# The spaces of these tests have one or two configurations.
pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn_automl.exceptions.SearchWarning"
)


@pytest.fixture(scope="module")
def metaestimators():
    """scikit-learn's file, which makes an instance of every estimator for a second."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated ones are among them
        from sklearn.tests import test_metaestimators
    return test_metaestimators


def around(Search, estimator, name):
    return Search(
        estimator, {name: [0.1, 1.0]}, cv=2, error_score="raise", random_state=0
    )


# One of each search, and one of them around each kind of estimator: what is asked of
# the estimator inside is asked by the same lines in all.
ONE_OF_EACH = [around(Search, LogisticRegression(), "C") for Search in SEARCHES]
INSTANCES = [
    *(around(Search, LogisticRegression(), "C") for Search in KINDS),
    around(HyperbandSearchCV, Ridge(), "alpha"),
    around(HyperbandSearchCV, make_pipeline(PCA(), Ridge()), "ridge__alpha"),
    around(
        HyperbandSearchCV,
        make_pipeline(PCA(), LogisticRegression()),
        "logisticregression__C",
    ),
]


def instance_name(search):
    estimator = search.estimator
    name = type(estimator[-1] if hasattr(estimator, "steps") else estimator).__name__
    prefix = "pipeline of " if hasattr(estimator, "steps") else ""
    return f"{type(search).__name__}-{prefix}{name}"


every_instance = pytest.mark.parametrize("search", INSTANCES, ids=instance_name)


def routing_tests():
    return [
        test
        for name, test in vars(routing).items()
        if name.startswith("test_")
        and "metaestimator" in inspect.signature(test).parameters
    ]


def test_the_tests_of_metadata_routing_are_found():
    assert len(routing_tests()) >= 7


@pytest.mark.parametrize("test", routing_tests(), ids=lambda test: test.__name__)
@pytest.mark.parametrize("Search", [HyperbandSearchCV, ASHASearchCV])
def test_metadata_routing(Search, test, monkeypatch):
    # Their recorder asks for the source of every frame, which takes longer than a fit.
    monkeypatch.setattr(inspect, "stack", functools.partial(inspect.stack, context=0))
    (of_random_search,) = [
        row
        for row in routing.METAESTIMATORS
        if row["metaestimator"].__name__ == "RandomizedSearchCV"
    ]
    test({**of_random_search, "metaestimator": Search})


@every_search
def test_methods_are_delegated(Search, metaestimators, monkeypatch):
    row = metaestimators.DelegatorData(
        Search.__name__,
        lambda estimator: Search(estimator, {"param": [5]}, cv=2),
        skip_methods=["score"],
    )
    monkeypatch.setattr(metaestimators, "DELEGATING_METAESTIMATORS", [row])
    metaestimators.test_metaestimator_delegation()


@every_instance
def test_data_validation_is_delegated(search, metaestimators):
    names = set(inspect.signature(type(search)).parameters)
    texts = metaestimators._get_instance_with_pipeline(search, names)
    metaestimators.test_meta_estimators_delegate_data_validation(texts)


@every_instance
def test_column_names_are_consistent(search):
    pytest.importorskip("pandas")
    with warnings.catch_warnings(record=True) as record:
        check_dataframe_column_names_consistency(type(search).__name__, search)
    texts = [str(warning.message) for warning in record]
    assert not [text for text in texts if "was fitted without feature names" in text]


@pytest.mark.parametrize("search", ONE_OF_EACH, ids=instance_name)
def test_parameters_are_validated(search):
    check_param_validation(type(search).__name__, search)
