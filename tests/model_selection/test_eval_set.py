"""Early stopping on rows that are set aside: whole searches."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GroupKFold, TimeSeriesSplit
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_automl import GridSearchCV, HyperbandSearchCV, RandomizedSearchCV
from sklearn_automl.exceptions import CheckpointError, SearchWarning
from sklearn_automl.model_selection._eval_set import check_eval_set
from sklearn_automl.space import SearchSpace
from tests.model_selection.searches import AS_IN_SKLEARN, SEARCHES, make, small_spaces

X, y = load_breast_cancer(return_X_y=True)
X, y = X[:200], y[:200]


def hist(**params):
    return HistGradientBoostingClassifier(
        **{"max_iter": 30, "n_iter_no_change": 2, "learning_rate": 0.5, **params}
    )


class Stops(ClassifierMixin, BaseEstimator):
    """Stops at as many iterations as its test fold has sevens, and scores them."""

    fits: list = []

    def __init__(self, max_iter=100, stop=5, early_stopping=True):
        self.max_iter = max_iter
        self.stop = stop
        self.early_stopping = early_stopping

    def fit(self, X, y, X_val=None, y_val=None):
        self.classes_ = np.unique(y)
        self.n_iter_ = self.max_iter
        if X_val is not None:
            self.n_iter_ = min(self.max_iter, self.stop + int(X[:, 0].min() == 0))
        self.fits.append((X, X_val))
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y):
        return self.stop


X_rows = np.arange(60.0).reshape(-1, 1)
y_rows = np.arange(60) % 2


def search(estimator=None, space=None, **params):
    estimator = Stops() if estimator is None else estimator
    space = {"stop": [3, 8]} if space is None else space
    return GridSearchCV(estimator, space, **{"cv": 3, "eval_set": 0.1, **params})


# ---- the table -------------------------------------------------------------------


def test_the_table_says_where_each_fold_stopped():
    results = search().fit(X_rows, y_rows).cv_results_
    splits = [results[f"split{i}_best_iteration"].tolist() for i in range(3)]
    # The first fold tests on row 0; it is set aside in none of the two others.
    assert splits == [[3, 8], [4, 9], [4, 9]]
    assert results["mean_best_iteration"] == pytest.approx([11 / 3, 26 / 3])


def test_the_table_has_no_such_column_without_rows_set_aside():
    results = search(eval_set=None).fit(X_rows, y_rows).cv_results_
    assert not [name for name in results if name.endswith("best_iteration")]


def test_folds_that_were_not_run_have_none():
    space = {"stop": list(range(1, 13))}
    results = search(space=space).fit(X_rows, y_rows).cv_results_
    is_run = np.array([np.isfinite(results[f"split{i}_test_score"]) for i in range(3)])
    known = [np.isfinite(results[f"split{i}_best_iteration"]) for i in range(3)]
    assert np.array_equal(is_run, known)
    assert np.isfinite(results["mean_best_iteration"]).all()


def test_an_unknown_iteration_is_nan():
    class Silent(Stops):
        def fit(self, X, y, X_val=None, y_val=None):
            super().fit(X, y, X_val, y_val)
            del self.n_iter_
            return self

    fitted = search(Silent()).fit(X_rows, y_rows)
    assert np.isnan(fitted.cv_results_["mean_best_iteration"]).all()
    assert fitted.best_estimator_.max_iter == 100


# ---- the final fit ---------------------------------------------------------------


def test_the_final_fit_has_all_rows_and_the_mean_number_of_iterations():
    Stops.fits.clear()
    best = search().fit(X_rows, y_rows).best_estimator_
    assert (best.max_iter, best.early_stopping) == (9, False)  # 26 / 3
    rows, aside = Stops.fits[-1]
    assert len(rows) == 60
    assert aside is None


def test_the_final_fit_of_a_pipeline():
    pipe = make_pipeline("passthrough", Stops())
    best = search(pipe, {"stops__stop": [3, 8]}).fit(X_rows, y_rows).best_estimator_
    assert best[-1].max_iter == 9


def test_best_params_are_those_of_the_table():
    fitted = search().fit(X_rows, y_rows)
    assert fitted.best_params_ == {"stop": 8}


def test_without_a_refit_nothing_else_changes():
    fitted = search(refit=False).fit(X_rows, y_rows)
    assert not hasattr(fitted, "best_estimator_")


# ---- everywhere ------------------------------------------------------------------


@small_spaces
@pytest.mark.parametrize("Search", SEARCHES)
def test_every_search(Search):
    space = {"stop": list(range(2, 9))}
    fitted = make(Search, Stops(), space, eval_set=0.2, max_resources=30)
    fitted.fit(X_rows, y_rows)
    assert np.isfinite(fitted.cv_results_["mean_best_iteration"]).all()
    assert fitted.best_estimator_.max_iter <= 9


@pytest.mark.parametrize("Search", AS_IN_SKLEARN)
def test_every_search_as_in_sklearn(Search):
    space = {"stop": list(range(2, 9))}
    fitted = Search(Stops(), space, eval_set=0.2).fit(X_rows, y_rows)
    assert fitted.best_estimator_.max_iter <= 9


def test_a_seed_gives_the_same_rows():
    def rows(seed):
        Stops.fits.clear()
        RandomizedSearchCV(
            Stops(), {"stop": [3, 8]}, n_iter=2, eval_set=0.2, random_state=seed
        ).fit(X_rows, y_rows)
        return [aside.ravel().tolist() for _, aside in Stops.fits[:-1]]

    assert rows(0) == rows(0)
    assert rows(0) != rows(1)


def test_every_configuration_is_stopped_by_the_same_rows():
    Stops.fits.clear()
    search().fit(X_rows, y_rows)
    asides = [tuple(aside.ravel()) for _, aside in Stops.fits[:-1]]
    assert len(asides) == 6
    assert len(set(asides)) == 3


def test_the_resource_is_an_upper_bound():
    fitted = HyperbandSearchCV(
        Stops(),
        {"stop": list(range(3, 12))},
        resource="max_iter",
        max_resources=40,
        min_resources=4,
        folds="all",
        cv=2,
        eval_set=0.2,
        random_state=0,
    ).fit(X_rows, y_rows)
    results = fitted.cv_results_
    assert np.all(results["mean_best_iteration"] <= results["n_resources"])
    # What was not run is not counted.
    spent = results["mean_best_iteration"].sum()
    assert fitted.total_resources_ == pytest.approx(spent)


def test_whole_groups_are_set_aside():
    groups = np.arange(60) // 4
    Stops.fits.clear()
    search(cv=GroupKFold(3), eval_set=0.3).fit(X_rows, y_rows, groups=groups)
    for fit, aside in Stops.fits[:-1]:
        assert not set(fit.ravel() // 4) & set(aside.ravel() // 4)


def test_the_latest_rows_are_set_aside_where_folds_are_in_time():
    Stops.fits.clear()
    search(cv=TimeSeriesSplit(3)).fit(X_rows, y_rows)
    for fit, aside in Stops.fits[:-1]:
        assert fit.max() < aside.min()


@pytest.mark.workers
def test_workers_give_the_same_table():
    pipe = make_pipeline(StandardScaler(), Stops())
    space = {"stops__stop": [2, 4, 6]}
    tables = [
        search(pipe, space, n_jobs=n_jobs).fit(X_rows, y_rows).cv_results_
        for n_jobs in (1, 2)
    ]
    for name in ("mean_test_score", "mean_best_iteration"):
        assert np.array_equal(tables[0][name], tables[1][name])


def test_a_checkpoint_keeps_where_folds_stopped(tmp_path):
    file = tmp_path / "search"
    first = search(checkpoint=file).fit(X_rows, y_rows)
    Stops.fits.clear()
    second = search(checkpoint=file).fit(X_rows, y_rows)
    assert len(Stops.fits) == 1  # the final fit
    name = "mean_best_iteration"
    assert np.array_equal(second.cv_results_[name], first.cv_results_[name])
    assert second.best_estimator_.max_iter == 9


@pytest.mark.parametrize("other", [0.2, None])
def test_a_checkpoint_of_another_share_is_refused(tmp_path, other):
    file = tmp_path / "search"
    search(checkpoint=file).fit(X_rows, y_rows)
    with pytest.raises(CheckpointError, match="eval_set"):
        search(checkpoint=file, eval_set=other).fit(X_rows, y_rows)


def test_a_fit_that_fails_has_the_error_score():
    with pytest.warns(RuntimeWarning, match="3 fits failed"):
        fitted = search(space={"stop": [2, "no number"]}, error_score=-7.0).fit(
            X_rows, y_rows
        )
    assert fitted.cv_results_["mean_test_score"].tolist() == [2, -7]
    assert np.isnan(fitted.cv_results_["mean_best_iteration"][1])


def test_metadata_that_is_routed():
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        last = hist().set_fit_request(sample_weight=True)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        space = {"histgradientboostingclassifier__max_depth": [1, 2]}
        fitted = search(make_pipeline(scaler, last), space, scoring=scorer)
        fitted.fit(X, y, sample_weight=np.linspace(0.1, 1, len(y)))
    assert np.isfinite(fitted.cv_results_["mean_best_iteration"]).all()


# ---- what is refused, before any fit ---------------------------------------------


@pytest.mark.parametrize("share", [0, 1, -0.1, "auto"])
def test_shares_that_are_refused(share):
    with pytest.raises(ValueError, match="'eval_set' parameter of GridSearchCV"):
        search(eval_set=share).fit(X_rows, y_rows)


@pytest.mark.parametrize(
    ("estimator", "space", "words"),
    [
        (SGDClassifier(), {"alpha": [1]}, "its early_stopping=True and validation_fr"),
        (MLPClassifier(), {"alpha": [1]}, "its early_stopping=True and validation_fr"),
        (
            GradientBoostingClassifier(),
            {"max_depth": [1]},
            "its n_iter_no_change and validation_fraction",
        ),
        (LogisticRegression(), {"C": [1]}, "It must be an estimator of XGBoost"),
        (
            make_pipeline(StandardScaler(), LogisticRegression()),
            {"logisticregression__C": [1]},
            "LogisticRegression as the last step",
        ),
        (
            CalibratedClassifierCV(hist()),
            {"estimator__max_depth": [1]},
            "pass that estimator itself",
        ),
        (
            TransformedTargetRegressor(HistGradientBoostingRegressor()),
            {"regressor__max_depth": [1]},
            "pass that estimator itself",
        ),
        (
            Pipeline([("a", StandardScaler()), ("b", hist())]),
            {"b": [hist(), LogisticRegression()]},
            "LogisticRegression as the last step",
        ),
        (
            Pipeline([("a", StandardScaler()), ("b", hist())]),
            [{"a": [None]}, {"b": [make_pipeline(SGDClassifier())]}],
            "SGDClassifier as the last step",
        ),
        (
            Pipeline([("a", make_pipeline(hist()))]),
            {"a__histgradientboostingclassifier": [SGDClassifier()]},
            "SGDClassifier as the last step",
        ),
        (hist(early_stopping=False), {"max_depth": [1]}, "early_stopping=False"),
    ],
)
@pytest.mark.parametrize("Search", [GridSearchCV, HyperbandSearchCV])
def test_estimators_that_are_refused(Search, estimator, space, words):
    with pytest.raises(ValueError, match=words):
        Search(estimator, space, eval_set=0.1).fit(X, y)


def test_a_last_step_that_is_always_replaced_need_not_take_rows():
    pipe = Pipeline([("a", StandardScaler()), ("b", LogisticRegression())])
    search(pipe, {"b": [hist()]}).fit(X, y)


@pytest.mark.parametrize("name", ["X_val", "eval_set", "eval_X"])
def test_rows_of_the_users_own_are_refused(name):
    with pytest.raises(ValueError, match=f"fit was given '{name}' too"):
        search().fit(X_rows, y_rows, **{name: X_rows})


def test_folds_of_one_group_are_refused():
    groups = np.arange(60) // 30
    with pytest.raises(ValueError, match="30 rows in 1 groups"):
        search(cv=GroupKFold(2)).fit(X_rows, y_rows, groups=groups)


def test_boosting_that_nothing_stops_is_warned_of():
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBClassifier(n_estimators=2, n_jobs=1)
    with pytest.warns(SearchWarning, match="set its early_stopping_rounds"):
        search(model, {"max_depth": [1]}).fit(X, y)


@pytest.mark.filterwarnings("error")
def test_boosting_whose_patience_is_searched_is_not_warned_of():
    xgboost = pytest.importorskip("xgboost")
    model = xgboost.XGBClassifier(n_estimators=2, n_jobs=1)
    search(model, {"early_stopping_rounds": [1, 2]}).fit(X, y)
    pipe = make_pipeline(model)
    search(pipe, {"xgbclassifier__early_stopping_rounds": [1, 2]}).fit(X, y)


@pytest.mark.parametrize("name", ["LGBMClassifier", "XGBClassifier"])
def test_who_is_to_stop_early_without_rows_is_told_of_the_parameter(name):
    module = pytest.importorskip({"L": "lightgbm", "X": "xgboost"}[name[0]])
    step = getattr(module, name)(early_stopping_rounds=5)
    search = HyperbandSearchCV(make_pipeline(StandardScaler(), step), {})
    with pytest.warns(SearchWarning, match=f"{name} should stop early.*eval_set=0.1"):
        check_eval_set(search, SearchSpace({}), {})
