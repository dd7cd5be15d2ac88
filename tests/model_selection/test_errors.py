"""An error says which parameter, what it got, what it may be and what to do next."""

import os
import re
import warnings

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GroupKFold, KFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_automl import ASHASearchCV, EvolutionarySearchCV, HyperbandSearchCV
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.space import When
from tests.fakes import FailsAbove
from tests.model_selection.searches import (
    LOGISTIC,
    every_kind_of_search,
    every_search,
    every_search_at_length,
    make,
    parameters_of,
    small_spaces,
    takes_any_sampler,
)
from tests.names import short_name

ROWS = np.arange(120)


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=4, random_state=0)


def message(Search, data, *, estimator=None, **params):
    """Return the text of the error that a fit with these parameters raises."""
    search = make(Search, estimator or LOGISTIC).set_params(**params)
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
            {"param_distributions": []},
            ["param_distributions", "[]", "empty", "Pass a dict"],
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
            ["resource='max_itr'", "'n_folds', None, or one of", "mean 'max_iter'?"],
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
        ({"factor": 1.0001}, ["'factor'", "Got 1.0001", "[2, inf)"]),
        ({"n_jobs": 0}, ["'n_jobs'", "must not be 0", "-1 for all cores", "None"]),
        (
            {"param_distributions": {"C__x": [1]}},
            ["'C__x'", "LogisticRegression", "Valid parameters are"],
        ),
        (
            {"param_distributions": {"C": np.ones((2, 2))}},
            ["'C'", "one-dimensional", "shape (2, 2)"],
        ),
        (
            {"resource": "n_jobs", "max_resources": "auto", "min_resources": "auto"},
            ["Set max_resources for resource='n_jobs'"],
        ),
        (
            {"min_resources": 500, "max_resources": "auto"},
            ["min_resources=500 exceeds max_resources=60"],
        ),
        ({"cv": 1}, ["'cv'", "Got 1", "[2, inf)"]),
        ({"cv": 500}, ["n_splits=500", "n_samples=120"]),
        ({"cv": iter([])}, ["cv=", "no split", "pass a list of (train, test) pairs"]),
        ({"sampler": "tpe"}, ["'sampler'", "Got 'tpe'", "'random'", "'grid'"]),
        (
            {"promotion_metric": "f1"},
            ["promotion_metric='f1'", "scoring=None", "Leave it at None"],
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
        ({"error_score": np.inf}, ["'error_score'", "Got inf", "'raise', nan or a"]),
        ({"error_score": -np.inf}, ["'error_score'", "Got -inf", "a finite number"]),
        ({"error_score": True}, ["'error_score'", "Got True", "a finite number"]),
        (
            {"scoring": accuracy_score},
            ["accuracy_score", "a metric function", "make_scorer"],
        ),
        ({"cv": [3]}, ["Split 0 of cv is 3", "not a pair", "(train, test)"]),
        ({"cv": [(ROWS, ROWS, ROWS)]}, ["Split 0 of cv is (array", "not a pair"]),
        (
            {"cv": [(ROWS, ROWS), (ROWS[:0], ROWS)]},
            ["training fold of split 1 of cv (list) is empty", "array of row numbers"],
        ),
        ({"cv": [(ROWS, [])]}, ["test fold of split 0", "is empty"]),
        ({"cv": [(ROWS, ROWS > 999)]}, ["test fold of split 0", "is empty"]),
        (
            {"cv": [(ROWS + 1, ROWS)]},
            ["training fold of split 0", "has row 120", "120 rows, 0 to 119"],
        ),
        ({"cv": [(ROWS, -ROWS - 2)]}, ["test fold of split 0", "has row -121"]),
        (
            {"cv": [(ROWS[:9] > 3, ROWS)]},
            ["training fold of split 0", "a mask of 9 rows", "120"],
        ),
        ({"cv": [(ROWS / 1, ROWS)]}, ["training fold of split 0", "float64"]),
        ({"cv": [(ROWS[:, None], ROWS)]}, ["training fold of split 0", "(120, 1)"]),
        ({"estimator": 3}, ["'estimator'", "Got 3", "implementing 'fit'"]),
    ],
    ids=lambda v: short_name(v) if isinstance(v, dict) else "",
)
@every_kind_of_search
def test_an_error_says_what_is_wrong_and_what_to_do(Search, params, words, data):
    if "sampler" in params and not takes_any_sampler(Search):
        pytest.skip("it makes its own sampler")
    text = message(Search, data, **params)
    assert [word for word in words if word not in text] == [], text


