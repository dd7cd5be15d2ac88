"""What may be passed to fit: kinds of data, targets, estimators and metadata."""

import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.datasets import make_classification, make_multilabel_classification
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

import sklearn_automl
from sklearn_automl import (
    ASHASearchCV,
    EvolutionarySearchCV,
    HyperbandSearchCV,
    SuccessiveHalvingSearchCV,
)
from tests.model_selection.searches import (
    LOGISTIC,
    every_kind_of_search,
    every_search,
    make,
    small_spaces,
)

pytestmark = small_spaces

CS = {"C": [0.01, 0.1, 1.0, 10.0]}
# Whatever the search is, the same executor sends data to its workers.
with_workers = pytest.mark.parametrize(
    ("Search", "n_jobs"),
    [
        (HyperbandSearchCV, 1),
        (ASHASearchCV, 1),
        pytest.param(HyperbandSearchCV, 2, marks=pytest.mark.workers),
    ],
)


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=4, random_state=0)


def assert_scored_as_by_grid_search(search, X, y, **fit_params):
    """Check the scores at the highest resource against those on whole folds.

    The resource of the search must reach the whole training folds.
    """
    results = search.cv_results_
    for i in np.flatnonzero(results["n_resources"] == results["n_resources"].max()):
        space = {k: [v] for k, v in results["params"][i].items()}
        grid = GridSearchCV(search.estimator, space, cv=search.cv)
        grid.set_params(scoring=search.scoring, refit=False).fit(X, y, **fit_params)
        expected = grid.cv_results_["mean_test_score"][0]
        assert results["mean_test_score"][i] == pytest.approx(expected, rel=1e-12)


# ---- X ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("Search", "container"),
    [
        (HyperbandSearchCV, sparse.csr_array),
        (HyperbandSearchCV, sparse.csc_matrix),
        (ASHASearchCV, sparse.coo_matrix),
        (EvolutionarySearchCV, sparse.dok_matrix),
    ],
)
def test_a_sparse_matrix_is_cut_by_rows(Search, container, data):
    X, y = container(data[0]), data[1]
    search = make(Search, LOGISTIC, CS).fit(X, y)
    assert_scored_as_by_grid_search(search, X, y)


class TakesSparse(KNeighborsClassifier):
    """Refuses what is not sparse."""

    def fit(self, X, y):
        assert sparse.issparse(X)
        return super().fit(X, y)


@every_kind_of_search
def test_a_sparse_matrix_stays_sparse(Search, data):
    search = make(
        Search, TakesSparse(), {"n_neighbors": [1, 2, 3]}, error_score="raise"
    )
    search.fit(sparse.csr_array(data[0]), data[1])
    assert set(search.cv_results_["status"]) == {"completed"}


@with_workers
def test_text_columns_of_a_frame_reach_a_column_transformer(Search, n_jobs, data):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(data[0]).add_prefix("x")
    X["colour"] = np.where(data[1] == 1, "red", "green")
    X["shape"] = pd.Categorical(np.array(["round", "flat"])[np.arange(len(X)) % 2])
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["colour", "shape"]),
        (StandardScaler(), ["x0", "x1"]),
    )
    space = {
        "logisticregression__C": [0.1, 1.0, 10.0],
        "columntransformer__standardscaler__with_mean": [True, False],
    }
    pipeline = make_pipeline(columns, LogisticRegression())
    search = make(Search, pipeline, space, n_jobs=n_jobs, error_score="raise")
    search.fit(X, data[1])
    assert search.best_score_ == 1.0  # the colour says it
    assert list(search.feature_names_in_) == list(X.columns)


@every_kind_of_search
def test_a_list_of_texts(Search):
    texts = ["good film", "fine good", "bad film", "poor bad"] * 20
    y = [1, 1, 0, 0] * 20
    pipeline = make_pipeline(CountVectorizer(), MultinomialNB())
    search = make(Search, pipeline, {"multinomialnb__alpha": [0.1, 1.0, 2.0]})
    search.set_params(max_resources=40).fit(texts, y)
    assert search.best_score_ == 1.0
    assert not hasattr(search, "n_features_in_")


