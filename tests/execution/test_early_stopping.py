"""How each library takes rows that are set aside, stops by them, and fits all rows."""

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline

from sklearn_automl.execution import (
    _early_stopping,
    early_stopping_of,
    without_early_stopping,
)
from sklearn_automl.execution._early_stopping import (
    CatBoostStopping,
    LightGBMStopping,
    Rows,
    SkorchStopping,
    ValidationRows,
    XGBoostStopping,
)

X, y = make_classification(300, 6, n_informative=4, flip_y=0.3, random_state=0)
X = X.astype(np.float32)
FIT, ASIDE = slice(200), slice(200, 300)
SILENT = {"xgboost": {}, "lightgbm": {"verbose": -1}, "catboost": {"verbose": 0}}


def make(library, kind="Classifier", **params):
    name = {"xgboost": "XGB", "lightgbm": "LGBM", "catboost": "CatBoost"}[library]
    if library == "catboost":
        params = {"allow_writing_files": False, "thread_count": 1, **params}
        params.setdefault("iterations", 60)
    else:
        params = {"n_estimators": 60, "n_jobs": 1, **params}
    module = pytest.importorskip(library)
    return getattr(module, name + kind)(
        **{
            "early_stopping_rounds": 3,
            "learning_rate": 0.5,
            **SILENT[library],
            **params,
        }
    )


def hist(**params):
    return HistGradientBoostingClassifier(
        **{"max_iter": 60, "n_iter_no_change": 3, "learning_rate": 0.5, **params}
    )


every_library = pytest.mark.parametrize("library", SILENT)


def fit(estimator, X=X, y=y, **params):
    """Fit on the first rows and stop by the others; return what is known of it."""
    rows = {k: v[ASIDE] for k, v in params.items()}
    stopping = early_stopping_of(estimator)
    aside = Rows(X[ASIDE], y[ASIDE], rows, y[FIT])
    given = stopping.arguments(estimator, aside)
    fitted_on = {k: v[FIT] for k, v in params.items()}
    estimator.fit(X[FIT], y[FIT], **given, **fitted_on)
    return stopping.n_best(estimator), stopping.n_run(estimator)


# ---- boosting --------------------------------------------------------------------


@every_library
def test_boosting_stops_and_says_where(library):
    n_best, n_run = fit(make(library))
    assert 1 <= n_best < n_run < 60
    assert n_run == n_best + 3


@every_library
def test_the_reported_trees_predict(library):
    model = make(library)
    n_best, _ = fit(model)
    params = {"xgboost": {"iteration_range": (0, n_best)}}
    params |= {"lightgbm": {"num_iteration": n_best}, "catboost": {"ntree_end": n_best}}
    expected = model.predict_proba(X, **params[library])
    assert np.array_equal(model.predict_proba(X), expected)


@every_library
def test_boosting_that_does_not_stop_says_how_many_trees_it_has(library):
    options = {"use_best_model": False} if library == "catboost" else {}
    n_best, n_run = fit(make(library, early_stopping_rounds=None, **options))
    assert (n_best, n_run) == (60, 60)


@every_library
@pytest.mark.parametrize(
    "labels", [["b", "a"], [1, 2], [7, 3]], ids=["strings", "from 1", "unordered"]
)
def test_names_of_classes_do_not_change_where_it_stops(library, labels):
    if library == "xgboost":
        pytest.skip("XGBoost takes no classes but 0, 1, ...")
    ascending = np.array(sorted(labels))
    assert fit(make(library), y=ascending[y]) == fit(make(library))


@every_library
@pytest.mark.parametrize("kind", [sparse.csr_matrix, pd.DataFrame])
def test_kinds_of_data(library, kind):
    assert fit(make(library), X=kind(X)) == fit(make(library))


@every_library
def test_categories(library):
    frame = pd.DataFrame({"number": X[:, 0], "letter": np.array(list("abc"))[y + 1]})
    frame["letter"] = frame["letter"].astype("category")
    options = {"xgboost": {"enable_categorical": True}}
    options |= {"catboost": {"cat_features": ("letter",)}}
    n_best, _ = fit(make(library, **options.get(library, {})), X=frame)
    assert n_best >= 1


@every_library
def test_weights_of_rows_set_aside_count(library):
    # These weights let only the rows of one class decide: what is best differs.
    weight = np.ones(len(y))
    weight[ASIDE] = np.where(y[ASIDE] == 0, 1.0, 1e-3)
    model, plain = make(library), make(library)
    fit(model, sample_weight=weight)
    fit(plain)
    assert losses(model) != pytest.approx(losses(plain))