@every_kind_of_search
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
        {"error_score": np.inf},
        {"refit": "nope"},
        {"cv": [(ROWS, ROWS[:0])]},
    ):
        assert message(Search, data, estimator=NotFitted(), **params)


@every_kind_of_search
def test_an_exhausted_generator_of_folds_is_named(Search, data):
    search = make(Search, cv=KFold(2).split(data[0])).fit(*data)
    with pytest.raises(ValueError, match=r"cv=<generator.*exhausted.*pass a list"):
        search.fit(*data)


class TwoPromisedThreeGiven(KFold):
    def get_n_splits(self, *args, **kwargs):
        return 2


@every_kind_of_search
def test_inconsistent_numbers_of_folds_are_named(Search, data):
    text = message(Search, data, cv=TwoPromisedThreeGiven(3))
    assert "cv.split and cv.get_n_splits" in text
    assert "Expected 2 splits, got 3" in text


@every_kind_of_search
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


@every_kind_of_search
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


@every_kind_of_search
@pytest.mark.parametrize("resource", ["tol", "fit_intercept", "solver"])
def test_a_resource_that_is_not_an_integer_is_refused(Search, resource, data):
    text = message(Search, data, resource=resource, min_resources=1, max_resources=9)
    assert f"resource={resource!r}" in text


@every_kind_of_search
def test_nothing_can_be_asked_of_a_search_before_fit(Search):
    with pytest.raises(ValueError, match="not fitted yet"):
        make(Search).to_frame()


@every_kind_of_search
def test_a_plan_has_the_same_errors_as_a_fit(Search):
    with pytest.raises(ValueError, match="min_resources=90 exceeds max_resources=60"):
        make(Search, min_resources=90).plan(120)


@every_kind_of_search
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


@every_search_at_length
@pytest.mark.workers
def test_what_killed_workers_is_not_fitted_in_this_process(Search, data):
    X, y = data[0].copy(), data[1]
    X[0, 0] = 7777
    search = make(Search, KillsOnOneRow(), {"a": [1, 2, 3]}, n_jobs=2)
    search.set_params(min_resources=60)
    with pytest.raises(ValueError, match="Its worker died"):
        search.fit(X, y)
    assert set(search.cv_results_["status"]) == {"crashed"}


@every_kind_of_search
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
def test_a_model_that_needs_more_rows_gets_them_and_one_warning(Search, data):
    model = KNeighborsClassifier(n_neighbors=45)
    space = {"weights": ["distance"], "p": [1, 2, 3, 4, 5]}
    search = make(Search, model, space)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(*data)
    assert search.best_score_ > 0.5
    told = [str(w.message) for w in caught if "could be evaluated" in str(w.message)]
    (text,) = told
    assert re.search(r"n_samples=\d+, so that .* \d+ of 60 rows", text)
    assert "pass min_resources=" in text
    assert "Expected n_neighbors" in text
    assert not any("Scoring failed" in str(w.message) for w in caught)


@every_search
def test_a_configuration_that_needs_more_rows_is_judged_with_them(Search, data):
    search = make(Search, KNeighborsClassifier(), {"n_neighbors": [1, 2, 3, 4, 5, 45]})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(*data)
    results = search.cv_results_
    is_it = results["param_n_neighbors"] == 45
    assert results["status"][is_it][-1] == "completed"
    assert not any("failed" in str(warning.message) for warning in caught)


