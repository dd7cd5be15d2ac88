"""The portfolios that the package ships."""

import functools
import json
import tomllib
from fnmatch import fnmatch
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.compose import TransformedTargetRegressor, make_column_transformer
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import GammaRegressor, LogisticRegression, Ridge
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import all_estimators

import sklearn_automl
from sklearn_automl import ASHASearchCV
from sklearn_automl.space import SearchSpace, default_space
from sklearn_automl.storage import _portfolio, default_portfolio

PACKAGE = Path(sklearn_automl.__file__).parent
FILE = PACKAGE / "storage" / "portfolios" / "portfolios.json"
CONTENT = json.loads(FILE.read_text(encoding="utf-8"))
SHIPPED = [(task, name) for task, its in CONTENT.items() for name in its]
# Some have a space that depends on their number of values.
BOOSTED = {"xgboost", "lightgbm"}


@functools.cache
def classes_of_sklearn():
    return dict(all_estimators())


def estimator_of(name):
    package, _, cls = name.partition(".")
    if package in BOOSTED:
        pytest.importorskip(package)
        return getattr(import_module(package), cls)()
    return classes_of_sklearn()[cls]()


# ---- what is shipped ---------------------------------------------------------------


@pytest.mark.parametrize(("task", "name"), SHIPPED)
def test_every_configuration_is_in_the_default_space_of_its_estimator(task, name):
    estimator = estimator_of(name)
    space = SearchSpace(default_space(estimator))
    portfolio = default_portfolio(estimator, task)
    for config, written in zip(portfolio, CONTENT[task][name], strict=True):
        assert config in space
        estimator.set_params(**config)
        # Nothing had to be moved into the space.
        assert json.loads(json.dumps(config)) == written


@pytest.mark.parametrize(("task", "name"), SHIPPED)
def test_configurations_are_ordered_and_different(task, name):
    configs = CONTENT[task][name]
    assert 8 <= len(configs) <= 16
    assert all(c not in configs[:i] for i, c in enumerate(configs))


def test_there_are_ten_estimators_and_the_file_is_small():
    names = {name for _, name in SHIPPED}
    assert len(names) >= 20
    assert {name.partition(".")[0] for name in names} == {"sklearn", *BOOSTED}
    assert FILE.stat().st_size < 150_000


def test_the_wheel_has_the_file():
    project = Path(PACKAGE.parent / "pyproject.toml")
    if not project.exists():
        pytest.skip("not a checkout")
    tools = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]
    patterns = tools["setuptools"]["package-data"]["sklearn_automl"]
    shipped = FILE.relative_to(PACKAGE).as_posix()
    assert any(fnmatch(shipped, pattern) for pattern in patterns)


def test_the_file_is_not_read_until_somebody_asks():
    _portfolio._read.cache_clear()
    X, y = np.arange(20.0)[:, None], np.arange(20) % 2
    ASHASearchCV(SVC(), {"C": [1, 2]}, cv=2, resource=None).fit(X, y)
    assert _portfolio._read.cache_info().misses == 0
    default_portfolio(SVC())
    assert _portfolio._read.cache_info().misses == 1


# ---- which estimators --------------------------------------------------------------


def test_the_task_is_that_of_the_estimator():
    assert default_portfolio(SVC()) == default_portfolio(SVC(), "classification")
    assert default_portfolio(SVR()) == default_portfolio(SVR(), "regression")


@pytest.mark.parametrize(
    ("estimator", "prefix"),
    [
        (make_pipeline(StandardScaler(), SVC()), "svc__"),
        (make_pipeline(make_column_transformer(("drop", [0])), SVC()), "svc__"),
        (make_pipeline(StandardScaler(), make_pipeline(SVC())), "pipeline__svc__"),
        (OneVsRestClassifier(SVC()), "estimator__"),
        (type("Own", (SVC,), {})(), ""),
    ],
    ids=["pipeline", "column transformer", "nested", "one versus rest", "subclass"],
)
def test_names_have_the_prefix_of_their_step(estimator, prefix):
    alone = default_portfolio(SVC())
    expected = [{prefix + k: v for k, v in config.items()} for config in alone]
    assert default_portfolio(estimator) == expected