def losses(model):
    scores = list(model.evals_result_.values())[-1]
    return next(iter(scores.values()))[:2]


@every_library
def test_regression(library):
    n_best, n_run = fit(make(library, "Regressor"), y=X[:, 0] + y)
    assert 1 <= n_best <= n_run <= 60


def test_xgboost_prints_no_line_for_each_tree(capfd):
    fit(make("xgboost"))
    assert capfd.readouterr().out == ""


# ---- histogram boosting ----------------------------------------------------------


def test_histogram_boosting_stops_with_few_rows():
    model = hist()
    n_best, n_run = fit(model)
    assert n_best == n_run < 60
    assert model.validation_score_.size == n_best + 1


def test_weights_of_rows_set_aside_reach_histogram_boosting():
    weight = np.where(y == 0, 1.0, 1e-3)
    model, plain = hist(), hist()
    fit(model, sample_weight=weight)
    weight = weight.copy()
    weight[ASIDE] = 1
    fit(plain, sample_weight=weight)
    assert model.validation_score_[0] != pytest.approx(plain.validation_score_[0])


# ---- nets ------------------------------------------------------------------------


def net(**params):
    torch = pytest.importorskip("torch")
    skorch = pytest.importorskip("skorch")
    torch.manual_seed(0)
    return skorch.NeuralNetClassifier(
        torch.nn.Linear,
        module__in_features=6,
        module__out_features=2,
        criterion=torch.nn.CrossEntropyLoss,
        **{"max_epochs": 8, "verbose": 0, **params},
    )


def early_stopping(**params):
    callbacks = pytest.importorskip("skorch.callbacks")
    return callbacks.EarlyStopping(**{"patience": 2, "threshold": 10.0, **params})


def test_a_net_stops_by_the_rows():
    model = net(callbacks=[early_stopping(threshold_mode="abs")])
    assert fit(model) == (3, 3)


def test_a_net_that_takes_back_its_best_weights_says_their_epoch():
    best = early_stopping(threshold_mode="abs", load_best=True)
    n_best, n_run = fit(net(callbacks=[("es", best)]))
    assert n_best < n_run


def test_a_net_is_validated_on_the_rows_and_fitted_on_all_others():
    model = net(max_epochs=1)
    fit(model)
    batches = model.history[0]["batches"]
    assert sum(batch.get("train_batch_size", 0) for batch in batches) == 200
    assert sum(batch.get("valid_batch_size", 0) for batch in batches) == 100


# ---- all rows, nothing to stop by ------------------------------------------------


@pytest.mark.parametrize(
    ("library", "params", "name"),
    [
        ("xgboost", {}, "n_estimators"),
        ("lightgbm", {}, "n_estimators"),
        ("lightgbm", {"num_iterations": 50}, "num_iterations"),
        ("lightgbm", {"num_boost_round": 50}, "num_boost_round"),
        (
            "lightgbm",
            {"early_stopping_rounds": None, "early_stopping": 3},
            "n_estimators",
        ),
        ("catboost", {}, "iterations"),
        ("catboost", {"iterations": None, "num_trees": 50}, "num_trees"),
        ("catboost", {"use_best_model": True}, "iterations"),
    ],
)
def test_boosting_on_all_rows_has_as_many_trees_as_asked_for(library, params, name):
    if params.get("iterations", 1) is None:
        model = make(library, **params)
        own = {k: v for k, v in model.get_params().items() if v is not None}
        model = type(model)(**own)
    else:
        model = make(library, **params)
    model, _ = without_early_stopping(model, 7, {})
    model.fit(X, y)
    assert model.get_params()[name] == 7
    assert n_trees(model) == 7


def n_trees(model):
    if hasattr(model, "get_booster"):
        return model.get_booster().num_boosted_rounds()
    return model.tree_count_ if hasattr(model, "tree_count_") else model.n_estimators_


@pytest.mark.parametrize("prefix", ["", "lgbmclassifier__"])
def test_callbacks_given_to_fit_are_kept_but_for_early_stopping(prefix):
    lightgbm = pytest.importorskip("lightgbm")
    model = make("lightgbm", early_stopping_rounds=None)
    model = make_pipeline(model) if prefix else model
    log = lightgbm.log_evaluation(0)
    given = {f"{prefix}callbacks": [lightgbm.early_stopping(3), log], "other": 1}
    _, kept = without_early_stopping(model, 7, given)
    assert kept == {f"{prefix}callbacks": [log], "other": 1}


