"""No configuration of a default space fails, whatever the estimator."""

import numpy as np
import pytest

from sklearn_automl.space import SearchSpace, default_space
from sklearn_automl.space.defaults._boosting_libraries import (
    CATBOOST,
    LIGHTGBM,
    XGBOOST,
)
from sklearn_automl.space.defaults._composition import _RULES, _WRAPPERS
from tests.space.defaults.cases import (
    ESTIMATORS,
    MODELS,
    TRANSFORMERS,
    data_for,
    draw,
    is_classifier,
    make,
    scaled,
    try_all,
)

# 30 configurations a case with `pytest -m slow`.
LENGTHS = [2, pytest.param(30, marks=pytest.mark.slow)]


def test_every_name_is_one_of_scikit_learn():
    assert set(_RULES["sklearn"]) == set(ESTIMATORS) | set(_WRAPPERS)


@pytest.mark.parametrize("n_configs", LENGTHS)
@pytest.mark.parametrize("name", MODELS)
def test_every_configuration_of_a_model_can_be_fitted(name, n_configs):
    X, y = data_for(name)
    X = scaled(X, name)
    estimator = make(name)
    try_all(estimator, X, y, draw(default_space(estimator, X, y), n_configs))


@pytest.mark.parametrize("n_configs", LENGTHS)
@pytest.mark.parametrize("name", MODELS)
def test_every_configuration_without_data_can_be_fitted(name, n_configs):
    X, y = data_for(name, n_classes=3)
    estimator = make(name)
    try_all(estimator, scaled(X, name), y, draw(default_space(estimator), n_configs))


@pytest.mark.parametrize("n_configs", LENGTHS)
@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("name", TRANSFORMERS)
def test_every_configuration_of_a_transformer_can_be_fitted(name, is_known, n_configs):
    X, y = data_for(name)
    estimator = make(name)
    space = default_space(estimator, *((X, y) if is_known else ()))
    try_all(estimator, X, y, draw(space, n_configs))


BOOSTERS = [
    *(("lightgbm", n, {"n_estimators": 3, "verbose": -1}) for n in LIGHTGBM),
    *(("xgboost", n, {"n_estimators": 3}) for n in XGBOOST),
    *(("catboost", n, {"iterations": 3, "verbose": 0}) for n in CATBOOST),
]


@pytest.mark.parametrize("n_configs", LENGTHS)
@pytest.mark.parametrize(
    ("library", "name", "params"), [b for b in BOOSTERS if "Ranker" not in b[1]]
)
def test_every_configuration_of_a_booster_can_be_fitted(
    library, name, params, n_configs, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)  # CatBoost writes files
    module = pytest.importorskip(library)
    estimator = getattr(module, name)(**params)
    like = "SVC" if "Classifier" in name else "SVR"
    X, y = data_for(like)
    space = default_space(estimator, X, y)
    assert not {"n_estimators", "iterations"} & set(space)  # the user's
    assert len(space) > 3
    try_all(estimator, X, y, draw(space, n_configs))


@pytest.mark.parametrize("name", MODELS)
def test_the_user_value_of_any_parameter_is_kept(name):
    X, y = data_for(name)
    space = default_space(make(name), X, y)
    for parameter, value in draw(space, 1)[0].items():
        if value == make(name).get_params()[parameter]:
            continue
        estimator = make(name).set_params(**{parameter: value})
        assert parameter not in default_space(estimator, X, y)


@pytest.mark.parametrize("name", [n for n in MODELS if is_classifier(n)])
def test_a_few_rows_leave_a_space(name):
    X, y = np.zeros((4, 1)), np.array([0, 1, 0, 1])
    SearchSpace(default_space(make(name), X, y))


@pytest.mark.parametrize(
    "params",
    [
        {"solver": "saga"},
        {"solver": "liblinear"},
        {"solver": "newton-cg"},
        {"solver": "liblinear", "dual": True},
        {"C": np.inf},
    ],
    ids=repr,
)
def test_what_depends_on_the_solver_of_a_logistic_regression(params):
    X, y = data_for("LogisticRegression")
    estimator = make("LogisticRegression").set_params(**params)
    try_all(estimator, X, y, draw(default_space(estimator, X, y), 5))


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("LinearSVC", {"dual": True}),
        ("LinearSVC", {"dual": False}),
        ("LinearSVC", {"loss": "hinge"}),
        ("LinearSVC", {"penalty": "l1"}),
        ("LinearSVR", {"dual": True}),
        ("LinearDiscriminantAnalysis", {"solver": "lsqr"}),
        ("LinearDiscriminantAnalysis", {"shrinkage": 0.2}),
        ("LinearDiscriminantAnalysis", {"solver": "lsqr", "shrinkage": "auto"}),
        ("RandomForestClassifier", {"oob_score": True, "n_estimators": 40}),
        ("RandomForestClassifier", {"max_samples": 0.5}),
        ("RandomForestClassifier", {"bootstrap": False}),
        ("BaggingClassifier", {"oob_score": True, "n_estimators": 40}),
        ("MLPClassifier", {"solver": "lbfgs"}),
        ("SGDClassifier", {"penalty": "elasticnet"}),
        ("SGDClassifier", {"learning_rate": "constant"}),
        ("SGDClassifier", {"eta0": 0.1}),
        ("SGDRegressor", {"loss": "huber"}),
        ("KNeighborsClassifier", {"metric": "cosine"}),
        ("SVC", {"kernel": "linear"}),
        ("SVC", {"kernel": "sigmoid"}),
        ("SVR", {"kernel": "poly"}),
        ("KernelRidge", {"kernel": "cosine"}),
    ],
)
def test_what_the_user_has_set_decides_for_the_rest(name, params):
    X, y = data_for(name)
    X = scaled(X, name)
    estimator = make(name).set_params(**params)
    space = default_space(estimator, X, y)
    assert not params.keys() & space.keys()
    try_all(estimator, X, y, draw(space, 6))