@every_kind_of_search
def test_lists_are_as_good_as_arrays(Search, data):
    as_lists = make(Search, space=CS).fit(data[0].tolist(), data[1].tolist())
    as_arrays = make(Search, space=CS).fit(*data)
    assert as_lists.best_params_ == as_arrays.best_params_
    np.testing.assert_array_equal(
        as_lists.cv_results_["mean_test_score"],
        as_arrays.cv_results_["mean_test_score"],
    )


@every_kind_of_search
def test_classes_may_be_text(Search, data):
    names = np.array(["no", "yes"])[data[1]]
    search = make(Search, space=CS).fit(data[0], names)
    assert list(search.classes_) == ["no", "yes"]
    assert set(search.predict(data[0])) <= {"no", "yes"}


@every_kind_of_search
def test_rows_of_a_frame_are_found_by_position(Search, data):
    pd = pytest.importorskip("pandas")
    index = np.arange(len(data[0]))[::-1] * 7
    frame = pd.DataFrame(data[0], index=index).add_prefix("x")
    of_frame = make(Search, space=CS).fit(frame, pd.Series(data[1], index=index))
    of_array = make(Search, space=CS).fit(*data)
    np.testing.assert_array_equal(
        of_frame.cv_results_["mean_test_score"], of_array.cv_results_["mean_test_score"]
    )


@every_kind_of_search
def test_a_pipeline_may_make_rows_of_a_list_of_numbers(Search, data):
    to_rows = FunctionTransformer(lambda x: np.reshape(x, (-1, 1)))
    pipeline = make_pipeline(to_rows, LogisticRegression())
    search = make(Search, pipeline, {"logisticregression__C": [0.1, 1.0, 10.0]})
    assert np.isfinite(search.fit(data[0][:, 0], data[1]).best_score_)


@every_kind_of_search
def test_a_regression_of_one_variable_may_take_it_as_it_is(Search, data):
    x = data[0][:, 0]
    search = make(
        Search,
        IsotonicRegression(out_of_bounds="clip"),
        {"increasing": [True, False]},
    )
    assert search.fit(x, 2 * x).best_params_ == {"increasing": True}


@every_kind_of_search
def test_missing_values_are_for_the_estimator_to_judge(Search, data):
    X = data[0].copy()
    X[::7, 0] = np.nan
    search = make(Search, DecisionTreeClassifier(), {"max_depth": [1, 2, 3]})
    assert np.isfinite(search.fit(X, data[1]).best_score_)


# ---- y ---------------------------------------------------------------------------


@every_kind_of_search
def test_a_regression_with_several_outputs(Search, data):
    X = data[0]
    y = X @ np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, -1.0]])
    search = make(Search, Ridge(), {"alpha": [1e-3, 1.0, 1e3]}).fit(X, y)
    assert_scored_as_by_grid_search(search, X, y)
    assert search.predict(X).shape == y.shape


@every_kind_of_search
def test_a_multilabel_target(Search):
    X, y = make_multilabel_classification(120, n_features=4, random_state=0)
    search = make(Search, KNeighborsClassifier(), {"n_neighbors": [1, 3, 5]}).fit(X, y)
    assert_scored_as_by_grid_search(search, X, y)
    assert search.predict(X).shape == y.shape


@every_kind_of_search
def test_a_classification_with_several_outputs(Search, data):
    X, y = data
    y = np.column_stack([y, (X[:, 0] > 0).astype(int)])
    estimator = MultiOutputClassifier(DecisionTreeClassifier(random_state=0))
    search = make(Search, estimator, {"estimator__max_depth": [1, 2, 3]}).fit(X, y)
    assert_scored_as_by_grid_search(search, X, y)


@every_search
def test_every_rung_has_every_class(Search, data):
    classes = []

    class Spy(KNeighborsClassifier):
        def fit(self, X, y):
            classes.append(np.unique(y, return_counts=True)[1])
            return super().fit(X, y)

    y = np.zeros(120, dtype=int)
    y[:6], y[6:14] = 1, 2
    X = np.random.default_rng(0).permutation(data[0])
    make(Search, Spy(), {"n_neighbors": [1, 2, 3]}, refit=False).fit(X, y)
    assert all(len(counts) == 3 and counts.min() >= 2 for counts in classes)


@every_kind_of_search
@pytest.mark.filterwarnings("ignore:A column-vector y")
def test_a_column_of_classes_is_as_good_as_a_row(Search, data):
    X, y = data
    column = make(Search, LOGISTIC, CS).fit(X, y[:, np.newaxis])
    row = make(Search, LOGISTIC, CS).fit(X, y)
    np.testing.assert_array_equal(
        column.cv_results_["mean_test_score"], row.cv_results_["mean_test_score"]
    )