def test_callbacks_of_xgboost_are_kept_but_for_early_stopping():
    xgboost = pytest.importorskip("xgboost")
    log = xgboost.callback.EvaluationMonitor()
    stop = xgboost.callback.EarlyStopping(rounds=3)
    model = make("xgboost", early_stopping_rounds=None, callbacks=[stop, log])
    model, _ = without_early_stopping(model, 7, {})
    assert model.callbacks == [log]


def test_histogram_boosting_on_all_rows():
    model, _ = without_early_stopping(hist(early_stopping=True), 7, {})
    assert model.fit(X, y).n_iter_ == 7


def test_a_net_on_all_rows_keeps_its_other_callbacks():
    LRScheduler = pytest.importorskip("skorch.callbacks").LRScheduler
    others = [LRScheduler("StepLR", step_size=1), ("named", LRScheduler)]
    model = net(callbacks=[("es", early_stopping()), *others, early_stopping()])
    model.set_params(callbacks__es__patience=5)
    model, _ = without_early_stopping(model, 3, {})
    assert model.callbacks == others
    model.set_params(callbacks=None).fit(X, y)
    assert len(model.history) == 3
    assert "valid_loss" not in model.history[-1]


def test_an_unknown_number_stays():
    model, _ = without_early_stopping(make("xgboost"), None, {})
    assert (model.n_estimators, model.early_stopping_rounds) == (60, None)


@pytest.mark.parametrize("estimator", [SGDClassifier(), GradientBoostingClassifier()])
def test_other_estimators_stay_as_they_are(estimator):
    before = estimator.get_params()
    same, params = without_early_stopping(estimator, 7, {"a": 1})
    assert same is estimator
    assert same.get_params() == before
    assert params == {"a": 1}


# ---- who can take rows -----------------------------------------------------------


class Wraps(HistGradientBoostingRegressor):
    def fit(self, X, y):
        return super().fit(X, y)


@pytest.mark.parametrize(
    "estimator",
    [SGDClassifier(), GradientBoostingClassifier(), Wraps(), None, "passthrough"],
)
def test_who_can_take_none(estimator):
    assert early_stopping_of(estimator) is None


@every_library
def test_a_subclass_whose_fit_takes_none_of_the_library(library):
    base = type(make(library))

    class Own(base):
        def fit(self, X, y):
            return super().fit(X, y)

    class PassesOn(base):
        def fit(self, X, y, **params):
            return super().fit(X, y, **params)

    assert early_stopping_of(Own()) is None
    assert early_stopping_of(PassesOn()) is not None


def test_random_forests_of_xgboost_have_nothing_to_stop():
    xgboost = pytest.importorskip("xgboost")
    assert early_stopping_of(xgboost.XGBRFClassifier()) is None


# ---- what they are given, and what is asked of them: without a fit ---------------


def test_what_xgboost_has_for_each_row_goes_with_the_rows():
    given = {"sample_weight": 1, "base_margin": 2, "qid": 3, "other": 4}
    assert XGBoostStopping(None).arguments(None, Rows("X", "y", given, "y")) == {
        "eval_set": [("X", "y")],
        "verbose": False,
        "sample_weight_eval_set": [1],
        "base_margin_eval_set": [2],
        "eval_qid": [3],
    }


def test_what_lightgbm_has_for_each_row_goes_with_the_rows():
    given = {"sample_weight": 1, "init_score": 2, "other": 4}
    model = make("lightgbm", "Regressor")
    arguments = early_stopping_of(model).arguments(model, Rows("X", "y", given, "y"))
    assert arguments["eval_sample_weight"] == [1]
    assert arguments["eval_init_score"] == [2]
    assert "other" not in arguments


def test_classes_of_lightgbm_are_numbered_as_in_the_rows_that_are_fitted_on(
    monkeypatch,
):
    monkeypatch.setattr(_early_stopping, "_encodes_eval_y", lambda: False)
    model = make("lightgbm")
    rows = Rows("X", np.array(["c", "b"]), {}, np.array(["a", "b", "c"]))
    arguments = early_stopping_of(model).arguments(model, rows)
    if "eval_y" in arguments:
        assert arguments["eval_y"].tolist() == [2, 1]


