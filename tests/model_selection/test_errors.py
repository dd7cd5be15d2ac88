"""An error says which parameter, what it got, what it may be and what to do next."""

import os
import re
import warnings

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier

from sklearn_automl.space import When
from tests.model_selection.searches import every_search, make, small_spaces


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=4, random_state=0)


def message(Search, data, *, estimator=None, **params):
    """Return the text of the error that a fit with these parameters raises."""
    search = make(Search, estimator).set_params(**params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises((ValueError, TypeError)) as raised:
            search.fit(*data)
    return str(raised.value)


class NoDistribution:
    """Has no ``rvs``."""

    def __repr__(self):
        return "NoDistribution()"


class NumbersWithoutSeed(NoDistribution):
    """Has one that cannot be seeded."""

    def rvs(self):
        return 1.0


# In each case: the parameter, what it got, what it may be, what to do.
@pytest.mark.parametrize(
    ("params", "words"),
    [
        (
            {"param_distributions": {}},
            ["param_distributions", "{}", "empty", "Pass at least one parameter"],
        ),
        (
            {"param_distributions": []},
            ["param_distributions", "[]", "empty", "Pass at least one parameter"],
        ),
        ({"param_distributions": {"C": []}}, ["'C'", "[]", "non-empty sequence"]),
        (
            {"param_distributions": {"CC": [1]}},
            ["'CC'", "LogisticRegression", "Valid parameters are", "'max_iter'"],
        ),
        (
            {"param_distributions": {"C": 1}},
            ["'C'", "1 (of type int)", "a list or a numpy array", "wrapped in a list"],
        ),
        (
            {"param_distributions": {"C": "l2"}},
            ["'C'", "'l2' (of type str)", "a list", "wrapped in a list"],
        ),
        (
            {"param_distributions": {"C": NoDistribution()}},
            ["'C'", "NoDistribution()", "needs an rvs(random_state=...) method"],
        ),
        (
            {"param_distributions": {"C": NumbersWithoutSeed()}},
            ["'C'", "random_state", "a method rvs(random_state=...)"],
        ),
        (
            {"param_distributions": {"C": loguniform}},
            ["'C'", "missing 2 required", "Pass all of its parameters"],
        ),
        (
            {"param_distributions": {1: [1]}},
            ["param_distributions", "1 (of type int)", "(str)"],
        ),
        (
            {"param_distributions": {"C": When("solver", "saga", [1])}},
            ["'C'", "'solver'", "not a key of the same dict", "['C']"],
        ),
        (
            {"param_distributions": {"C": loguniform(1, 2)}, "sampler": "grid"},
            ["'C'", "any number of values", "Pass lists", "'grid'"],
        ),
        ({"param_distributions": 3}, ["'param_distributions'", "Got 3", "'dict'"]),
        (
            {"resource": "max_itr"},
            ["resource='max_itr'", "'n_samples', None, or one of", "mean 'max_iter'?"],
        ),
        (
            {"resource": "C"},
            ["resource='C'", "param_distributions", "Remove it there or choose"],
        ),
        (
            {"resource": "n_jobs", "max_resources": "auto"},
            ["resource='n_jobs'", "None", "positive integer", "Set max_resources"],
        ),
        (
            {"min_resources": 90, "max_resources": 60},
            ["min_resources=90", "max_resources=60", "lower it or pass a larger"],
        ),
        (
            {"min_resources": 3},
            ["min_resources=3", "2 of each of the 2 classes", "at least 4, or 'auto'"],
        ),
        (
            {"min_resources": "smallest"},
            ["'min_resources'", "Got 'smallest'", "[1, inf)", "'auto'"],
        ),
        (
            {"max_resources": 500},
            ["max_resources=500", "120 samples in X", "lower it or leave it at 'auto'"],
        ),
        (
            {"max_resources": 100},
            ["max_resources=100", "60 rows of the smallest training", "at 'auto'"],
        ),
        ({"factor": 1}, ["'factor'", "Got 1", "[2, inf)"]),
        ({"factor": 2.5}, ["'factor'", "Got 2.5", "an int"]),
        ({"n_jobs": 0}, ["'n_jobs'", "must not be 0", "-1 for all cores", "None"]),
        ({"cv": 1}, ["'cv'", "Got 1", "[2, inf)"]),
        ({"cv": 500}, ["n_splits=500", "n_samples=120"]),
        ({"cv": iter([])}, ["cv=", "no split", "pass a list of (train, test) pairs"]),
        ({"sampler": "tpe"}, ["'sampler'", "Got 'tpe'", "'random'", "'grid'"]),
        (
            {"promotion_metric": "f1"},
            ["promotion_metric='f1'", "scoring=None", "leave it at None"],
        ),
        (
            {"promotion_metric": "auc", "scoring": ["accuracy", "f1"], "refit": "f1"},
            ["promotion_metric='auc'", "['accuracy', 'f1']"],
        ),
        (
            {"scoring": ["accuracy", "f1"]},
            ["refit", "True was passed", "a scorer key or a callable", "set to False"],
        ),
        (
            {"scoring": ["accuracy", "f1"], "refit": "recall"},
            ["refit", "'recall' was passed", "a scorer key or a callable"],
        ),
        (
            {"initial_params": [{"C": 1.0}, {"C": -1.0}]},
            ["initial_params[1]", "'C'=-1.0", "loguniform(0.001, 1000"],
        ),
        (
            {"initial_params": [{"D": 1.0}]},
            ["initial_params[0]", "'D'", "its parameters ['C']"],
        ),
        ({"initial_params": [{}]}, ["initial_params[0]", "{}", "'C' is missing"]),
        ({"initial_params": [3]}, ["initial_params[0]", "3", "must be a dict"]),
        ({"initial_params": {"C": 1.0}}, ["'initial_params'", "Got {'C'", "'list'"]),
        ({"time_limit": 0}, ["'time_limit'", "Got 0", "(0.0, inf]"]),
        ({"error_score": "nan"}, ["'error_score'", "Got 'nan'", "'raise'"]),
        ({"estimator": 3}, ["'estimator'", "Got 3", "implementing 'fit'"]),
    ],
    # Without addresses, so that every process collects the same tests.
    ids=lambda v: re.sub(" at 0x[0-9a-f]+", "", str(v)) if isinstance(v, dict) else "",
)
@every_search
def test_an_error_says_what_is_wrong_and_what_to_do(Search, params, words, data):
    text = message(Search, data, **params)
    assert [word for word in words if word not in text] == [], text


@every_search
def test_bad_input_is_found_before_the_first_fit(Search, data):
    class NotFitted(LogisticRegression):
        def fit(self, X, y):
            raise AssertionError

    for params in (
        {"param_distributions": {"CC": [1]}},
        {"resource": "C"},
        {"min_resources": 90},
        {"initial_params": [{"C": -1.0}]},
        {"n_jobs": 0},
    ):
        assert message(Search, data, estimator=NotFitted(), **params)


@every_search
def test_an_exhausted_generator_of_folds_is_named(Search, data):
    search = make(Search, cv=KFold(2).split(data[0])).fit(*data)
    with pytest.raises(ValueError, match=r"cv=<generator.*exhausted.*pass a list"):
        search.fit(*data)


class TwoPromisedThreeGiven(KFold):
    def get_n_splits(self, *args, **kwargs):
        return 2


@every_search
def test_inconsistent_numbers_of_folds_are_named(Search, data):
    text = message(Search, data, cv=TwoPromisedThreeGiven(3))
    assert "cv.split and cv.get_n_splits" in text
    assert "Expected 2 splits, got 3" in text


@every_search
@pytest.mark.filterwarnings("ignore:One or more")
def test_scores_that_are_all_nan_point_at_scoring(Search, data):
    text = message(
        Search,
        data,
        estimator=DummyClassifier(),
        param_distributions={"random_state": [1, 2, 3]},
        scoring=lambda estimator, X, y: np.nan,
    )
    assert "finite score" in text
    assert "Check the scoring parameter" in text


@every_search
@small_spaces
def test_a_class_with_fewer_rows_than_folds_is_named_by_a_warning(Search, data):
    y = np.arange(120) % 2
    y[:4] = 2
    with pytest.warns(UserWarning, match="least populated class in y has only 4"):
        search = make(Search, cv=5).fit(data[0], y)
    assert np.isfinite(search.best_score_)


@every_search
@small_spaces
def test_fits_that_fail_in_one_fold_are_not_blamed_on_scoring(Search, data):
    # Its only row is in one test fold, whose training fold has a single class.
    y = np.zeros(120, dtype=int)
    y[0] = 1
    text = message(Search, (data[0], y), min_resources="auto", max_resources="auto")
    assert "needs samples of at least 2 classes" in text
    assert "scoring" not in text.partition("Traceback")[0]


@every_search
@pytest.mark.parametrize("resource", ["tol", "fit_intercept", "solver"])
def test_a_resource_that_is_not_an_integer_is_refused(Search, resource, data):
    text = message(Search, data, resource=resource, min_resources=1, max_resources=9)
    assert f"resource={resource!r}" in text


@every_search
def test_nothing_can_be_asked_of_a_search_before_fit(Search):
    with pytest.raises(ValueError, match="not fitted yet"):
        make(Search).to_frame()


@every_search
def test_a_plan_has_the_same_errors_as_a_fit(Search):
    with pytest.raises(ValueError, match="min_resources=90 exceeds max_resources=60"):
        make(Search, min_resources=90).plan(120)


@every_search
def test_a_search_without_refit_says_why_it_cannot_predict(Search, data):
    search = make(Search, refit=False).fit(*data)
    with pytest.raises(AttributeError, match="predict") as raised:
        search.predict(data[0])
    assert "`refit=False`" in str(raised.value.__cause__)


class KillsOnOneRow(DummyClassifier):
    """Ends its process if a certain row is in the data."""

    def __init__(self, a=1):
        super().__init__()
        self.a = a

    def fit(self, X, y):
        if 7777.0 in X:
            os._exit(9)
        return super().fit(X, y)


@every_search
def test_what_killed_workers_is_not_fitted_in_this_process(Search, data):
    X, y = data[0].copy(), data[1]
    X[0, 0] = 7777
    search = make(Search, KillsOnOneRow(), {"a": [1, 2, 3]}, n_jobs=2)
    search.set_params(min_resources=60)
    with pytest.raises(ValueError, match="Its worker died"):
        search.fit(X, y)
    assert set(search.cv_results_["status"]) == {"crashed"}


@every_search
def test_what_a_scorer_raised_is_in_the_table(Search, data):
    def scorer(estimator, X, y):
        raise KeyError("no such column")

    search = make(Search, scoring=scorer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="no such column"):
            search.fit(*data)
    assert "no such column" in search.cv_results_["error"][0]


@every_search
def test_a_model_that_needs_more_rows_says_which_parameter_to_raise(Search, data):
    model = KNeighborsClassifier(n_neighbors=25)
    space = {"weights": ["distance"], "p": [1, 2, 3]}
    text = message(Search, data, estimator=model, param_distributions=space)
    assert "n_samples=20 or more of 60 rows" in text
    assert "min_resources" in text


@every_search
def test_configurations_that_need_more_rows_are_told(Search, data):
    search = make(Search, KNeighborsClassifier(), {"n_neighbors": [1, 2, 3, 25, 26]})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(*data)
    assert any("pass a larger min_resources" in str(w.message) for w in caught)


@every_search
def test_groups_without_an_order_are_named(Search, data):
    folds = [(np.arange(80), np.arange(80, 120))]
    search = make(Search, cv=folds)
    groups = np.array(["a", None, "b"] * 40, dtype=object)
    with pytest.raises(ValueError, match="groups holds values of types"):
        search.fit(*data, groups=groups)
    with pytest.raises(ValueError, match="groups has 10 values"):
        search.fit(*data, groups=np.arange(10))


@every_search
def test_a_class_in_place_of_an_estimator_is_refused(Search, data):
    with pytest.raises(TypeError, match="must be an instance"):
        Search(LogisticRegression, {"C": [1.0]}).fit(*data)