@every_kind_of_search
def test_only_a_supervised_estimator_has_its_target_checked(Search, data):
    y = np.where(np.arange(120) % 7, data[1], np.nan)
    search = make(Search, KMeans(n_init=1, random_state=0), {"n_clusters": [1, 2, 3]})
    assert np.isfinite(search.fit(data[0], y).best_score_)


# ---- folds and values ------------------------------------------------------------


class RandomFolds:
    """Splits differently at every call, and cannot be seeded."""

    def split(self, X, y=None, groups=None):
        for _ in range(2):
            rows = np.random.default_rng().permutation(len(X))
            yield rows[:60], rows[60:]

    def get_n_splits(self, X=None, y=None, groups=None):
        return 2


@every_search
def test_folds_are_the_same_in_every_rung(Search, data):
    tested = set()

    def scorer(estimator, X, y):
        tested.add(X.tobytes())
        return estimator.score(X, y)

    make(Search, space=CS, cv=RandomFolds(), scoring=scorer).fit(*data)
    assert len(tested) == 2


@every_kind_of_search
def test_folds_may_be_masks_or_count_from_the_end(Search, data):
    first = np.arange(120) < 60
    as_mask = make(Search, space=CS, cv=[(first, ~first)]).fit(*data)
    rows = np.arange(120)
    as_rows = make(Search, space=CS, cv=[(rows[:60], rows[60:] - 120)]).fit(*data)
    np.testing.assert_array_equal(
        as_mask.cv_results_["mean_test_score"], as_rows.cv_results_["mean_test_score"]
    )


@every_kind_of_search
def test_every_row_may_be_left_out_alone(Search, data):
    X, y = data[0][:26], data[1][:26]
    search = make(Search, space=CS, cv=LeaveOneOut(), max_resources=25)
    assert 0 < search.fit(X, y).best_score_ < 1


@every_search
def test_a_repeated_value_is_evaluated_once(Search, data):
    search = make(Search, space={"C": [1.0, 2.0, 1.0, 2.0, 1.0]}).fit(*data)
    results = search.cv_results_
    bottom = [
        p["C"]
        for p, r in zip(results["params"], results["n_resources"], strict=True)
        if r == results["n_resources"].min()
    ]
    assert sorted(bottom) == [1.0, 2.0]


@every_search
def test_values_that_have_no_hash(Search, data):
    space = {"class_weight": [{0: 1, 1: 2}, {0: 2, 1: 1}, None, "balanced"]}
    search = make(Search, space=space).fit(*data)
    assert search.best_params_["class_weight"] in space["class_weight"]
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    steps = {"logisticregression": [LogisticRegression(C=c) for c in (0.1, 1, 10)]}
    assert make(Search, pipeline, steps).fit(*data).best_score_ > 0.5


# ---- estimators ------------------------------------------------------------------


@every_kind_of_search
def test_a_precomputed_kernel_scores_as_the_kernel_itself(Search, data):
    X, y = data
    on_kernel = make(Search, SVC(kernel="precomputed"), CS).fit(X @ X.T, y)
    on_rows = make(Search, SVC(kernel="linear"), CS).fit(X, y)
    np.testing.assert_array_equal(
        on_kernel.cv_results_["mean_test_score"], on_rows.cv_results_["mean_test_score"]
    )


@every_kind_of_search
def test_a_precomputed_distance_in_a_pipeline(Search, data):
    X, y = data
    distance = np.linalg.norm(X[:, None] - X[None], axis=2)
    pipeline = make_pipeline(KNeighborsClassifier(metric="precomputed"))
    space = {"kneighborsclassifier__n_neighbors": [1, 3, 5]}
    search = make(Search, pipeline, space, error_score="raise").fit(distance, y)
    assert search.__sklearn_tags__().input_tags.pairwise
    assert search.n_features_in_ == len(X)


@every_kind_of_search
def test_clustering_is_judged_by_its_own_score(Search, data):
    X = data[0]
    search = make(Search, KMeans(n_init=1, random_state=0), {"n_clusters": [1, 2, 8]})
    search.fit(X)
    # More centres are always nearer.
    assert search.best_params_ == {"n_clusters": 8}
    assert search.predict(X).shape == (len(X),)
    assert search.score(X) == search.best_estimator_.score(X)