def test_what_catboost_has_for_each_row_is_in_a_pool(monkeypatch):
    def pool(*data, **params):
        return data, params

    monkeypatch.setitem(sys.modules, "catboost", SimpleNamespace(Pool=pool))
    estimator = SimpleNamespace(
        get_params=lambda: {"cat_features": (1,), "text_features": (2,), "depth": 3}
    )
    by_row = {
        "baseline": 4,
        "group_id": 5,
        "group_weight": 6,
        "subgroup_id": 7,
    }
    rows = Rows("X", "y", {**by_row, "sample_weight": 8, "cat_features": (0,)}, "y")
    data, params = CatBoostStopping(None).arguments(estimator, rows)["eval_set"]
    assert data == ("X", "y")
    # What fit gets comes before what the estimator has.
    features = {"cat_features": (0,), "text_features": (2,)}
    assert params == {**features, **by_row, "weight": 8}


class EarlyStopping:
    load_best = True
    best_epoch_ = 3


class Other:
    pass


class WithIterations(BaseEstimator):
    def __init__(self, max_epochs=9, early_stopping="auto", callbacks=None):
        self.max_epochs = max_epochs
        self.early_stopping = early_stopping
        self.callbacks = callbacks

    def fit(self, X, y, X_val=None, Y_val=None, val_sample_weight=None):
        return self


def test_a_switch_is_on_if_it_is_set_or_searched():
    stopping, off = LightGBMStopping(None), WithIterations(early_stopping=None)
    assert not stopping.is_on(off, ())
    assert not stopping.is_on(off, {"max_epochs"})
    assert stopping.is_on(off, {"early_stopping_round"})
    assert stopping.is_on(WithIterations(early_stopping=3), ())
    assert not stopping.is_on(WithIterations(early_stopping=0, callbacks=[Other()]), ())
    stops = WithIterations(early_stopping=None, callbacks=[Other(), EarlyStopping()])
    assert stopping.is_on(stops, ())


def test_a_net_may_stop_by_any_callback():
    stopping = SkorchStopping()
    assert not stopping.is_on(WithIterations(), {"max_epochs"})
    assert stopping.is_on(WithIterations(callbacks=[Other()]), ())
    assert stopping.is_on(WithIterations(), {"callbacks__x__patience"})


@pytest.mark.parametrize(("load_best", "n_best"), [(True, 3), (False, 5)])
def test_a_net_predicts_with_its_last_epoch_unless_it_loads_its_best(load_best, n_best):
    callback = EarlyStopping()
    callback.load_best = load_best
    callbacks = [("other", Other()), ("es", callback)]
    net = SimpleNamespace(callbacks_=callbacks, history=[0] * 5)
    assert SkorchStopping().n_best(net) == n_best


def test_validation_rows_have_the_names_of_the_fit():
    stopping, model = ValidationRows(), WithIterations()
    rows = Rows("X", "y", {"sample_weight": 2}, "y")
    assert stopping.arguments(model, rows) == {
        "X_val": "X",
        "Y_val": "y",
        "val_sample_weight": 2,
    }
    assert model.early_stopping is True
    model.early_stopping = 7
    assert "val_sample_weight" not in stopping.arguments(model, Rows(1, 2, {}, 2))
    assert model.early_stopping == 7


def test_the_iterations_of_validation_rows_have_several_names():
    stopping, model = ValidationRows(), WithIterations()
    assert stopping.n_names(model) == ("max_epochs",)
    assert stopping.without(model, 4).get_params()["max_epochs"] == 4
    assert stopping.n_best(model) is None
    model.n_estimators_ = 6
    assert stopping.n_best(model) == 6
    model.n_iter_ = 5
    assert stopping.n_best(model) == 5


def test_an_estimator_without_a_number_of_iterations_stays_as_it_is():
    class Unlimited(BaseEstimator):
        pass

    model = Unlimited()
    assert ValidationRows().without(model, 4) is model


def test_nothing_is_left_of_callbacks_that_only_stop():
    model = WithIterations(callbacks=[EarlyStopping()])
    off = {"early_stopping_rounds": None, "callbacks": None}
    assert XGBoostStopping(None).off(model) == off
    given = {
        "callbacks": [EarlyStopping()],
        "early_stopping_rounds": 3,
        "use_best_model": True,
        "other": 1,
    }
    _, kept = without_early_stopping(WithIterations(), 7, given)
    assert kept == {"callbacks": None, "other": 1}
    pair = ["name", EarlyStopping()]  # as skorch takes it
    _, kept = without_early_stopping(WithIterations(), 7, {"callbacks": [pair]})
    assert kept == {"callbacks": None}


def test_a_class_takes_no_rows():
    assert early_stopping_of(WithIterations()) is not None
    assert early_stopping_of(WithIterations) is None