@every_search
def test_failures_are_told_once(Search, data):
    search = make(Search, FailsAbove(), {"value": [0.1, 0.2, 0.3, 0.8, 0.9]})
    search.set_params(return_train_score=True, min_resources=60)
    if "n_iterations" in parameters_of(Search):  # one configuration each time
        search.set_params(n_iterations=5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(*data)
    (warning,) = [w for w in caught if w.category is not SearchWarning]
    n = (search.cv_results_["status"] == "failed").sum()
    assert f"({n} failed)" in str(warning.message)
    assert "too much" in str(warning.message)  # what the first one raised
    assert warning.filename == __file__


@every_kind_of_search
def test_groups_without_an_order_are_named(Search, data):
    folds = [(np.arange(80), np.arange(80, 120))]
    search = make(Search, cv=folds)
    groups = np.array(["a", None, "b"] * 40, dtype=object)
    with pytest.raises(ValueError, match="groups holds values of types"):
        search.fit(*data, groups=groups)
    with pytest.raises(ValueError, match="groups has 10 values"):
        search.fit(*data, groups=np.arange(10))


@every_kind_of_search
def test_a_class_in_place_of_an_estimator_is_refused(Search, data):
    with pytest.raises(TypeError, match="must be an instance"):
        Search(LogisticRegression, {"C": [1.0]}).fit(*data)


# ---- X, y and what comes with them -----------------------------------------------


class NeverFitted(LogisticRegression):
    """Shows that what is wrong was found before."""

    def fit(self, X, y=None, sample_weight=None):
        raise AssertionError


class NeverFittedRegressor(Ridge):
    """The same for a regression."""

    def fit(self, X, y=None, sample_weight=None):
        raise AssertionError


def as_objects(y, **values):
    y = np.where(y == 1, "yes", "no").astype(object)
    y[3] = values["third"]
    return y


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@every_kind_of_search
def test_a_target_that_is_not_finite_is_refused_once(Search, value, data):
    X, y = data[0], data[1].astype(float)
    y[3] = value
    word = "NaN" if np.isnan(value) else "infinity"
    for estimator, space in (
        (NeverFitted(), {"C": [1, 2, 3]}),
        (NeverFittedRegressor(), {"alpha": [1, 2, 3]}),
        (make_pipeline(NeverFittedRegressor()), {"neverfittedregressor__alpha": [1]}),
    ):
        text = message(
            Search, (X, y), estimator=estimator, param_distributions=space, cv=KFold(2)
        )
        assert f"Input y contains {word}" in text


@every_kind_of_search
def test_a_missing_class_is_refused_by_name(Search, data):
    X, y = data
    text = message(Search, (X, as_objects(y, third=np.nan)), estimator=NeverFitted())
    assert "Input y contains NaN" in text
    text = message(Search, (X, as_objects(y, third=None)), estimator=NeverFitted())
    assert "y holds values of types that have no order" in text


@every_kind_of_search
def test_classes_of_several_types_are_refused_by_name(Search, data):
    X, y = data
    text = message(Search, (X, as_objects(y, third=3)), estimator=NeverFitted())
    assert "y holds values of types that have no order" in text
    assert "'int' and 'str'" in text
    assert "pass integers or strings" in text


@every_kind_of_search
def test_a_supervised_estimator_needs_a_target(Search, data):
    for estimator, space in (
        (NeverFitted(), {"C": [1, 2, 3]}),
        (NeverFittedRegressor(), {"alpha": [1, 2, 3]}),
        (make_pipeline(StandardScaler(), NeverFitted()), {"neverfitted__C": [1, 2]}),
    ):
        text = message(
            Search, (data[0],), estimator=estimator, param_distributions=space
        )
        assert text == (
            f"{type(estimator).__name__} requires y to be passed, but the target y is "
            "None."
        )


@every_kind_of_search
@small_spaces
def test_a_single_class_is_told(Search, data):
    X, y = data[0], np.full(120, "no")
    with pytest.warns(SearchWarning, match="y has one class, no"):
        make(Search, DummyClassifier(), {"random_state": [1, 2, 3]}).fit(X, y)
    assert "contains only one class" in message(Search, (X, y))


@every_kind_of_search
def test_the_estimator_decides_on_rows_that_are_numbers(Search, data):
    X, y = data
    text = message(Search, (X[:, 0], y))
    assert "Expected 2D array, got 1D array instead" in text
    assert "reshape(-1, 1)" in text


@pytest.mark.parametrize(
    ("n_rows", "n_targets", "words"),
    [
        (0, 0, "0 sample"),
        (1, 1, "n_splits=2 greater than the number of samples: n_samples=1"),
        (120, 50, "inconsistent numbers of samples: [120, 50]"),
    ],
)
@every_kind_of_search
def test_too_few_rows_or_targets_are_counted(Search, n_rows, n_targets, words, data):
    X, y = data[0][:n_rows], data[1][:n_targets]
    assert words in message(Search, (X, y), estimator=NeverFitted())


@pytest.mark.parametrize("name", ["sample_weight", "groups"])
@every_kind_of_search
def test_what_is_not_given_for_every_row_is_named(Search, name, data):
    search = make(Search, NeverFitted())
    with pytest.raises(ValueError, match=f"{name} has 50 values, but X has 120 rows"):
        search.fit(*data, **{name: np.ones(50)})


@every_kind_of_search
def test_a_splitter_that_needs_groups_says_so(Search, data):
    text = message(Search, data, estimator=NeverFitted(), cv=GroupKFold(2))
    assert "'groups' parameter should not be None" in text


@every_kind_of_search
def test_an_unknown_fit_parameter_is_named_before_any_fit(Search, data):
    search = make(Search, NeverFitted())
    with pytest.raises(TypeError, match=r"NeverFitted\.fit does not accept") as raised:
        search.fit(*data, sample_weigth=np.ones(120))
    assert "['sample_weight']. Did you mean 'sample_weight'?" in str(raised.value)


@pytest.mark.parametrize("name", ["sample_weight", "neverfited__sample_weight"])
@every_kind_of_search
def test_a_fit_parameter_of_a_pipeline_needs_the_name_of_a_step(Search, name, data):
    pipeline = make_pipeline(StandardScaler(), NeverFitted())
    search = make(Search, pipeline, {"neverfitted__C": [1, 2, 3]})
    with pytest.raises(TypeError, match=f"Pipeline.fit does not accept.*'{name}'") as e:
        search.fit(*data, **{name: np.ones(120)})
    assert "'neverfitted__sample_weight'" in str(e.value)
    assert "['standardscaler', 'neverfitted']" in str(e.value)


class FitsAnything(LogisticRegression):
    """Has a ``fit`` whose signature does not say what it takes."""

    def fit(self, X, y, **params):
        return super().fit(X, y)


@every_kind_of_search
@small_spaces
def test_a_fit_that_takes_anything_may_be_passed_anything(Search, data):
    make(Search, FitsAnything()).fit(*data, whatever=3)


class ModifiesItsParameters(LogisticRegression):
    """Cannot be cloned."""

    def __init__(self, C=1.0):
        super().__init__(C=[C])


@every_kind_of_search
def test_an_estimator_that_cannot_be_cloned_is_named(Search, data):
    search = make(Search, ModifiesItsParameters())
    with pytest.raises(RuntimeError, match="Cannot clone object ModifiesItsParamet"):
        search.fit(*data)


@every_kind_of_search
def test_a_prediction_before_fit_is_an_error(Search, data):
    with pytest.raises(NotFittedError, match=f"This {Search.__name__} instance is not"):
        make(Search).predict(data[0])


# ---- scores ----------------------------------------------------------------------


def returns(value):
    def my_scorer(estimator, X, y):
        return value

    return my_scorer


@pytest.mark.parametrize(
    ("Search", "value", "n_jobs"),
    [
        (HyperbandSearchCV, None, 1),
        (ASHASearchCV, np.ones(3), 1),
        (EvolutionarySearchCV, "good", 1),
        (HyperbandSearchCV, [1.0], 1),
        pytest.param(HyperbandSearchCV, "good", 2, marks=pytest.mark.workers),
        pytest.param(ASHASearchCV, np.ones(3), 2, marks=pytest.mark.workers),
    ],
)
def test_a_scorer_that_returns_no_number_is_named(Search, value, n_jobs, data):
    text = message(Search, data, scoring=returns(value), n_jobs=n_jobs)
    assert f"scoring must return a number, got {value}" in text
    assert "scorer=<function returns.<locals>.my_scorer" in text


@every_kind_of_search
def test_a_scorer_that_returns_nothing_is_named(Search, data):
    text = message(Search, data, scoring=returns({}))
    assert "my_scorer" in text
    assert "returned an empty dict" in text


@every_kind_of_search
def test_a_score_that_has_no_order_is_refused(Search, data):
    text = message(Search, data, scoring=returns(1j))
    assert "scoring must return real numbers, got 1j" in text


class CountsFits(LogisticRegression):
    """Counts the fits in this process."""

    n_fits = 0

    def fit(self, X, y):
        CountsFits.n_fits += 1
        return super().fit(X, y)


@pytest.mark.parametrize(
    ("score", "params", "words"),
    [
        (1.0, {"promotion_metric": "f1"}, "promotion_metric='f1'.*is a single one"),
        ({"f1": 1.0}, {"refit": True}, "refit must be set to a scorer key.*True was"),
        ({"f1": 1.0}, {"refit": "auc"}, "refit must be set to a scorer key.*'auc' was"),
        (
            {"f1": 1.0},
            {"refit": "f1", "promotion_metric": "auc"},
            r"promotion_metric='auc'.*\['f1'\]",
        ),
    ],
)
@every_search
def test_metrics_of_a_callable_are_checked_at_its_first_scores(
    Search, score, params, words, data
):
    CountsFits.n_fits = 0
    text = message(
        Search, data, estimator=CountsFits(), scoring=returns(score), **params
    )
    assert re.search(words, text)
    assert CountsFits.n_fits <= 2  # one evaluation


@every_kind_of_search
def test_metrics_that_change_from_call_to_call_are_refused(Search, data):
    def scorer(estimator, X, y):
        return {"f1" if estimator.C == 1 else "auc": 1.0}

    space = {"C": [1, 2, 3, 4]}
    text = message(Search, data, param_distributions=space, scoring=scorer, refit=False)
    assert "the same metrics at every call" in text
    assert "'f1'" in text
    assert "'auc'" in text


@every_search
@small_spaces
@pytest.mark.filterwarnings("error:invalid value:RuntimeWarning")
def test_an_infinite_score_does_not_win(Search, data):
    def scorer(estimator, X, y):
        return np.inf if estimator.C == 3 else estimator.C

    search = make(Search, space={"C": [1, 2, 3, 4]}, scoring=scorer)
    with pytest.warns(UserWarning, match="non-finite"):
        search.fit(*data)
    results = search.cv_results_
    infinite = [params["C"] == 3 for params in results["params"]]
    assert any(infinite)
    assert set(results["status"][infinite]) == {"failed"}
    assert search.best_params_["C"] != 3


@every_kind_of_search
@small_spaces
def test_the_name_of_the_only_metric_may_be_given(Search, data):
    for params in (
        {"refit": "score"},
        {"refit": "f1", "scoring": "f1"},
        {"refit": "score", "scoring": returns(1.0)},
    ):
        assert hasattr(make(Search, **params).fit(*data), "best_estimator_")


# ---- the plan --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_samples", "got"),
    [
        (np.ones((120, 4)), "an array of shape (120, 4)"),
        ([[1.0], [2.0]], "[[1.0], [2.0]]"),
        (None, "None"),
        (120.0, "120.0"),
        (True, "True"),
        (0, "0"),
        (-1, "-1"),
    ],
    ids=short_name,
)
@every_kind_of_search
def test_a_plan_is_made_for_a_number_of_rows(Search, n_samples, got):
    with pytest.raises(ValueError, match="n_samples must be the number") as raised:
        make(Search).plan(n_samples)
    assert f"got {got}. Pass len(X)" in str(raised.value)