@every_kind_of_search
def test_a_transformer_is_judged_by_its_own_score(Search, data):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 4)) * [10.0, 5.0, 0.1, 0.1]
    search = make(Search, PCA(), {"n_components": [1, 2, 3]})
    search.fit(X)
    expected = cross_val_score(PCA(**search.best_params_), X, cv=2).mean()
    assert search.best_score_ == pytest.approx(expected)
    assert search.transform(X).shape == (len(X), search.best_params_["n_components"])


@every_kind_of_search
def test_the_estimator_is_not_touched(Search, data):
    estimator = LogisticRegression()
    before = dict(vars(estimator))
    make(Search, estimator, CS).fit(*data)
    assert vars(estimator) == before


# ---- groups and weights ----------------------------------------------------------


@every_kind_of_search
@pytest.mark.parametrize("cv", [GroupKFold(3), LeaveOneGroupOut()])
def test_no_group_is_on_both_sides_of_a_split(Search, cv, data):
    X, y = data
    groups = np.arange(len(y)) // 30
    seen = []

    class Spy(KNeighborsClassifier):
        def fit(self, X, y):
            self.groups_ = set(X[:, -1])
            return super().fit(X, y)

        def score(self, X, y):
            seen.append(self.groups_ & set(X[:, -1]))
            return super().score(X, y)

    X = np.column_stack([X, groups])
    search = make(Search, Spy(), {"n_neighbors": [1, 2, 3]}, cv=cv)
    search.fit(X, y, groups=groups)
    assert seen
    assert set().union(*seen) == set()


@every_search
def test_a_time_series_trains_on_the_most_recent_rows(Search, data):
    last, sizes = [], []

    class Spy(Ridge):
        def fit(self, X, y):
            last.append(X[-1, -1])
            sizes.append(np.diff(X[:, -1]))
            return super().fit(X, y)

    X = np.column_stack([data[0], np.arange(120)])
    cv = TimeSeriesSplit(2, test_size=20)
    search = make(Search, Spy(), {"alpha": [0.1, 1.0, 10.0]}, cv=cv, refit=False)
    search.fit(X, data[1])
    assert set(last) == {79, 99}
    assert all((steps == 1).all() for steps in sizes)


class Weighed(ClassifierMixin, BaseEstimator):
    """Notes which rows came with which weight, and says so in its scores."""

    def __init__(self, value=0):
        self.value = value

    def fit(self, X, y, sample_weight=None):
        self.classes_ = np.unique(y)
        self.matches_ = np.array_equal(X[:, -1], sample_weight)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))

    def score(self, X, y):
        return float(self.matches_)


@pytest.fixture
def weighed(data):
    weight = np.random.default_rng(0).uniform(1, 2, size=120)
    return np.column_stack([data[0], weight]), data[1], weight


@pytest.mark.filterwarnings("ignore:The scoring")
@with_workers
def test_sample_weight_of_fit_is_cut_as_the_rows_are(Search, n_jobs, weighed):
    X, y, weight = weighed
    search = make(Search, Weighed(), {"value": [1, 2, 3]}, n_jobs=n_jobs)
    search.fit(X, y, sample_weight=weight)
    assert set(search.cv_results_["mean_test_score"]) == {1.0}
    assert search.best_estimator_.matches_  # in the last fit, too


@pytest.mark.filterwarnings("ignore:The scoring")
@every_kind_of_search
def test_weights_of_a_step_are_passed_by_its_name(Search, weighed):
    X, y, weight = weighed
    pipeline = make_pipeline(Weighed())
    search = make(Search, pipeline, {"weighed__value": [1, 2, 3]})
    search.fit(X, y, weighed__sample_weight=weight)
    assert set(search.cv_results_["mean_test_score"]) == {1.0}


@every_kind_of_search
def test_no_weight_is_as_good_as_none(Search, data):
    with_none = make(Search, space=CS).fit(*data, sample_weight=None)
    without = make(Search, space=CS).fit(*data)
    assert with_none.best_score_ == without.best_score_


@every_kind_of_search
def test_fewer_workers_than_none_are_one(Search, data):
    assert np.isfinite(make(Search, space=CS, n_jobs=-1000).fit(*data).best_score_)