def test_a_target_that_is_transformed_has_no_known_scale():
    X, y = np.arange(8.0)[:, None], 1e6 * np.arange(8.0)
    whole = TransformedTargetRegressor(SVR(), transformer=StandardScaler())
    configs = default_portfolio(whole, X=X, y=y)
    assert [c["regressor__C"] for c in configs] == [
        c["C"] for c in default_portfolio(SVR())
    ]


def test_several_parts_have_one_configuration_together():
    parts = [("a", SVC()), ("b", LogisticRegression())]
    configs = default_portfolio(VotingClassifier(parts))
    svc, linear = default_portfolio(SVC()), default_portfolio(LogisticRegression())
    for config, a, b in zip(configs, svc, linear, strict=False):
        expected = {f"a__{k}": v for k, v in a.items()}
        assert config == expected | {f"b__{k}": v for k, v in b.items()}


def test_what_the_user_has_set_is_left_out(monkeypatch):
    shipped = [{"C": 1.0, "gamma": 0.25}, {"C": 2.0, "gamma": 0.25}]
    known = {"classification": {"sklearn.SVC": shipped}}
    monkeypatch.setattr(_portfolio, "_read", lambda: known)
    assert default_portfolio(SVC(C=3)) == [{"gamma": 0.25}]
    assert default_portfolio(SVC(gamma=1)) == [{"C": 1.0}, {"C": 2.0}]


@pytest.mark.parametrize(
    ("estimator", "task", "words"),
    [
        (
            GammaRegressor(),
            None,
            ["GammaRegressor (regression).", "Ridge, ", "a list"],
        ),
        (SVC(), "regression", ["SVC (regression).", "SVR"]),
        (KMeans(), None, ["for KMeans.", "SVC", "SVR", "None."]),
        (
            make_pipeline(SVC(), StandardScaler()),
            None,
            ["for StandardScaler, the last step of the Pipeline. "],
        ),
        (SVC(), "clustering", ["task='clustering'", "'regression'"]),
    ],
)
def test_an_estimator_without_one_is_told(estimator, task, words):
    with pytest.raises(ValueError) as error:  # noqa: PT011  (the words are checked)
        default_portfolio(estimator, task)
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize("wrong", [SVC, "SVC", None])
def test_a_class_is_no_estimator(wrong):
    with pytest.raises(TypeError, match="estimator must be an estimator object"):
        default_portfolio(wrong)


# ---- values that depend on the data -------------------------------------------------


def test_gamma_is_a_multiple_of_scale():
    rng = np.random.default_rng(0)
    alone = [c["gamma"] for c in default_portfolio(SVC())]
    for n_features, spread in [(3, 1.0), (60, 1.0), (30, 10.0)]:
        X = rng.normal(scale=spread, size=(500, n_features))
        ratio = 30 / n_features / spread**2
        found = [c["gamma"] for c in default_portfolio(SVC(), X=X)]
        assert found == pytest.approx([g * ratio for g in alone], rel=0.05)


def test_margins_are_in_units_of_the_target():
    X, y = np.arange(50.0)[:, None], 1e3 * np.random.default_rng(0).normal(size=50)
    alone = default_portfolio(SVR())
    for a, b in zip(alone, default_portfolio(SVR(), X=X, y=y), strict=True):
        for name in ("C", "epsilon"):
            assert b[name] == pytest.approx(a[name] * y.std())


def test_values_stay_in_the_range_that_data_have():
    tree = DecisionTreeClassifier()
    X, y = np.zeros((20, 2)), np.arange(20) % 2
    space = SearchSpace(default_space(tree, X, y))
    assert all(config in space for config in default_portfolio(tree, X=X, y=y))


def test_what_is_returned_is_the_users():
    default_portfolio(Ridge())[0]["alpha"] = -1
    assert default_portfolio(Ridge())[0]["alpha"] > 0
