"""The ensemble of a search: who is chosen, what is fitted, what is refused."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.cluster import KMeans
from sklearn.datasets import load_diabetes, make_classification
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.metrics import accuracy_score, get_scorer, make_scorer
from sklearn.model_selection import ShuffleSplit
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from sklearn.utils.validation import check_is_fitted

import sklearn_automl
from sklearn_automl import (
    ASHASearchCV,
    GridSearchCV,
    HyperbandSearchCV,
)
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.execution import AllFolds, Evaluation, Resource
from sklearn_automl.model_selection import _ensemble
from sklearn_automl.model_selection._scheduling import Plan
from sklearn_automl.samplers import RandomSampler
from sklearn_automl.schedulers import FullFidelity
from sklearn_automl.space import SearchSpace

X, Y = make_classification(
    150, n_informative=4, n_classes=3, class_sep=0.6, random_state=0
)
TREE = DecisionTreeClassifier(random_state=0)
SPACE = {"max_depth": [1, 2, 4, 8], "min_samples_leaf": [1, 5, 20]}
ALL_RUN = {"race": False, "cv": 3}

FITS = []


def likelihood(estimator, X, y):
    """Return what log_loss returns, a hundred times faster."""
    places = np.searchsorted(estimator.classes_, y)
    right = estimator.predict_proba(X)[np.arange(len(y)), places]
    return float(np.log(right.clip(1e-9)).mean())


class Counted(DecisionTreeClassifier):
    """Notes with how many rows it is fitted."""

    def fit(self, X, y):
        FITS.append(len(y))
        return super().fit(X, y)


@pytest.fixture(autouse=True)
def no_fits_yet():
    FITS.clear()


def grid(estimator=TREE, space=SPACE, **options):
    options = {"scoring": likelihood, "ensemble": 6, **ALL_RUN, **options}
    return GridSearchCV(estimator, space, **options)


SEARCHES = [name for name in sklearn_automl.__all__ if name.endswith("SearchCV")]


@pytest.mark.parametrize("name", SEARCHES)
def test_every_search_has_an_ensemble_at_least_as_good_as_its_best(name):
    Search = getattr(sklearn_automl, name)
    options = {}
    if name in ("RandomizedSearchCV", "BayesianSearchCV"):
        options = {"n_iter": 9}
    if name == "EvolutionarySearchCV":
        options = {"population_size": 4, "n_generations": 2}
    if name != "GridSearchCV":
        options["random_state"] = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SearchWarning)
        search = Search(TREE, SPACE, ensemble=5, cv=3, **options).fit(X, Y)
    assert search.ensemble_score_ >= search.best_score_
    assert search.ensemble_.predict_proba(X).shape == (len(Y), 3)
    assert search.ensemble_.classes_.tolist() == [0, 1, 2]
    np.testing.assert_array_equal(search.predict(X), search.best_estimator_.predict(X))


def test_without_the_parameter_there_is_no_ensemble():
    search = grid(ensemble=None).fit(X, Y)
    assert not hasattr(search, "ensemble_")
    assert not hasattr(search, "ensemble_score_")


def test_the_parameter_changes_nothing_else():
    with_it, without = grid().fit(X, Y), grid(ensemble=None).fit(X, Y)
    assert with_it.best_index_ == without.best_index_
    assert with_it.best_score_ == without.best_score_
    for key, column in without.cv_results_.items():
        if "time" not in key:
            np.testing.assert_array_equal(with_it.cv_results_[key], column)


def test_the_score_is_that_of_members_fitted_on_each_fold():
    cv = ShuffleSplit(3, random_state=0)  # test folds overlap, and miss some rows
    search = grid(cv=cv).fit(X, Y)
    assert len(search.ensemble_.estimators) > 1
    scores = []
    for train, test in cv.split(X):
        members = [
            clone(e).fit(X[train], Y[train]) for _, e in search.ensemble_.estimators
        ]
        pairs = zip(search.ensemble_.weights_, members, strict=True)
        mean = sum(weight * m.predict_proba(X[test]) for weight, m in pairs)
        right = mean[np.arange(len(test)), Y[test]].clip(1e-9)
        scores.append(np.log(right).mean())
    assert search.ensemble_score_ == pytest.approx(np.mean(scores), rel=1e-9)


def test_members_are_rows_of_the_table():
    search = grid().fit(X, Y)
    for name, estimator in search.ensemble_.estimators:
        params = search.cv_results_["params"][int(name.removeprefix("row"))]
        assert params.items() <= estimator.get_params().items()


def test_each_member_is_fitted_on_all_data_once_and_the_best_one_is_reused():
    search = grid(Counted(random_state=0)).fit(X, Y)
    n_members = len(search.ensemble_.estimators_)
    assert n_members > 1
    assert any(m is search.best_estimator_ for m in search.ensemble_.estimators_)
    assert FITS.count(len(Y)) == n_members
    assert len(FITS) == 12 * 3 + n_members


def test_a_configuration_that_is_there_twice_is_a_member_once():
    # Without a seed, equal configurations predict differently.
    search = grid(Counted(splitter="random"), {"max_depth": [3] * 6}).fit(X, Y)
    assert len(search.ensemble_.estimators) == 1
    assert FITS.count(len(Y)) == 1


@pytest.mark.workers
def test_workers_and_this_process_make_the_same_ensemble():
    one, two = grid().fit(X, Y), grid(n_jobs=2).fit(X, Y)
    assert one.ensemble_.weights_.tolist() == two.ensemble_.weights_.tolist()
    assert one.ensemble_score_ == two.ensemble_score_
    np.testing.assert_array_equal(
        one.ensemble_.predict_proba(X), two.ensemble_.predict_proba(X)
    )


def test_one_draw_is_the_best_configuration():
    search = grid(ensemble=1).fit(X, Y)
    assert search.ensemble_.estimators_ == [search.best_estimator_]
    assert search.ensemble_score_ == search.best_score_


def test_the_best_configurations_can_be_members_and_of_equal_ones_the_first(
    monkeypatch,
):
    monkeypatch.setattr(_ensemble, "MAX_MEMBERS", 2)
    space = SearchSpace({"x": [*range(5)]})
    sampler = RandomSampler().bind(space, np.random.default_rng(0))
    scheduler = FullFidelity(sampler, 5)
    plan = Plan(Resource(), AllFolds(1, 1), sampler, scheduler, None)
    # The rows are not in the order of the trials.
    rows = [Evaluation(scheduler.ask(), {0: None}) for _ in range(5)][::-1]
    assert _ensemble._of_the_top(rows, np.array([0.5, 0.9, 0.7, 0.8, 0.6]), plan) == [
        1,
        3,
    ]
    assert _ensemble._of_the_top(rows, np.array([0.5, 0.9, 0.9, 0.9, 0.6]), plan) == [
        3,
        2,
    ]


@pytest.mark.parametrize("race", [True, False])
def test_only_rows_on_all_folds_are_members(race):
    search = grid(race=race).fit(X, Y)
    n_folds = search.cv_results_.get("n_folds", np.full(12, 3))
    rows = [int(name.removeprefix("row")) for name, _ in search.ensemble_.estimators]
    assert (n_folds[rows] == 3).all()


# ---- estimators, data and scorers ------------------------------------------------


def test_regressors_are_averaged():
    X, y = load_diabetes(return_X_y=True)
    search = GridSearchCV(
        DecisionTreeRegressor(random_state=0), SPACE, ensemble=10, **ALL_RUN
    ).fit(X, y)
    assert search.ensemble_score_ > search.best_score_
    assert search.ensemble_.predict(X).shape == y.shape


def test_regressors_with_several_outputs_are_averaged():
    X, y = load_diabetes(return_X_y=True)
    YY = np.column_stack([y, -y])
    search = GridSearchCV(
        DecisionTreeRegressor(random_state=0), SPACE, ensemble=5, **ALL_RUN
    ).fit(X, YY)
    assert search.ensemble_.predict(X).shape == YY.shape


@pytest.mark.parametrize("scoring", ["accuracy", "roc_auc"])
def test_classifiers_without_probabilities_average_decisions(scoring):
    y = Y > 0
    search = grid(LinearSVC(), {"C": [0.001, 0.1, 10]}, scoring=scoring).fit(X, y)
    assert search.ensemble_.method == "decision_function"
    assert search.ensemble_score_ >= search.best_score_
    assert get_scorer(scoring)(search.ensemble_, X, y) > 0.5


MIXED = {"model": [SVC(), KNeighborsClassifier(), LogisticRegression(), LinearSVC()]}


def test_with_labels_alone_every_kind_of_classifier_can_be_a_member():
    pipe = Pipeline([("model", SVC())])
    search = grid(pipe, MIXED, scoring="accuracy").fit(X, Y)
    assert search.ensemble_score_ >= search.best_score_


def test_where_probabilities_are_needed_members_have_them():
    pipe = Pipeline([("model", SVC())])
    with pytest.warns(SearchWarning, match="2 of 4 configurations have no predict_pr"):
        search = grid(pipe, MIXED, scoring="roc_auc").fit(X, Y > 0)
    assert hasattr(search.ensemble_, "predict_proba")


def test_labels_may_be_strings_and_a_fold_may_lack_one():
    names = np.array(["a", "b", "c"])[Y]
    order = np.argsort(names)
    X_sorted, y_sorted = X[order], names[order]
    # The first fold is fitted without "c".
    cv = [
        (np.arange(0, 90, 2), np.arange(1, 90, 2)),
        (np.arange(0, 150, 2), [1, 75, 149]),
    ]
    search = grid(cv=cv, scoring="accuracy").fit(X_sorted, y_sorted)
    assert search.ensemble_score_ >= search.best_score_
    assert set(search.ensemble_.predict(X)) <= {"a", "b", "c"}


@pytest.fixture(scope="module")
def score_of_arrays():
    return grid(scoring="neg_log_loss").fit(X, Y).ensemble_score_


@pytest.mark.parametrize("kind", ["frame", "csr", "csc", "list"])
def test_any_kind_of_data_can_be_used(kind, score_of_arrays):
    make = {
        "frame": lambda a: pd.DataFrame(
            a, columns=[f"f{i}" for i in range(a.shape[1])]
        ),
        "csr": sparse.csr_array,
        "csc": sparse.csc_array,
        "list": lambda a: a.tolist(),
    }[kind]
    search = grid(scoring="neg_log_loss").fit(make(X), Y)
    assert search.ensemble_score_ == pytest.approx(score_of_arrays)
    assert hasattr(search.ensemble_, "feature_names_in_") == (kind == "frame")


def test_a_pipeline_whose_first_steps_are_shared_is_predicted_as_it_is_scored():
    pipe = make_pipeline(StandardScaler(), MinMaxScaler(), KNeighborsClassifier())
    space = {"kneighborsclassifier__n_neighbors": [1, 3, 9, 27]}
    search = grid(pipe, space, ensemble=1).fit(X, Y)
    assert search.ensemble_score_ == search.best_score_


def test_a_precomputed_kernel_can_be_used():
    search = grid(SVC(kernel="precomputed"), {"C": [0.1, 1, 10]}, scoring="accuracy")
    assert search.fit(X @ X.T, Y).ensemble_score_ >= search.best_score_


def test_sample_weights_reach_the_scorer_and_the_members():
    weight = np.where(Y == 2, 0.01, 1.0)
    search = grid(scoring="accuracy").fit(X, Y, sample_weight=weight)
    assert (search.ensemble_.predict(X) == 2).mean() < 0.1


@pytest.mark.parametrize("refit", ["accuracy", "neg_log_loss"])
def test_the_metric_of_the_best_score_decides(refit):
    both = ["accuracy", "neg_log_loss"]
    search = grid(scoring=both, refit=refit).fit(X, Y)
    alone = grid(scoring=refit).fit(X, Y)
    assert search.ensemble_score_ == pytest.approx(alone.ensemble_score_)


def own_scorer(estimator, X, y):
    return {"error": -np.mean(estimator.predict(X) != y), "n": float(len(y))}


def test_a_scorer_of_the_user_can_be_used():
    search = grid(scoring=own_scorer, refit="error").fit(X, Y)
    alone = grid(scoring="accuracy").fit(X, Y)
    assert search.ensemble_score_ == pytest.approx(alone.ensemble_score_ - 1)


def first_rows(estimator, X, y):
    return accuracy_score(y[:20], estimator.predict(X[:20]))


def test_a_scorer_may_predict_a_part_of_the_rows():
    search = grid(scoring=first_rows).fit(X, Y)
    assert search.ensemble_score_ >= search.best_score_


# ---- resources -------------------------------------------------------------------


@pytest.mark.parametrize("folds", ["grow", "all"])
@pytest.mark.parametrize("Search", [HyperbandSearchCV, ASHASearchCV])
def test_members_have_all_of_the_resource(Search, folds):
    search = Search(
        GradientBoostingClassifier(random_state=0),
        {"learning_rate": [0.01, 0.1, 0.3], "max_depth": [1, 2, 3]},
        resource="n_estimators",
        max_resources=9,
        folds=folds,
        ensemble=5,
        cv=3,
        random_state=0,
    ).fit(X, Y)
    amounts = {e.n_estimators for e in search.ensemble_.estimators_}
    assert amounts == {9}
    assert search.ensemble_score_ >= search.best_score_


def test_where_nobody_has_everything_the_best_one_is_alone():
    with pytest.warns(SearchWarning, match="ensemble_ is the best configuration alone"):
        search = HyperbandSearchCV(
            TREE, SPACE, ensemble=5, random_state=0, time_limit=1e-9
        ).fit(X, Y)
    assert search.ensemble_.estimators_ == [search.best_estimator_]
    assert search.ensemble_score_ == search.best_score_


# ---- checkpoints -----------------------------------------------------------------


def test_a_search_that_goes_on_has_the_same_ensemble_without_another_fit(tmp_path):
    path = tmp_path / "search.sqlite"
    first = grid(Counted(random_state=0), checkpoint=path).fit(X, Y)
    FITS.clear()
    again = grid(Counted(random_state=0), checkpoint=path).fit(X, Y)
    assert again.ensemble_score_ == first.ensemble_score_
    assert again.ensemble_.weights_.tolist() == first.ensemble_.weights_.tolist()
    assert set(FITS) == {len(Y)}


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.workers)])
def test_an_ensemble_can_be_asked_for_after_the_search(tmp_path, n_jobs):
    path = tmp_path / "search.sqlite"
    expected = grid(race=True).fit(X, Y)
    grid(race=True, ensemble=None, checkpoint=path).fit(X, Y)
    search = grid(race=True, checkpoint=path, n_jobs=n_jobs).fit(X, Y)
    assert search.ensemble_score_ == expected.ensemble_score_
    assert search.ensemble_.weights_.tolist() == expected.ensemble_.weights_.tolist()


def test_predictions_that_are_too_large_for_a_checkpoint_are_made_again(
    tmp_path, monkeypatch
):
    module = "sklearn_automl.execution._predictions._MAX_RECORDED_BYTES"
    monkeypatch.setattr(module, 10)
    path = tmp_path / "search.sqlite"
    first = grid(Counted(random_state=0), checkpoint=path).fit(X, Y)
    FITS.clear()
    again = grid(Counted(random_state=0), checkpoint=path).fit(X, Y)
    assert again.ensemble_score_ == first.ensemble_score_
    assert len(FITS) > 12 * 3


# ---- what a user does with it ----------------------------------------------------


def test_a_search_with_an_ensemble_survives_a_pickle():
    search = grid().fit(X, Y)
    copy = pickle.loads(pickle.dumps(search))
    expected = search.ensemble_.predict_proba(X)
    np.testing.assert_array_equal(copy.ensemble_.predict_proba(X), expected)


def test_the_ensemble_can_be_fitted_on_other_data():
    search = grid().fit(X, Y)
    other = clone(search.ensemble_).fit(X[:100], Y[:100])
    assert len(other.estimators_) == len(search.ensemble_.estimators_)
    assert other.weights_.tolist() == search.ensemble_.weights_.tolist()
    same = clone(search.ensemble_).fit(X, Y)
    expected = search.ensemble_.predict_proba(X)
    np.testing.assert_array_equal(same.predict_proba(X), expected)


def test_predictions_are_not_kept():
    search = grid().fit(X, Y)
    assert len(pickle.dumps(search.cv_results_)) < 20_000
    assert not [k for k in vars(search) if "librar" in k or "predict" in k]


def test_an_earlier_ensemble_is_forgotten():
    search = grid().fit(X, Y)
    search.set_params(ensemble=None).fit(X, Y)
    assert not hasattr(search, "ensemble_")


# ---- what is refused -------------------------------------------------------------


class OwnScore(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        FITS.append(len(y))
        return self

    def score(self, X, y):
        return 0.0


@pytest.mark.parametrize(
    ("estimator", "options", "y", "message"),
    [
        (TREE, {"refit": False}, Y, "ensemble=6 needs the members.*refit=False"),
        (KMeans(), {}, None, "averages the predictions.*KMeans is neither"),
        (StandardScaler(), {}, Y, "StandardScaler is neither"),
        (Counted(), {}, np.c_[Y, Y], "several targets.*y has 2 columns"),
        (Counted(), {}, np.eye(3)[Y], "several targets.*y has 3 columns"),
        (OwnScore(), {"scoring": None}, Y, "OwnScore has a score of its own"),
        (LogisticRegressionCV(), {"scoring": None}, Y, "has a score of its own"),
        (
            make_pipeline(StandardScaler(), OwnScore()),
            {"scoring": None},
            Y,
            "has a score of its own. Pass a scoring",
        ),
    ],
)
def test_what_cannot_be_averaged_is_refused_before_any_fit(
    estimator, options, y, message
):
    options = {"scoring": "accuracy", **options}
    with pytest.raises(ValueError, match=message):
        grid(estimator, {}, **options).fit(X, y)
    assert FITS == []


@pytest.mark.parametrize("ensemble", [0, -3, 2.5, "10"])
def test_draws_that_are_no_number_are_refused(ensemble):
    with pytest.raises(ValueError, match="'ensemble' parameter of GridSea"):
        grid(ensemble=ensemble).fit(X, Y)


def looks_inside(estimator, X, y):
    return float(estimator.get_depth())


def reads_an_attribute(estimator, X, y):
    return float(estimator.tree_.node_count)


def fits_again(estimator, X, y):
    return estimator.fit(X, y).score(X, y)


def reads_a_parameter(estimator, X, y):
    return float(estimator.get_params()["max_depth"])


def takes_a_step(estimator, X, y):
    return estimator[-1].score(X, y)


def decides(estimator, X, y):
    return float(estimator.predict_joint_log_proba(X).max())


def predicts_other_rows(estimator, X, y):
    return accuracy_score(y, estimator.predict(np.asarray(X) + 1))


@pytest.mark.parametrize(
    ("scoring", "words"),
    [
        (looks_inside, "get_depth"),
        (reads_an_attribute, "tree_"),
        (reads_a_parameter, "KeyError: 'max_depth'"),
        (fits_again, "a scorer cannot fit the estimator"),
        (takes_a_step, "TypeError: .*subscriptable"),
        (decides, "predict_joint_log_proba"),
        (predicts_other_rows, "this scorer asked for other rows"),
        ({"accuracy": "accuracy", "inside": looks_inside}, "get_depth"),
    ],
)
def test_a_scorer_that_looks_inside_is_refused_before_any_fit(scoring, words):
    options = {"refit": "inside"} if isinstance(scoring, dict) else {}
    with pytest.raises(ValueError, match=f"(?s)ensemble=6 cannot be scored.*{words}"):
        grid(Counted(random_state=0), scoring=scoring, **options).fit(X, Y)
    assert FITS == []


def test_a_regressor_that_is_to_tell_its_deviation_is_refused_before_any_fit():
    def deviation(estimator, X, y):
        return -float(estimator.predict(X, return_std=True)[1].mean())

    with pytest.raises(ValueError, match=r"cannot be scored.*return_std"):
        grid(GaussianProcessRegressor(), {}, scoring=deviation).fit(X, Y)


def test_a_metric_that_does_not_decide_may_look_inside():
    scoring = {"inside": looks_inside, "accuracy": "accuracy"}
    search = grid(scoring=scoring, refit="accuracy").fit(X, Y)
    assert search.ensemble_score_ >= search.best_score_


def wants_probabilities(estimator, X, y):
    return float(estimator.predict_proba(X)[np.arange(len(y)), y].mean())


def wants_decisions(estimator, X, y):
    return float(estimator.decision_function(X)[np.arange(len(y)), y].mean())


def test_a_scorer_of_decisions_can_be_used_where_there_are_decisions():
    space = {"C": [0.01, 1]}
    search = grid(LinearSVC(random_state=0), space, scoring=wants_decisions).fit(X, Y)
    assert search.ensemble_score_ >= search.best_score_


def wants_a_fitted_one(estimator, X, y):
    check_is_fitted(estimator)
    return accuracy_score(y, estimator.predict(X))


def test_a_scorer_of_the_second_of_two_classes_can_be_used():
    def brier(estimator, X, y):
        return -float(np.mean((estimator.predict_proba(X)[:, 1] - y) ** 2))

    search = grid(scoring=brier).fit(X, Y > 0)
    assert search.ensemble_score_ >= search.best_score_


@pytest.mark.parametrize("scoring", [wants_probabilities, wants_a_fitted_one])
def test_a_scorer_that_predictions_are_enough_for_can_be_used(scoring):
    search = grid(scoring=scoring).fit(X, Y)
    assert search.ensemble_score_ >= search.best_score_


def test_a_scorer_that_wants_a_fitted_regressor_can_be_used():
    def error(estimator, X, y):
        check_is_fitted(estimator)
        return -float(np.mean((estimator.predict(X) - y) ** 2))

    search = grid(DecisionTreeRegressor(random_state=0), scoring=error).fit(X, Y)
    assert search.ensemble_score_ >= search.best_score_


def test_a_scorer_that_fails_with_averages_alone_is_refused_and_the_search_is_kept():
    def wants_steps(estimator, X, y):
        if not hasattr(estimator, "tree_"):
            raise ValueError("no tree")
        return estimator.score(X, y)

    search = grid(scoring=wants_steps)
    with pytest.raises(ValueError, match=r"(?s)cannot be scored.*no tree.*are there"):
        search.fit(X, Y)
    assert hasattr(search, "best_estimator_")


class NoProbabilities(DecisionTreeClassifier):
    def predict(self, X):
        return np.zeros(len(X), dtype=int)

    def predict_proba(self, X):
        if self.max_depth == 4:
            raise NotImplementedError("not at this depth")
        return super().predict_proba(X)


def test_a_configuration_that_cannot_predict_is_no_member():
    scoring = make_scorer(accuracy_score)
    search = grid(NoProbabilities(random_state=0), scoring=scoring)
    with pytest.warns(SearchWarning, match="3 of 12 conf.*NotImplementedError: not at"):
        search.fit(X, Y)
    assert all(m.max_depth != 4 for m in search.ensemble_.estimators_)


def test_if_no_configuration_can_predict_that_is_an_error():
    search = grid(NoProbabilities(), {"max_depth": [4]}, scoring="accuracy")
    with pytest.raises(ValueError, match="ensemble=6 has no members"):
        search.fit(X, Y)
    assert hasattr(search, "best_estimator_")


class TooLargeForAll(DecisionTreeClassifier):
    """Cannot be fitted on all rows with most depths."""

    def fit(self, X, y, sample_weight=None, check_input=True):
        if len(X) == 300 and self.max_depth != 3:
            raise MemoryError("too large")
        return super().fit(X, y)


def test_who_cannot_be_fitted_on_all_data_is_no_member():
    X, y = make_classification(300, 6, n_informative=4, flip_y=0.2, random_state=0)
    grid = {"max_depth": [2, 3, 4, 5, 6]}
    search = GridSearchCV(TooLargeForAll(random_state=0), grid, cv=3, ensemble=6)
    search.set_params(refit=lambda table: 1)
    with pytest.warns(
        SearchWarning, match=r"cannot be fitted on all data.*MemoryError"
    ):
        search.fit(X, y)
    assert [member.max_depth for member in search.ensemble_.estimators_] == [3]
    assert search.ensemble_score_ == search.cv_results_["mean_test_score"][1]
