"""resource="partial_fit": what a search with passes runs, refuses and refits."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import loguniform
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import MiniBatchKMeans
from sklearn.datasets import make_classification
from sklearn.decomposition import IncrementalPCA
from sklearn.linear_model import LogisticRegression, Perceptron, SGDClassifier
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from sklearn_automl import SuccessiveHalvingSearchCV
from sklearn_automl.model_selection import _passes
from sklearn_automl.space import SearchSpace, When
from tests.model_selection.searches import every_search, make, small_spaces

pytestmark = small_spaces


@pytest.fixture(autouse=True)
def one_thread():
    """Clusters of few rows are not worth several threads, if others use them."""
    with threadpool_limits(1):
        yield


ALPHAS = {"alpha": np.logspace(-5, 0, 30).tolist()}


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=5, random_state=0)


def passing(Search, estimator=None, space=ALPHAS, **params):
    """Return a short search over passes."""
    if estimator is None:
        estimator = SGDClassifier(random_state=0)
    params = {"max_resources": 9, **params}
    return make(Search, estimator, space, resource="partial_fit", **params)


def halving(estimator=None, space=ALPHAS, **params):
    return passing(SuccessiveHalvingSearchCV, estimator, space, n_iter=9, **params)


def n_passes(model, n_rows=120):
    """Return how many passes SGD has made."""
    return (model.t_ - 1) / n_rows


# ---- what runs -------------------------------------------------------------------


@every_search
@pytest.mark.parametrize("folds", ["grow", "all"])
def test_every_search_counts_passes(Search, folds, data):
    search = passing(Search, folds=folds).fit(*data)
    amounts = search.cv_results_["n_resources"]
    assert amounts.max() == 9
    assert amounts.min() < 9
    assert set(search.cv_results_["status"]) == {"completed"}
    assert list(search.best_params_) == ["alpha"]
    assert [k for k in search.cv_results_ if "param_" in k] == ["param_alpha"]
    assert n_passes(search.best_estimator_) == amounts[search.best_index_]


def test_models_of_lower_rungs_are_continued(data):
    search = halving(folds="all").fit(*data)
    assert search.brackets_ == [[(9, 1), (3, 3), (1, 9)]]
    assert search.total_resources_ == 9 * 1 + 3 * 2 + 1 * 6


def test_the_best_score_is_that_of_a_loop(data):
    X, y = data
    search = halving(cv=3).fit(X, y)
    scores = []
    for train, test in StratifiedKFold(3).split(X, y):
        model = clone(search.estimator).set_params(**search.best_params_)
        for _ in range(9):
            model.partial_fit(X[train], y[train], classes=[0, 1])
        scores.append(model.score(X[test], y[test]))
    assert search.best_score_ == np.mean(scores)


@pytest.mark.workers
def test_workers_find_what_one_process_does(data):
    one, two = (halving(n_jobs=n).fit(*data) for n in (1, 2))
    names = ["mean_test_score", "n_resources", "trial_id", "rank_test_score"]
    for name in names:
        np.testing.assert_array_equal(one.cv_results_[name], two.cv_results_[name])
    assert one.total_resources_ == two.total_resources_


def test_a_search_goes_on_from_its_checkpoint(data, tmp_path):
    whole = halving().fit(*data)
    path = tmp_path / "search"
    for _ in range(2):
        halving(checkpoint=path, time_limit=0.02).fit(*data)
    resumed = halving(checkpoint=path).fit(*data)
    np.testing.assert_array_equal(
        resumed.cv_results_["mean_test_score"], whole.cv_results_["mean_test_score"]
    )
    np.testing.assert_array_equal(
        resumed.best_estimator_.coef_, whole.best_estimator_.coef_
    )


@pytest.mark.parametrize(
    ("estimator", "space", "options"),
    [
        (MiniBatchKMeans(random_state=0), {"n_clusters": range(2, 30)}, {}),
        (GaussianNB(), {"var_smoothing": np.logspace(-9, 0, 30).tolist()}, {}),
        (Perceptron(random_state=0), ALPHAS, {}),
        (
            make_pipeline(StandardScaler(), IncrementalPCA()),
            {"incrementalpca__n_components": [1, 2, 3, 4]},
            {"scoring": lambda model, X, y=None: float(model[-1].n_samples_seen_)},
        ),
    ],
    ids=["MiniBatchKMeans", "GaussianNB", "Perceptron", "IncrementalPCA"],
)
def test_estimators_of_many_kinds_are_searched(estimator, space, options, data):
    search = halving(estimator, space, **options).fit(*data)
    assert search.cv_results_["n_resources"].max() == 9
    assert set(search.cv_results_["status"]) == {"completed"}


def test_an_unsupervised_search_needs_no_target(data):
    search = halving(MiniBatchKMeans(random_state=0), {"n_clusters": range(2, 30)})
    search.fit(data[0])
    assert search.best_estimator_.n_steps_ == 9


class SumsWeights(ClassifierMixin, BaseEstimator):
    """A mini-batch class of a user; its score is the weight that it has seen."""

    def __init__(self, a=0):
        self.a = a

    def fit(self, X, y, sample_weight=None):
        raise AssertionError("fit was called")

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        self.weight_ = getattr(self, "weight_", 0.0) + np.sum(sample_weight)
        return self

    def score(self, X, y, sample_weight=None):
        return self.weight_


def test_weights_reach_every_pass_and_the_final_ones(data):
    X, y = data
    search = halving(SumsWeights(), {"a": range(9)}, cv=2)
    search.fit(X, y, sample_weight=np.full(120, 0.5))
    assert search.best_score_ == 60 * 0.5 * 9
    assert search.best_estimator_.weight_ == 120 * 0.5 * 9


def test_routed_weights_reach_every_pass(data):
    X, y = data
    with config_context(enable_metadata_routing=True):
        estimator = SumsWeights().set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, estimator)
        # The scorer gets no weights: those of old pipelines cannot ask for any.
        space, scoring = {"sumsweights__a": range(9)}, lambda *_: 0.5
        search = halving(pipeline, space, cv=2, scoring=scoring)
        search.fit(X, y, sample_weight=np.full(120, 0.5))
    assert search.best_estimator_[-1].weight_ == 120 * 0.5 * 9


def test_a_searched_last_step_makes_the_passes(data):
    steps = [SGDClassifier(random_state=0), Perceptron(random_state=0)]
    pipeline = Pipeline([("scale", StandardScaler()), ("model", GaussianNB())])
    search = halving(pipeline, {"model": steps, "scale": [None, StandardScaler()]})
    search.fit(*data)
    assert n_passes(search.best_estimator_[-1]) == 9
    assert not hasattr(steps[0], "coef_")


def test_an_error_in_a_pass_is_a_failed_fit(data):
    class Fails(SGDClassifier):
        def partial_fit(self, X, y, classes=None):
            if self.alpha > 0.1:
                raise ArithmeticError("too large")
            return super().partial_fit(X, y, classes=classes)

    with pytest.warns(match="too large"):
        search = halving(Fails()).fit(*data)
    assert set(search.cv_results_["status"]) == {"completed", "failed"}


def test_the_error_of_all_fits_is_that_of_a_pass(data):
    class Fails(SGDClassifier):
        def partial_fit(self, X, y, classes=None):
            raise ArithmeticError("never")

    with pytest.raises((ArithmeticError, ValueError), match="never"):
        halving(Fails()).fit(*data)


# ---- the final fits --------------------------------------------------------------


def test_the_final_fit_of_a_pipeline_makes_the_passes(data):
    pipeline = make_pipeline(StandardScaler(), SGDClassifier(random_state=0))
    search = halving(pipeline, {"sgdclassifier__alpha": ALPHAS["alpha"]}).fit(*data)
    X, y = data
    Z = StandardScaler().fit_transform(X)
    model = SGDClassifier(random_state=0, alpha=search.best_params_.popitem()[1])
    for _ in range(9):
        model.partial_fit(Z, y, classes=[0, 1])
    np.testing.assert_array_equal(search.best_estimator_[-1].coef_, model.coef_)
    assert search.best_estimator_[-1].get_params() == model.get_params()


class KnowsAPart(ClassifierMixin, BaseEstimator):
    """Is right where column 0 is ``a``; column 1 is the target."""

    def __init__(self, a=0):
        self.a = a

    def fit(self, X, y):
        raise AssertionError("fit was called")

    def partial_fit(self, X, y, classes=None):
        self.n_passes_ = getattr(self, "n_passes_", 0) + 1
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = 2
        return self

    def predict_proba(self, X):
        of_class_1 = np.abs(1 - X[:, 1] - np.where(X[:, 0] == self.a, 0.9, 0.4))
        return np.column_stack([1 - of_class_1, of_class_1])

    def predict(self, X):
        return np.argmax(self.predict_proba(X), axis=1)


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.workers)])
def test_members_of_the_ensemble_make_the_passes(n_jobs):
    y = np.arange(90) // 3 % 2
    X = np.column_stack([np.arange(90) % 3, y])
    # Fewer configurations than `factor`: all of them are evaluated in full.
    options = {"ensemble": 9, "factor": 9, "n_jobs": n_jobs}
    search = halving(KnowsAPart(), {"a": [0, 1, 2]}, **options).fit(X, y)
    members = search.ensemble_.estimators_
    assert [member.n_passes_ for member in members] == [9, 9, 9]
    assert search.ensemble_score_ == 1


# ---- what is refused -------------------------------------------------------------


def refusal(search, data, error=ValueError, **params):
    with pytest.raises(error) as caught:
        search.fit(*data, **params)
    return str(caught.value)


class NeverFitted(SGDClassifier):
    def partial_fit(self, X, y, classes=None):
        raise AssertionError("it was fitted")


@pytest.mark.parametrize(
    ("estimator", "space", "words"),
    [
        (SVC(), {"C": [1, 2]}, "SVC has no partial_fit."),
        (LogisticRegression(), {"C": [1, 2]}, "LogisticRegression has no partial_fit."),
        (MLPClassifier(solver="lbfgs"), {"alpha": [1, 2]}, "no partial_fit with these"),
        (
            MLPClassifier(),
            {"solver": ["adam", "lbfgs"], "alpha": [1, 2]},
            "(with solver='lbfgs', which is in param_distributions)",
        ),
        (NeverFitted(early_stopping=True), ALPHAS, "early_stopping=True"),
        (
            make_pipeline(StandardScaler(), NeverFitted()),
            {"neverfitted__class_weight": [None, "balanced"]},
            "class_weight='balanced'",
        ),
        (
            Pipeline([("scale", StandardScaler()), ("model", NeverFitted())]),
            {"model": [NeverFitted(), SVC()]},
            "SVC has no partial_fit (with model=SVC()",
        ),
    ],
    ids=str,
)
def test_who_makes_no_passes_is_refused_before_any_fit(estimator, space, words, data):
    text = refusal(halving(estimator, space), data)
    assert words in text
    assert "choose another resource, such as 'n_samples'" in text


def test_a_plan_refuses_too():
    with pytest.raises(ValueError, match="SVC has no partial_fit"):
        halving(SVC(), {"C": [1, 2]}).plan(100)


def test_auto_is_refused_with_a_number(data):
    text = refusal(halving(NeverFitted(), max_resources="auto"), data)
    assert "resource='partial_fit' needs max_resources" in text
    assert "max_resources=27" in text


def test_the_name_of_a_step_is_refused(data):
    pipeline = make_pipeline(StandardScaler(), NeverFitted())
    search = halving(pipeline, {"neverfitted__alpha": ALPHAS["alpha"]})
    search.set_params(resource="neverfitted__partial_fit")
    assert "Pass resource='partial_fit'" in refusal(search, data)


def test_another_resource_names_this_one(data):
    search = halving(NeverFitted()).set_params(resource="epochs")
    assert "'partial_fit'" in refusal(search, data)


def test_an_evaluation_set_is_refused(data):
    text = refusal(halving(NeverFitted(), eval_set=0.2), data)
    assert "Leave eval_set at None" in text


@pytest.mark.parametrize("is_step", [True, False])
def test_what_partial_fit_does_not_take_is_refused_before_any_fit(is_step, data):
    estimator, prefix = NeverFitted(), ""
    if is_step:
        estimator, prefix = Pipeline([("m", estimator)]), "m__"
    search = halving(estimator, {f"{prefix}alpha": ALPHAS["alpha"]})
    text = refusal(search, data, TypeError, **{f"{prefix}sample_weight": np.ones(120)})
    assert "does not take 'sample_weight'" in text
    assert f"Leave '{prefix}sample_weight' out" in text


# ---- which parameters decide on who makes passes: without a search ---------------


def test_the_last_step_and_its_parameters_decide_on_passes():
    pipe = Pipeline(
        [("a", StandardScaler()), ("b", Pipeline([("c", SGDClassifier())]))]
    )
    names = [
        "a",
        "b",
        "b__c",
        "b__c__loss",
        "b__steps",
        "steps",
        "a__with_mean",
        "memory",
    ]
    decide = [name for name in names if _passes._may_decide(name, pipe)]
    assert decide == ["b", "b__c", "b__c__loss", "b__steps", "steps"]
    assert _passes._may_decide("loss", SGDClassifier())


def test_every_combination_that_can_decide_is_tried_once():
    space = SearchSpace(
        {
            "loss": ["a", "b"],
            "penalty": When("loss", "a", ["c", "d"]),
            "alpha": loguniform(1e-3, 1),
        }
    )
    choices = list(_passes._choices(SGDClassifier(), space))
    assert sorted(map(str, choices)) == sorted(
        map(
            str,
            [
                {"loss": "a", "penalty": "c"},
                {"loss": "a", "penalty": "d"},
                {"loss": "b"},
            ],
        )
    )
    assert list(_passes._choices(SGDClassifier(), SearchSpace({}))) == [{}]


def test_only_parameters_of_the_last_step_are_looked_at():
    pipe = Pipeline(
        [("a", StandardScaler()), ("b", Pipeline([("c", SGDClassifier())]))]
    )
    search = SimpleNamespace(resource="partial_fit", estimator=pipe)
    check = _passes.check_fit_names_of_passes
    check(search, ["a__unknown", "b__c__sample_weight"])
    with pytest.raises(TypeError, match=r"take 'coef_init'\. Leave 'b__c__coef_init'"):
        check(search, ["b__c__coef_init"])
    search.resource = "n_samples"
    check(search, ["b__c__coef_init"])


@pytest.mark.parametrize(("row", "n"), [(1, 9), (0, 3), (None, 3)])
def test_the_final_fit_has_the_passes_of_the_row(row, n):
    results = {"n_resources": np.array([3, 9])}
    search = SimpleNamespace(resource="partial_fit", cv_results_=results)
    assert _passes.n_passes_of(search, row) == n
    search.resource = "n_samples"
    assert _passes.n_passes_of(search, row) is None