@every_kind_of_search
def test_weights_change_the_result_as_they_change_that_of_grid_search(Search, data):
    X, y = data
    weight = np.where(y == 1, 10.0, 0.1)
    search = make(Search, space=CS).fit(X, y, sample_weight=weight)
    assert_scored_as_by_grid_search(search, X, y, sample_weight=weight)


@every_kind_of_search
@config_context(enable_metadata_routing=True)
def test_routed_weights_reach_the_estimator(Search, weighed):
    X, y, weight = weighed
    estimator = Weighed().set_fit_request(sample_weight=True)
    search = make(Search, estimator, {"value": [1, 2, 3]})
    search.fit(X, y, sample_weight=weight)
    assert set(search.cv_results_["mean_test_score"]) == {1.0}


@every_kind_of_search
@config_context(enable_metadata_routing=True)
def test_routed_weights_reach_only_who_asked(Search, weighed):
    X, y, weight = weighed
    seen = []

    def scored(y_true, y_pred, sample_weight=None):
        seen.append(sample_weight)
        return accuracy_score(y_true, y_pred)

    estimator = Weighed().set_fit_request(sample_weight=False)
    scorer = make_scorer(scored).set_score_request(sample_weight=True)
    search = make(Search, estimator, {"value": [1, 2, 3]}, scoring=scorer)
    search.fit(X, y, sample_weight=weight)
    # Test folds stay whole, in every rung.
    assert {len(w) for w in seen} == {60}
    assert not search.best_estimator_.matches_


@every_kind_of_search
@config_context(enable_metadata_routing=True)
def test_routed_weights_that_nobody_asked_for_are_an_error(Search, weighed):
    X, y, weight = weighed
    with pytest.raises(ValueError, match=r"sample_weight.*not explicitly set"):
        make(Search, Weighed(), {"value": [1, 2, 3]}).fit(X, y, sample_weight=weight)


@every_kind_of_search
@config_context(enable_metadata_routing=True)
def test_routed_groups_reach_the_splitter(Search, data):
    X, y = data
    groups = np.arange(len(y)) // 10
    search = make(Search, space=CS, cv=GroupKFold(3)).fit(X, y, groups=groups)
    assert np.isfinite(search.best_score_)


# ---- what only the estimator understands -------------------------------------------


class Lengths(ClassifierMixin, BaseEstimator):
    """Takes rows of any kind and length."""

    def __init__(self, limit=0):
        self.limit = limit

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.array([int(len(row) > self.limit) for row in X])


class Tags(BaseEstimator):
    """As a conditional random field, has a label for each part of a row."""

    def __init__(self, label=0):
        self.label = label

    def fit(self, X, y):
        return self

    def score(self, X, y):
        return float(np.mean([label == self.label for row in y for label in row]))


RAGGED = {
    "tokens": [["word"] * (i % 5 + 1) for i in range(120)],
    "series": [np.zeros(i % 5 + 1) for i in range(120)],
    "dicts": [{str(k): k for k in range(i % 5 + 1)} for i in range(120)],
}


@every_kind_of_search
@pytest.mark.parametrize("kind", RAGGED)
def test_rows_may_have_many_lengths(Search, kind):
    y = np.array([int(len(row) > 2) for row in RAGGED[kind]])
    search = make(Search, Lengths(), {"limit": [0, 1, 2, 3]}).fit(RAGGED[kind], y)
    assert set(search.cv_results_["status"]) == {"completed"}


def test_so_may_those_of_the_target():
    X = RAGGED["tokens"]
    y = [[1] * len(row) for row in X]
    for Search in (sklearn_automl.GridSearchCV, SuccessiveHalvingSearchCV):
        search = Search(Tags(), {"label": [0, 1, 2]}, cv=3).fit(X, y)
        assert search.best_params_ == {"label": 1}


def test_texts_in_a_list_are_not_made_an_array():
    X = ["short"] * 119 + ["long" * 100_000]
    y = np.arange(120) % 2
    tracemalloc.start()
    sklearn_automl.GridSearchCV(Lengths(), {"limit": [0, 10]}, cv=3).fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6  # as an array they take 192 MB


@every_search
def test_the_estimator_as_it_is_can_be_evaluated(Search, data):
    search = make(Search, space={}).fit(*data)
    assert search.best_params_ == {}
    assert search.n_trials_ == 1
