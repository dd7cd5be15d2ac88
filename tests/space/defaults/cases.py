"""Every estimator that has a default space, with data that it can be fitted on."""

import warnings

import numpy as np
from scipy.sparse import csr_array
from sklearn import base
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.preprocessing import StandardScaler
from sklearn.utils import all_estimators

from sklearn_automl.space import SearchSpace
from sklearn_automl.space.defaults._composition import _RULES, _WRAPPERS

ESTIMATORS = {
    name: cls
    for name, cls in all_estimators()
    if name in _RULES["sklearn"] and name not in _WRAPPERS
}
MODELS = sorted(n for n, c in ESTIMATORS.items() if hasattr(c, "predict"))
TRANSFORMERS = sorted(n for n in ESTIMATORS if n not in MODELS)
# Without these, one fit of each takes most of the time of the tests.
_FAST = {
    "AdaBoostClassifier": {"n_estimators": 5},
    "AdaBoostRegressor": {"n_estimators": 5},
    "ExtraTreesClassifier": {"n_estimators": 3},
    "ExtraTreesRegressor": {"n_estimators": 3},
    "GradientBoostingClassifier": {"n_estimators": 3},
    "GradientBoostingRegressor": {"n_estimators": 3},
    "HistGradientBoostingClassifier": {"max_iter": 3},
    "HistGradientBoostingRegressor": {"max_iter": 3},
    "MLPClassifier": {"max_iter": 3},
    "MLPRegressor": {"max_iter": 3},
    "RandomForestClassifier": {"n_estimators": 3},
    "RandomForestRegressor": {"n_estimators": 3},
}
WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def make(name):
    """Return an estimator with default parameters, but for those that cost time."""
    params = _FAST.get(name, {})
    if name in {"RFE", "SelectFromModel"}:
        params = {"estimator": ESTIMATORS["DecisionTreeClassifier"]()}
    return ESTIMATORS[name](**params)


def is_classifier(name):
    return base.is_classifier(make(name))


def data_for(name, *, n_samples=90, n_classes=2, seed=0):
    """Return X and y that the estimator can be fitted on."""
    rng = np.random.default_rng(seed)
    if "Vectorizer" in name:
        texts = [" ".join(rng.choice(WORDS, 8)) for _ in range(n_samples)]
        return texts, rng.integers(2, size=n_samples)
    if name == "TfidfTransformer":
        return csr_array(rng.integers(3, size=(n_samples, 6))), None
    if is_classifier(name) or name in TRANSFORMERS:
        X, y = make_classification(
            n_samples=n_samples,
            n_features=9,
            n_informative=5,
            n_classes=n_classes,
            random_state=seed,
        )
    else:
        X, y = make_regression(n_samples, 9, noise=5, random_state=seed)
    if name.endswith("NB") and name != "GaussianNB":
        X = (X > 0).astype(int) + 1
        X[0] = 1  # of some categories there are none in most folds
    if name.endswith("Encoder"):
        X = rng.integers(5, size=X.shape).astype(str).astype(object)
    if name.endswith("Imputer"):
        X[rng.random(X.shape) < 0.1] = np.nan
    if name in {"PoissonRegressor", "GammaRegressor"}:
        y = np.exp((y - y.mean()) / y.std())
    if name.startswith("MultiTask"):
        y = np.column_stack([y, -y])
    return X, y


def scaled(X, name):
    is_numeric = isinstance(X, np.ndarray) and X.dtype.kind == "f"
    return StandardScaler().fit_transform(X) if is_numeric else X


def draw(space, n, seed=0):
    """Return n configurations."""
    rng = np.random.default_rng(seed)
    space = SearchSpace(space)
    return [space.sample(rng) for _ in range(n)]


def try_all(estimator, X, y, configs):
    """Fit with each configuration, and use the result."""
    for config in configs:
        model = clone(estimator).set_params(**clone(config, safe=False))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                model.fit(X, y)
                (model.predict if hasattr(model, "predict") else model.transform)(X)
            except Exception as error:
                raise AssertionError(f"{config} cannot be fitted: {error}") from error
