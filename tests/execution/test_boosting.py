"""Boosting of other libraries, continued on the rungs of a search."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import make_classification
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_automl.execution import hidden_names, other_names, own_amount
from sklearn_automl.execution._boosting import (
    FromSnapshot,
    LightGBMTrees,
    XGBoostTrees,
    _put_before,
    _shifted,
    boosting_growth,
    is_boosting,
)
from sklearn_automl.execution._growth import growth_of
from tests.execution import trials
from tests.execution.trials import Trials, make_classes, make_numbers

STEPS = (2, 4, 8)

# What keeps them silent, fast and reproducible; CatBoost derives its learning rate from
# the iterations if there is none.
XGBOOST = {"n_jobs": 1}
LIGHTGBM = {"n_jobs": 1, "verbose": -1, "min_child_samples": 5}
CATBOOST = {
    "thread_count": 1,
    "verbose": 0,
    "learning_rate": 0.1,
    "allow_writing_files": False,
}


def make(name, **options):
    """Return an estimator of the library that has this class, if it is installed."""
    library, defaults = {
        "XGB": ("xgboost", XGBOOST),
        "LGB": ("lightgbm", LIGHTGBM),
        "Cat": ("catboost", CATBOOST),
    }[name[:3]]
    return getattr(pytest.importorskip(library), name)(**{**defaults, **options})


def grow(folder, estimator, name, X, y, steps=STEPS, **options):
    return trials.grow(folder, estimator, name, X, y, steps, **options)


def margins(model, X):
    """Return what all trees add up to."""
    for option in ({"output_margin": True}, {"raw_score": True}):
        try:
            return model.predict(X, **option)
        except TypeError:
            pass
    return model.predict(X, prediction_type="RawFormulaVal")


def assert_same_trees(model, other, X):
    np.testing.assert_array_equal(margins(model, X), margins(other, X))
    np.testing.assert_array_equal(
        model.feature_importances_, other.feature_importances_
    )


def cold(estimator, X, y, n=STEPS[-1], name="n_estimators", **fit_params):
    return clone(estimator).set_params(**{name: n}).fit(X, y, **fit_params)


def n_trees(model):
    if hasattr(model, "get_booster"):
        return model.get_booster().num_boosted_rounds()
    if hasattr(model, "booster_"):
        return model.booster_.current_iteration()
    return model.tree_count_


def squared_error(y, predicted):
    return predicted - y, np.ones_like(y)


# ---- exact where nothing is drawn ------------------------------------------------

CLASSIFIERS = ["XGBClassifier", "LGBMClassifier", "CatBoostClassifier"]
REGRESSORS = ["XGBRegressor", "LGBMRegressor", "CatBoostRegressor"]
every_classifier = pytest.mark.parametrize("name", CLASSIFIERS)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("XGBClassifier", {}),
        ("XGBClassifier", {"tree_method": "exact"}),
        ("XGBClassifier", {"num_parallel_tree": 2}),
        ("XGBClassifier", {"eval_metric": ["logloss", "error"]}),
        ("XGBClassifier", {"monotone_constraints": (1, 0, 0, 0, 0, -1)}),
        ("XGBClassifier", {"scale_pos_weight": 3}),
        ("LGBMClassifier", {}),
        ("LGBMClassifier", {"class_weight": "balanced"}),
        ("LGBMClassifier", {"class_weight": {0: 1, 1: 3}}),
        ("LGBMClassifier", {"scale_pos_weight": 3}),
        ("CatBoostClassifier", {}),
        ("CatBoostClassifier", {"allow_writing_files": True}),
        ("CatBoostClassifier", {"auto_class_weights": "Balanced"}),
        ("CatBoostClassifier", {"boosting_type": "Ordered", "rsm": 0.5}),
        ("CatBoostClassifier", {"bootstrap_type": "Bernoulli", "subsample": 0.5}),
    ],
)
def test_a_classifier_is_as_one_fitted_at_once(name, options, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # CatBoost may write there
    X, y = make_classes()
    estimator = make(name, **options)
    model, units = grow(tmp_path / "models", estimator, "n_estimators", X, y)
    assert units == [2, 2, 4]
    assert_same_trees(model, cold(estimator, X, y), X)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("XGBRegressor", {}),
        ("XGBRegressor", {"objective": "reg:absoluteerror"}),
        ("XGBRegressor", {"objective": squared_error}),
        ("LGBMRegressor", {}),
        ("LGBMRegressor", {"objective": "quantile"}),
        ("LGBMRegressor", {"objective": squared_error}),
        ("CatBoostRegressor", {}),
        ("CatBoostRegressor", {"loss_function": "MAE"}),
    ],
)
def test_a_regressor_is_as_one_fitted_at_once(name, options, tmp_path):
    X, y = make_numbers()
    estimator = make(name, **options)
    model, units = grow(tmp_path, estimator, "n_estimators", X, y)
    assert units == [2, 2, 4]
    assert_same_trees(model, cold(estimator, X, y), X)


@every_classifier
def test_three_classes(name, tmp_path):
    X, _ = make_classes()
    y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0)
    estimator = make(name)
    model, units = grow(tmp_path, estimator, "n_estimators", X, y)
    assert units == [2, 2, 4]
    assert_same_trees(model, cold(estimator, X, y), X)


@pytest.mark.parametrize("name", ["LGBMClassifier", "CatBoostClassifier"])
def test_classes_may_be_strings(name, tmp_path):
    X, y = make_classes()
    y = np.array(["yes", "no"])[y]
    estimator = make(name)
    model, _ = grow(tmp_path, estimator, "n_estimators", X, y)
    assert_same_trees(model, cold(estimator, X, y), X)
    assert set(model.predict(X)) == {"yes", "no"}


@every_classifier
def test_weights_of_rows_count_in_every_continuation(name, tmp_path):
    X, y = make_classes()
    fit_params = {"sample_weight": np.linspace(0.1, 3, len(y))}
    estimator = make(name)
    model, units = grow(
        tmp_path, estimator, "n_estimators", X, y, fit_params=fit_params
    )
    assert units == [2, 2, 4]
    assert_same_trees(model, cold(estimator, X, y, **fit_params), X)


@pytest.mark.parametrize(
    ("name", "margin"),
    [("XGBClassifier", "base_margin"), ("CatBoostClassifier", "baseline")],
)
def test_a_start_that_is_given_for_each_row_counts_once(name, margin, tmp_path):
    X, y = make_classes()
    fit_params = {margin: np.linspace(-1, 1, len(y))}
    estimator = make(name)
    model, units = grow(
        tmp_path, estimator, "n_estimators", X, y, fit_params=fit_params
    )
    assert units == [2, 2, 4]
    assert_same_trees(model, cold(estimator, X, y, **fit_params), X)


def test_lightgbm_with_an_init_score_is_fitted_anew(tmp_path):
    """An ``init_model`` would take its place."""
    X, y = make_classes()
    fit_params = {"init_score": np.linspace(-1, 1, len(y))}
    estimator = make("LGBMClassifier")
    model, units = grow(
        tmp_path, estimator, "n_estimators", X, y, fit_params=fit_params
    )
    assert units == [2, 4, 8]
    assert_same_trees(model, cold(estimator, X, y, **fit_params), X)


@pytest.mark.parametrize(
    ("name", "options", "fit_params"),
    [
        ("XGBClassifier", {"enable_categorical": True}, {}),
        ("LGBMClassifier", {}, {}),
        ("CatBoostClassifier", {}, {"cat_features": ["letter"]}),
    ],
)
def test_categories_of_pandas(name, options, fit_params, tmp_path):
    pandas = pytest.importorskip("pandas")
    X, y = make_classes()
    frame = pandas.DataFrame(X[:, :3], columns=["a", "b", "c"])
    letters = np.random.RandomState(0).choice(list("qwertyuiop"), len(y))
    frame["letter"] = pandas.Categorical(letters)
    estimator = make(name, **options)
    model, units = grow(
        tmp_path, estimator, "n_estimators", frame, y, fit_params=fit_params
    )
    assert units == [2, 2, 4]
    assert_same_trees(model, cold(estimator, frame, y, **fit_params), frame)


@pytest.mark.parametrize("name", ["XGBRanker", "CatBoostRanker"])
def test_a_ranker_is_as_one_fitted_at_once(name, tmp_path):
    X, y = make_classes()
    groups = np.repeat(np.arange(8), 10)
    fit_params = {"qid" if name == "XGBRanker" else "group_id": groups}
    estimator = make(name)
    model, units = grow(
        tmp_path, estimator, "n_estimators", X, y, fit_params=fit_params
    )
    assert units == [2, 2, 4]
    np.testing.assert_array_equal(
        model.predict(X), cold(estimator, X, y, **fit_params).predict(X)
    )


@every_classifier
def test_the_last_step_of_a_pipeline_is_continued(name, tmp_path):
    X, y = make_classes()
    pipeline = Pipeline([("scale", StandardScaler()), ("model", make(name))])
    parameter = "model__n_estimators"
    model, units = grow(tmp_path, pipeline, parameter, X, y)
    assert units == [2, 2, 4]
    at_once = cold(pipeline, X, y, name=parameter)
    Xt = pipeline[:-1].fit_transform(X)
    assert_same_trees(model[-1], at_once[-1], Xt)


@every_classifier
def test_a_step_that_is_searched_is_continued(name, tmp_path):
    X, y = make_classes()
    pipeline = Pipeline([("scale", StandardScaler()), ("model", "passthrough")])
    params = {"model": make(name), "model__max_depth": 2}
    model, units = grow(tmp_path, pipeline, "model__n_estimators", X, y, params=params)
    assert units == [2, 2, 4]
    assert n_trees(model[-1]) == 8


# ---- every class has a verdict ---------------------------------------------------

VERDICTS = {
    "CatBoost": None,  # clone cannot copy it
    "CatBoostClassifier": "FromSnapshot",
    "CatBoostRanker": "FromSnapshot",
    "CatBoostRegressor": "FromSnapshot",
    "DaskLGBMClassifier": None,  # its fit is another one
    "DaskLGBMRanker": None,
    "DaskLGBMRegressor": None,
    "LGBMClassifier": "LightGBMTrees",
    "LGBMModel": "LightGBMTrees",
    "LGBMRanker": "LightGBMTrees",
    "LGBMRegressor": "LightGBMTrees",
    "XGBClassifier": "XGBoostTrees",
    "XGBModel": "XGBoostTrees",
    "XGBRFClassifier": None,  # its trees are those of a single round
    "XGBRFRegressor": None,
    "XGBRanker": "XGBoostTrees",
    "XGBRegressor": "XGBoostTrees",
}


@pytest.mark.parametrize("library", ["xgboost", "lightgbm", "catboost"])
def test_every_class_of_a_library_is_decided_on_as_its_verdict_says(library):
    package = pytest.importorskip(library)
    found = {}
    for name, Class in vars(package).items():
        if isinstance(Class, type) and hasattr(Class, "fit"):
            options = {"learning_rate": 0.1} if library != "catboost" else CATBOOST
            estimator = Class(options) if name == "CatBoost" else Class(**options)
            growth = growth_of(estimator, "n_estimators")
            found[name] = growth and type(growth).__name__
    assert found == {name: VERDICTS.get(name, "no verdict") for name in found}
    assert len(found) >= 4


# ---- samples of rows and columns -------------------------------------------------

SAMPLED = [
    ("XGBClassifier", {"subsample": 0.5}),
    ("XGBClassifier", {"colsample_bytree": 0.5}),
    ("XGBClassifier", {"subsample": 0.5, "seed": 3}),
    ("LGBMClassifier", {"subsample": 0.5, "subsample_freq": 1}),
    ("LGBMClassifier", {"colsample_bytree": 0.5}),
    ("LGBMClassifier", {"extra_trees": True, "extra_seed": 3}),
    ("LGBMClassifier", {"subsample": 0.5, "subsample_freq": 1, "bagging_seed": 3}),
]


def without_learning(name, options):
    """Return an estimator whose trees differ by their random samples alone.

    So small a rate leaves the gradients as they are.
    """
    X, y = make_classification(200, 30, n_informative=10, random_state=0)
    return make(name, learning_rate=1e-6, max_depth=2, **options), X, y


def trees_of(model):
    """Return what each tree splits, where, and how many rows that are."""
    if hasattr(model, "get_booster"):
        table = model.get_booster().trees_to_dataframe()
        number, columns = "Tree", ["Feature", "Split", "Cover"]
    else:
        table = model.booster_.trees_to_dataframe()
        number, columns = "tree_index", ["split_feature", "threshold", "count"]
    return [
        tree[columns].round(3).to_string(index=False)
        for _, tree in table.groupby(number)
    ]


@pytest.mark.parametrize(
    ("name", "options", "seed"),
    [
        *((*sampled, seed) for sampled in SAMPLED for seed in (None, 0)),
        (*SAMPLED[0], 5),
        (*SAMPLED[-1], 5),
    ],
)
def test_every_continuation_draws_its_own_samples(name, options, seed, tmp_path):
    pytest.importorskip("pandas")
    estimator, X, y = without_learning(name, options)
    estimator.set_params(random_state=seed)
    trial = Trials(tmp_path, estimator, "n_estimators", X, y)
    for start, stop in ((0, 3), (3, 6), (6, 9)):
        # XGBoost's random numbers are those of the process, if no other seed is set.
        make(name, random_state=seed, **options).fit(X, y)
        model, units = trial.run(start, stop)
        assert units == 3
    trees = trees_of(model)
    assert len(trees) == 9
    rungs = trees[:3], trees[3:6], trees[6:]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert rungs[one] != rungs[other]


@pytest.mark.parametrize(("name", "options"), SAMPLED)
def test_a_continuation_can_be_repeated(name, options, tmp_path):
    X, y = make_classes()
    estimator = make(name, random_state=0, **options)
    model, _ = grow(tmp_path / "alone", estimator, "n_estimators", X, y)
    trial = Trials(tmp_path / "among others", estimator, "n_estimators", X, y)
    for start, stop in zip((0, *STEPS), STEPS, strict=False):
        make(name, random_state=1, **options).fit(X, y)
        other, _ = trial.run(start, stop)
    assert_same_trees(model, other, X)


@pytest.mark.parametrize(("name", "options"), SAMPLED)
def test_the_seeds_are_as_they_were(name, options, tmp_path):
    estimator = make(name, random_state=7, **options)
    model, _ = grow(tmp_path, estimator, "n_estimators", *make_classes())
    expected = clone(estimator).set_params(n_estimators=8).get_params()
    assert repr(model.get_params()) == repr(expected)


def test_a_random_state_of_lightgbm_goes_on_by_itself(tmp_path):
    pytest.importorskip("pandas")
    estimator, X, y = without_learning("LGBMClassifier", SAMPLED[3][1])
    estimator.set_params(random_state=np.random.RandomState(0))
    model, _ = grow(tmp_path, estimator, "n_estimators", X, y, (3, 6))
    trees = trees_of(model)
    assert trees[:3] != trees[3:]
    assert isinstance(model.random_state, np.random.RandomState)


# ---- what is left is as after a fit at once --------------------------------------


@every_classifier
def test_the_parameter_is_the_total(name, tmp_path):
    model, _ = grow(tmp_path, make(name), "n_estimators", *make_classes())
    assert model.get_params()["n_estimators"] == 8
    assert n_trees(model) == 8


@every_classifier
def test_a_continued_model_can_be_pickled_and_cloned(name, tmp_path):
    X, y = make_classes()
    model, _ = grow(tmp_path, make(name), "n_estimators", X, y)
    assert_same_trees(pickle.loads(pickle.dumps(model)), model, X)
    assert_same_trees(clone(model).fit(X, y), model, X)


@pytest.mark.parametrize("name", ["XGBClassifier", "LGBMClassifier"])
@pytest.mark.filterwarnings("ignore:The argument 'eval_set' is deprecated")
def test_the_scores_of_all_rounds_are_there(name, tmp_path):
    X, y = make_classes()
    fit_params = {"eval_set": [(X.copy(), y.copy()), (X[:40], y[:40])]}
    if name == "XGBClassifier":
        fit_params["verbose"] = False
    estimator = make(name)
    model, units = grow(
        tmp_path, estimator, "n_estimators", X, y, fit_params=fit_params
    )
    assert units == [2, 2, 4]
    at_once = cold(estimator, X, y, **fit_params)
    assert model.evals_result_.keys() == at_once.evals_result_.keys()
    for which, metrics in at_once.evals_result_.items():
        for metric, values in metrics.items():
            np.testing.assert_allclose(model.evals_result_[which][metric], values)


def test_the_losses_of_all_iterations_of_catboost_are_there(tmp_path):
    X, y = make_classes()
    estimator = make("CatBoostClassifier")
    model, _ = grow(tmp_path, estimator, "iterations", X, y)
    at_once = cold(estimator, X, y, name="iterations")
    assert model.evals_result_ == at_once.evals_result_


def test_catboost_writes_nothing_where_it_may_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    estimator = make("CatBoostClassifier")
    before = estimator.get_params()
    model, _ = grow(tmp_path / "models", estimator, "iterations", *make_classes())
    assert [file.name for file in tmp_path.iterdir()] == ["models"]
    assert model.get_params() == {**before, "iterations": 8}


def test_catboost_writes_where_it_would(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "log"
    estimator = make("CatBoostClassifier", allow_writing_files=True, train_dir="log")
    grow(tmp_path / "models", estimator, "iterations", *make_classes())
    assert "learn_error.tsv" in {file.name for file in folder.iterdir()}


def test_the_files_of_snapshots_are_removed(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    grow(tmp_path / "models", make("CatBoostClassifier"), "iterations", *make_classes())
    assert list(Path(tmp_path, "tmp").iterdir()) == []


# ---- names -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("class_name", "name"),
    [
        ("LGBMClassifier", "num_iterations"),
        ("LGBMClassifier", "num_trees"),
        ("LGBMClassifier", "num_boost_round"),
        ("LGBMClassifier", "max_iter"),
        ("CatBoostClassifier", "iterations"),
        ("CatBoostClassifier", "num_boost_round"),
        ("CatBoostClassifier", "num_trees"),
    ],
)
def test_another_name_of_the_number_of_trees(class_name, name, tmp_path):
    X, y = make_classes()
    estimator = make(class_name)
    model, units = grow(tmp_path, estimator, name, X, y)
    assert units == [2, 2, 4]
    assert model.get_params()[name] == 8
    assert_same_trees(model, cold(estimator, X, y, name=name), X)


@pytest.mark.parametrize(
    ("class_name", "name"),
    [
        ("XGBClassifier", "num_boost_round"),  # it would be passed over in silence
        ("XGBClassifier", "max_depth"),
        ("LGBMClassifier", "num_leaves"),
        ("CatBoostClassifier", "depth"),
        ("CatBoostClassifier", "n_iter"),
    ],
)
def test_no_other_parameter_is_continued(class_name, name):
    assert boosting_growth(make(class_name), name) is None


def test_lightgbm_knows_the_names_that_it_is_said_to_know():
    aliases = pytest.importorskip("lightgbm.basic")._ConfigAliases
    estimator = make("LGBMClassifier")
    known = aliases.get("num_iterations")
    assert other_names(estimator, "n_estimators") == known - {"n_estimators"}


def test_catboost_knows_the_names_that_it_is_said_to_know():
    estimator = make("CatBoostClassifier")
    others = other_names(estimator, "iterations")
    assert others == {"n_estimators", "num_boost_round", "num_trees"}
    for other in others:
        with pytest.raises(Exception, match="only one of the parameters"):
            clone(estimator).set_params(iterations=3, **{other: 3}).fit(
                [[0], [1]], [0, 1]
            )


def test_names_within_a_pipeline():
    pipeline = Pipeline([("scale", StandardScaler()), ("m", make("CatBoostRegressor"))])
    others = other_names(pipeline, "m__iterations")
    assert others == {"m__n_estimators", "m__num_boost_round", "m__num_trees"}
    assert {"m__depth", "m__num_trees"} <= hidden_names(pipeline, "m__depth")
    assert hidden_names(pipeline, "n__iterations") == set()


@pytest.mark.parametrize(
    ("class_name", "options", "name", "amount"),
    [
        ("XGBClassifier", {}, "n_estimators", 100),
        ("XGBClassifier", {"n_estimators": 7}, "n_estimators", 7),
        ("XGBClassifier", {}, "max_depth", None),
        ("LGBMClassifier", {}, "n_estimators", 100),
        ("LGBMClassifier", {"n_estimators": 7}, "num_trees", 7),
        ("CatBoostClassifier", {}, "iterations", 1000),
        ("CatBoostClassifier", {}, "num_trees", 1000),
        ("CatBoostClassifier", {"n_estimators": 7}, "n_estimators", 7),
    ],
)
def test_the_amount_of_an_estimator(class_name, options, name, amount):
    estimator = make(class_name, **options)
    assert own_amount(estimator, name) == amount
    assert own_amount(Pipeline([("m", estimator)]), f"m__{name}") == amount


@pytest.mark.parametrize("class_name", REGRESSORS)
def test_a_default_is_the_librarys(class_name):
    X, y = make_numbers()
    estimator = make(class_name)
    assert n_trees(estimator.fit(X, y)) == own_amount(make(class_name), "n_estimators")


# ---- what is fitted from scratch -------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("XGBClassifier", {"early_stopping_rounds": 3}),
        ("XGBClassifier", {"callbacks": [print]}),
        ("XGBClassifier", {"booster": "dart"}),
        ("XGBClassifier", {"booster": "gblinear"}),
        ("XGBClassifier", {"process_type": "update"}),
        ("XGBClassifier", {"updater": "refresh"}),
        ("XGBClassifier", {"device": "cuda"}),
        ("XGBRanker", {"lambdarank_unbiased": True}),
        ("XGBRFClassifier", {}),
        ("XGBRFRegressor", {}),
        ("LGBMClassifier", {"early_stopping_round": 3}),
        ("LGBMClassifier", {"early_stopping_rounds": 3}),
        ("LGBMClassifier", {"early_stopping": 3}),
        ("LGBMClassifier", {"n_iter_no_change": 3}),
        ("LGBMClassifier", {"boosting_type": "dart"}),
        ("LGBMClassifier", {"boosting": "dart"}),
        ("LGBMClassifier", {"boosting_type": "rf"}),
        ("LGBMClassifier", {"boosting_type": "goss"}),
        ("LGBMClassifier", {"data_sample_strategy": "goss"}),
        ("LGBMClassifier", {"cegb_penalty_feature_coupled": [1.0] * 6}),
        ("LGBMClassifier", {"cegb_penalty_feature_lazy": [1.0] * 6}),
        ("LGBMClassifier", {"boost": "dart"}),
        ("LGBMClassifier", {"device": "gpu"}),
        ("LGBMClassifier", {"device_type": "gpu"}),
        ("CatBoostClassifier", {"learning_rate": None}),
        ("CatBoostClassifier", {"early_stopping_rounds": 3}),
        ("CatBoostClassifier", {"od_type": "Iter"}),
        ("CatBoostClassifier", {"od_wait": 3}),
        ("CatBoostClassifier", {"od_pval": 0.1}),
        ("CatBoostClassifier", {"use_best_model": True}),
        ("CatBoostClassifier", {"eval_fraction": 0.1}),
        ("CatBoostClassifier", {"task_type": "GPU"}),
        ("CatBoostClassifier", {"save_snapshot": True}),
        ("CatBoostClassifier", {"snapshot_file": "file"}),
    ],
)
def test_an_option_that_makes_another_process_of_it(name, options):
    estimator = make(name, **options)
    assert is_boosting(estimator)
    assert boosting_growth(estimator, "n_estimators") is None


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("XGBClassifier", {"early_stopping_rounds": None, "booster": "gbtree"}),
        ("LGBMClassifier", {"early_stopping_round": 0, "boosting": "gbdt"}),
        ("CatBoostClassifier", {"use_best_model": False, "task_type": "CPU"}),
        ("CatBoostClassifier", {"eta": 0.1, "learning_rate": None}),
    ],
)
def test_an_option_that_is_switched_off(name, options):
    assert boosting_growth(make(name, **options), "n_estimators") is not None


@pytest.mark.parametrize(
    ("name", "fit_params"),
    [
        ("XGBClassifier", lambda X, y: {"xgb_model": make("XGBClassifier").fit(X, y)}),
        ("LGBMClassifier", lambda X, y: {"callbacks": [lambda env: None]}),
        ("CatBoostClassifier", lambda X, y: {"eval_set": (X[:40], y[:40])}),
        ("CatBoostClassifier", lambda X, y: {"callbacks": [GoesOn()]}),
    ],
)
def test_a_fit_parameter_that_makes_another_process_of_it(name, fit_params, tmp_path):
    X, y = make_classes()
    fit_params = fit_params(X, y)
    estimator = make(name)
    model, units = grow(
        tmp_path, estimator, "n_estimators", X, y, fit_params=fit_params
    )
    assert units == [2, 4, 8]
    assert_same_trees(model, cold(estimator, X, y, **fit_params), X)


class GoesOn:
    def after_iteration(self, info):
        return True


@every_classifier
def test_a_class_with_a_fit_of_its_own_is_fitted_anew(name, tmp_path):
    class FitsOther(type(make(name))):
        def fit(self, X, y):
            return super().fit(X[::2], y[::2])

    estimator = FitsOther(**make(name).get_params())
    X, y = make_classes()
    model, units = grow(tmp_path, estimator, "n_estimators", X, y)
    assert units == [2, 4, 8]
    assert_same_trees(model, cold(estimator, X, y), X)


@every_classifier
def test_a_class_that_inherits_its_fit_is_continued(name):
    class Renamed(type(make(name))):
        pass

    estimator = Renamed(**make(name).get_params())
    assert boosting_growth(estimator, "n_estimators") is not None


def test_a_snapshot_of_other_defaults_is_left_aside(tmp_path):
    """From 200 iterations on CatBoost estimates leaves in another way."""
    X, y = make_classes()
    estimator = make("CatBoostClassifier", depth=1)
    model, units = grow(tmp_path, estimator, "iterations", X, y, (150, 199, 200, 210))
    assert units == [150, 49, 200, 10]
    assert_same_trees(model, cold(estimator, X, y, 210, "iterations"), X)


def test_what_catboost_refuses_is_refused_once(tmp_path, monkeypatch):
    fits = []
    fit = FromSnapshot._fit

    def counting(*args, **params):
        fits.append(1)
        fit(*args, **params)

    monkeypatch.setattr(FromSnapshot, "_fit", staticmethod(counting))
    estimator = make("CatBoostClassifier", depth=99)
    with pytest.raises(Exception, match="depth"):
        grow(tmp_path, estimator, "iterations", *make_classes())
    assert len(fits) == 1


@every_classifier
def test_a_lost_model_is_fitted_anew(name, tmp_path):
    X, y = make_classes()
    estimator = make(name)
    trial = Trials(tmp_path, estimator, "n_estimators", X, y)
    trial.run(0, 4)
    trial.model_store.discard([0])
    model, units = trial.run(4, 8)
    assert units == 8
    assert_same_trees(model, cold(estimator, X, y), X)


@every_classifier
def test_other_parameters_are_set_again(name, tmp_path):
    X, y = make_classes()
    params = {"max_depth": 2, "learning_rate": 0.3}
    estimator = make(name)
    model, units = grow(tmp_path, estimator, "n_estimators", X, y, params=params)
    assert units == [2, 2, 4]
    at_once = cold(clone(estimator).set_params(**params), X, y)
    assert_same_trees(model, at_once, X)


@every_classifier
def test_the_estimator_of_the_search_stays_unfitted(name, tmp_path):
    estimator = make(name)
    before = repr(estimator.get_params())
    grow(tmp_path, estimator, "n_estimators", *make_classes())
    assert repr(estimator.get_params()) == before
    with pytest.raises(Exception, match="fit"):
        estimator.predict(make_classes()[0])


# ---- no worse where samples are drawn --------------------------------------------

BAGGED = {"subsample": 0.5, "subsample_freq": 1}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("XGBClassifier", {"subsample": 0.5}),
        ("XGBClassifier", {"subsample": 0.5, "colsample_bytree": 0.5}),
        ("LGBMClassifier", BAGGED),
        ("LGBMClassifier", {**BAGGED, "colsample_bytree": 0.5}),
    ],
)
def test_random_samples_of_continuations_are_as_good(name, options, tmp_path):
    """``benchmarks/bench_boosting.py`` has the numbers on real data."""
    differences = []
    for seed in range(20):
        X, y = make_classification(
            400, 12, n_informative=6, flip_y=0.1, random_state=seed
        )
        train, test = (X[:200], y[:200]), (X[200:], y[200:])
        estimator = make(name, random_state=seed, **options)
        folder, rungs = tmp_path / str(seed), (9, 27, 81)
        model, units = grow(folder, estimator, "n_estimators", *train, rungs)
        assert units == [9, 18, 54]
        differences.append(
            model.score(*test) - cold(estimator, *train, 81).score(*test)
        )
    error = np.std(differences, ddof=1) / np.sqrt(len(differences))
    assert np.mean(differences) > -2.5 * error


# ---- without a library: what a continuation is given -----------------------------


class NotesFits(BaseEstimator):
    """Notes the trees, the seeds and the arguments of each fit."""

    booster_ = "model"

    def __init__(self, n_estimators=9, random_state=None, seed=None, extra_seed=None):
        self.n_estimators = n_estimators
        self.random_state = random_state
        self.seed = seed
        self.extra_seed = extra_seed

    def get_booster(self):
        return "model"

    def fit(self, X, y, **given):
        self.fits_ = [*getattr(self, "fits_", []), (self.get_params(), given)]
        return self


def continued(Growth, estimator, *starts_and_stops, **given):
    """Return the units of each fit; the estimator has noted the rest."""
    growth = Growth("n_estimators")
    return [
        growth.fit(estimator, start, stop, None, [0], **given)
        for start, stop in starts_and_stops
    ]


@pytest.mark.parametrize(
    ("Growth", "names"),
    [
        (XGBoostTrees, ["xgb_model", "callbacks", "early_stopping_rounds"]),
        (
            LightGBMTrees,
            [
                "init_model",
                "init_score",
                "eval_init_score",
                "callbacks",
                "early_stopping_rounds",
            ],
        ),
    ],
)
def test_a_fit_that_is_given_one_of_these_is_no_continuation(Growth, names):
    for name in names:
        steps = [(0, 2), (2, 5)]
        assert continued(Growth, NotesFits(), *steps, **{name: [1]}) == [2, 5]
        assert continued(Growth, NotesFits(), *steps, **{name: None}) == [2, 3]


@pytest.mark.parametrize(
    "name",
    [
        "init_model",
        "callbacks",
        "early_stopping_rounds",
        "eval_set",
        "use_best_model",
        "save_snapshot",
        "snapshot_file",
    ],
)
def test_a_fit_of_catboost_with_one_of_these_makes_no_snapshot(name):
    estimator = NotesFits()
    assert continued(FromSnapshot, estimator, (2, 5), **{name: "given"}) == [5]
    ((_, given),) = estimator.fits_
    assert given == {name: "given"}


@pytest.mark.parametrize(
    ("seeds", "changed"),
    [
        ({}, {"random_state"}),
        ({"random_state": 3}, {"random_state"}),
        ({"seed": 3}, {"seed"}),
        ({"extra_seed": 3}, {"random_state", "extra_seed"}),
        ({"random_state": np.random.RandomState(0), "extra_seed": 3}, {"extra_seed"}),
        ({"random_state": np.int64(3)}, {"random_state"}),
    ],
)
def test_which_seeds_a_continuation_of_lightgbm_has_of_its_own(seeds, changed):
    estimator = NotesFits(**seeds)
    before = estimator.get_params()
    assert continued(LightGBMTrees, estimator, (0, 2), (2, 5), (5, 9)) == [2, 3, 4]
    # As before, and the total of the trees.
    assert estimator.get_params() == {**before, "n_estimators": 9}
    first, *later = [params for params, _ in estimator.fits_]
    assert first == before
    assert [params["n_estimators"] for params in later] == [3, 4]
    for params in later:
        del params["n_estimators"]
        assert {name for name in params if params[name] is not before[name]} == changed
    for name in changed:
        assert later[0][name] != later[1][name]
    assert [given for _, given in estimator.fits_] == [{}] + [
        {"init_model": "model"}
    ] * 2


def test_the_seed_of_a_continuation_is_that_of_its_start():
    assert _shifted(None, 4) == _shifted(0, 4) != _shifted(0, 5)
    assert _shifted(-3, 4) == _shifted(3, 4) != _shifted(2, 4)
    seeds = [_shifted(seed, 4) for seed in range(50)]
    assert max(seeds) < 2**31
    # A fit with the same start and another end draws the same samples.
    fits = []
    for stop in (4, 6):
        estimator = NotesFits(random_state=1)
        continued(LightGBMTrees, estimator, (0, 2), (2, stop))
        fits.append(estimator.fits_[-1][0]["random_state"])
    assert fits[0] == fits[1]


def test_scores_of_earlier_rounds_come_before_those_of_later_ones():
    later = {"a": {"loss": [3.0]}, "b": {"loss": [4.0]}}
    _put_before({"a": {"loss": [1.0, 2.0]}, "c": {"loss": [9.0]}}, later)
    assert later == {"a": {"loss": [1.0, 2.0, 3.0]}, "b": {"loss": [4.0]}}


def test_scores_that_are_kept_are_not_those_of_the_estimator():
    class Scores(NotesFits):
        def fit(self, X, y, **given):
            # As some releases do: the same object is filled again.
            scores = self.__dict__.setdefault("evals_result_", {"a": {"loss": []}})
            scores["a"]["loss"] = [float(self.n_estimators)]
            return super().fit(X, y, **given)

    estimator = Scores()
    estimator.set_params(n_estimators=2)
    continued(LightGBMTrees, estimator, (0, 2), (2, 5), (5, 9))
    assert estimator.evals_result_ == {"a": {"loss": [2.0, 3.0, 4.0]}}