@every_kind_of_search
def test_a_plan_has_the_errors_of_parameters_and_folds(Search):
    with pytest.raises(TypeError, match="must be an instance"):
        Search(LogisticRegression, {"C": [1.0]}).plan(120)
    with pytest.raises(ValueError, match=r"test fold of split 0 of cv .list. is empty"):
        make(Search, cv=[(ROWS, [])]).plan(120)


@every_search
def test_a_factor_above_all_resources_is_told(Search, data):
    for factor in (61, 10**30):
        search = make(Search, factor=factor)
        with pytest.warns(SearchWarning, match=f"factor={factor} is more than.*, 60"):
            search.fit(*data)
        assert set(search.cv_results_["n_resources"]) == {60}


def test_a_metric_that_fails_leaves_the_others_their_scores(data):
    def fails(model, X, y):
        raise ValueError("no score")

    search = make(
        ASHASearchCV, scoring={"good": "accuracy", "bad": fails}, refit="good"
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(*data)
    assert np.isfinite(search.cv_results_["mean_test_good"]).all()
    assert np.isnan(search.cv_results_["mean_test_bad"]).all()
    told = [str(warning.message) for warning in caught]
    # scikit-learn's own warning comes for every fold.
    assert sum("no score" in text for text in told) <= 1


def test_failed_scores_are_not_told_beside_failed_fits(data):
    def fails_sometimes(model, X, y):
        if model.value < 0.3:
            raise ValueError("no score")
        return model.value

    space = {"value": [0.1, 0.4, 0.9]}  # no score, a score, no fit
    search = make(ASHASearchCV, FailsAbove(), space, scoring=fails_sometimes)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(*data)
    told = [str(warning.message) for warning in caught]
    assert sum("fits failed" in text for text in told) == 1
    assert not any(text.startswith("Scoring failed") for text in told)
