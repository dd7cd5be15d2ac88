"""Evaluations that portfolios are made from, and how configurations are written.

A configuration is drawn from the default space of its estimator for the very data, as a
user's search would draw it. It is stored in the units of unknown data
(``space/defaults/_units.py``), so that it means the same on other data.
"""

import json
import signal
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from portfolio_data import CLASSIFICATIONS, MANY_CLASSES, REGRESSIONS, load
from sklearn.base import clone
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import (
    ElasticNet,
    LogisticRegression,
    Ridge,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from sklearn_automl.space import SearchSpace, default_space, nearest
from sklearn_automl.space.defaults import DataShape, unit_of

__all__ = ["PAIRS", "Pair", "Runs", "evaluate"]

# An evaluation that takes more CPU seconds is a failure.
_MOST_SECONDS = 10.0

_OWN, _OWN_IN_SPACE = -1, 0


# With many classes they take a second for each evaluation.
_ONE_TREE_PER_CLASS = {
    *("HistGradientBoostingClassifier", "LGBMClassifier", "XGBClassifier")
}


@dataclass(frozen=True)
class Pair:
    """An estimator and a task."""

    name: str
    make: Any
    task: str

    @property
    def key(self) -> str:
        """Name of the class."""
        return type(self.make()).__name__

    @property
    def data(self) -> list[str]:
        """Names of the tables."""
        if self.task == "regression":
            return list(REGRESSIONS)
        return [
            name
            for name in CLASSIFICATIONS
            if name not in MANY_CLASSES or self.name not in _ONE_TREE_PER_CLASS
        ]

    def space(self, X: Any = None, y: Any = None) -> SearchSpace:
        """Return the default space; of the target, only if that is a number."""
        # liblinear cannot be used with three classes, so the solver is left out.
        target = y if self.task == "regression" else None
        return SearchSpace(default_space(self.make(), X, target))


def _boosted(library: str, name: str) -> Any:
    def make() -> Any:
        module = __import__(library)
        quiet = {"verbose": -1} if library == "lightgbm" else {}
        return getattr(module, name)(n_jobs=1, random_state=0, **quiet)

    return make


def _seeded(cls: type, **options: Any) -> Any:
    return lambda: cls(random_state=0, **options)


# How the scores of forests are ordered hardly depends on the number of trees.
_TREES = {"n_estimators": 50}

_MAKERS = {
    "classification": [
        _seeded(RandomForestClassifier, **_TREES),
        _seeded(ExtraTreesClassifier, **_TREES),
        _seeded(HistGradientBoostingClassifier),
        _seeded(DecisionTreeClassifier),
        lambda: SVC(),
        lambda: KNeighborsClassifier(),
        _seeded(MLPClassifier),
        lambda: LogisticRegression(),
        _seeded(SGDClassifier),
        _boosted("xgboost", "XGBClassifier"),
        _boosted("lightgbm", "LGBMClassifier"),
    ],
    "regression": [
        _seeded(RandomForestRegressor, **_TREES),
        _seeded(ExtraTreesRegressor, **_TREES),
        _seeded(HistGradientBoostingRegressor),
        _seeded(DecisionTreeRegressor),
        lambda: SVR(),
        lambda: KNeighborsRegressor(),
        _seeded(MLPRegressor),
        lambda: Ridge(),
        lambda: ElasticNet(),
        _seeded(SGDRegressor),
        _boosted("xgboost", "XGBRegressor"),
        _boosted("lightgbm", "LGBMRegressor"),
    ],
}

PAIRS = [
    Pair(type(make()).__name__, make, task)
    for task, makers in _MAKERS.items()
    for make in makers
]


# ---- configurations ------------------------------------------------------------------

# What an estimator has where its own value is no number, or none of a list.
_IN_NUMBERS = {
    "max_depth": 30,
    "max_samples": 1.0,
    "n_estimators": 100,
    "learning_rate": 0.3,
    "min_child_weight": 1.0,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "gamma": 0.0,
    "reg_alpha": 0.0,
    "reg_lambda": 1.0,
    "hidden_layer_sizes": (128,),
}


def own_config(pair: Pair, space: SearchSpace, shape: DataShape) -> dict[str, Any]:
    """Return what in a space comes nearest to the estimator's own defaults."""
    own = pair.make().get_params()
    config: dict[str, Any] = {}
    for parameter in space.branches[0]:
        if not parameter.is_active(config):
            continue
        name = parameter.name
        value = own[name]
        if value == "scale":
            value = unit_of(pair.name, name, shape) / 30
        elif value == "sqrt" and not parameter.domain.is_categorical:
            value = 0.2
        elif value is None or isinstance(value, tuple):
            value = _IN_NUMBERS.get(name, value)
        config[name] = _near(parameter.domain, value)
    return config


def _near(domain: Any, value: Any) -> Any:
    try:
        return nearest(domain, value)
    except ValueError:
        return domain.from_unit(0.5)


def to_data(pair: Pair, config: dict[str, Any], shape: DataShape) -> dict[str, Any]:
    """Return a configuration as it is for data."""
    return {
        name: value * unit
        if (unit := unit_of(pair.name, name, shape)) != 1.0
        else value
        for name, value in config.items()
    }


def to_store(pair: Pair, config: dict[str, Any], shape: DataShape) -> dict[str, Any]:
    """Return a configuration of data as it is for unknown data."""
    return {
        name: value / unit
        if (unit := unit_of(pair.name, name, shape)) != 1.0
        else value
        for name, value in config.items()
    }


def inside(space: SearchSpace, config: dict[str, Any]) -> dict[str, Any]:
    """Return the nearest configuration of a space."""
    moved: dict[str, Any] = {}
    for parameter in space.branches[0]:
        if parameter.is_active(moved):
            moved[parameter.name] = _near(parameter.domain, config[parameter.name])
    return moved


# ---- evaluations ---------------------------------------------------------------------


class _TooLongError(Exception):
    pass


def _stop(*_: Any) -> None:
    raise _TooLongError


def evaluate(
    estimator: Any, X: np.ndarray, y: np.ndarray, task: str, division: int = 0
) -> dict[str, float] | None:
    """Return the scores of two folds together; None if a fit failed.

    Another ``division`` divides the rows in another way.
    """
    signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, _MOST_SECONDS)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            if task == "regression":
                return _r2(estimator, X, y, division)
            return _class_scores(estimator, X, y, division)
    # Whatever a library raises: the configuration is of no use.
    except Exception:  # noqa: BLE001
        return None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _r2(
    estimator: Any, X: np.ndarray, y: np.ndarray, division: int
) -> dict[str, float]:
    predicted = np.empty(len(y))
    for train, test in KFold(2, shuffle=True, random_state=division).split(X):
        fitted = clone(estimator).fit(X[train], y[train])
        predicted[test] = fitted.predict(X[test])
    score = 1 - np.sum((y - predicted) ** 2) / np.sum((y - y.mean()) ** 2)
    if not np.isfinite(score):
        raise ValueError("not finite")
    return {"r2": float(score)}


def _class_scores(
    estimator: Any, X: np.ndarray, y: np.ndarray, division: int
) -> dict[str, float]:
    """Return the accuracy and the log loss; the latter is an AUC without probabilities.

    Accuracy is what a search maximises if nothing is said, but it is a step function of
    few rows.
    """
    n_classes = len(np.unique(y))
    is_sure = not isinstance(estimator, SVC | SGDClassifier)
    values = np.empty((len(y), n_classes))
    labels = np.empty(len(y), dtype=int)
    folds = StratifiedKFold(2, shuffle=True, random_state=division)
    for train, test in folds.split(X, y):
        fitted = clone(estimator).fit(X[train], y[train])
        labels[test] = fitted.predict(X[test])
        if is_sure:
            values[test] = fitted.predict_proba(X[test])
            continue
        d = fitted.decision_function(X[test])
        values[test] = np.c_[-d, d] if d.ndim == 1 else d
    scores = {"accuracy": float(np.mean(labels == y))}
    if is_sure:
        scores["log_loss"] = -float(log_loss(y, np.clip(values, 1e-6, 1)))
        return scores
    one_hot = np.eye(n_classes)[y]
    scores["auc"] = float(roc_auc_score(one_hot, values, average="macro"))
    return scores


class Runs:
    """The evaluations, in a file with a line for each.

    Of each pair and table, number -1 is the estimator as it is, 0 the nearest of its
    space, and the others are drawn. With ``is_judged`` each one is evaluated by another
    division of the rows too.
    """

    def __init__(self, path: Path, is_judged: bool = False) -> None:
        self.path = path
        self.is_judged = is_judged
        self.lines: list[dict[str, Any]] = []
        if path.exists():
            self.lines = [json.loads(line) for line in path.read_text().splitlines()]
        self._data: dict[str, Any] = {}

    def data(self, name: str) -> tuple[np.ndarray, np.ndarray, DataShape]:
        """Return a table and what is known of it."""
        if name not in self._data:
            X, y = load(name)
            self._data[name] = X, y, DataShape.of(X, y)
        return self._data[name]

    def config(self, pair: Pair, name: str, number: int) -> dict[str, Any]:
        """Return the configuration of a number, as it is for the data."""
        if number == _OWN:
            return {}
        X, y, shape = self.data(name)
        space = pair.space(X, y)
        if number == _OWN_IN_SPACE:
            return own_config(pair, space, shape)
        seed = crc32(f"{pair.name} {name} {number}".encode())
        return space.sample(np.random.default_rng(seed))

    def add(
        self, pair: Pair, name: str, number: int, config: dict[str, Any], **more: Any
    ) -> None:
        """Evaluate a configuration of data, and write it down with something more."""
        X, y, shape = self.data(name)
        began = time.process_time()
        estimator = pair.make().set_params(**config)
        scores = evaluate(estimator, X, y, pair.task)
        if self.is_judged:
            more["judged"] = evaluate(estimator, X, y, pair.task, division=1)
        line = {
            "pair": pair.name,
            "data": name,
            "number": number,
            "config": to_store(pair, config, shape),
            "scores": scores,
            "seconds": round(time.process_time() - began, 3),
            **more,
        }
        self.lines.append(line)
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def fill(self, pairs: list[Pair], n_each: int, cpu_seconds: float) -> None:
        """Evaluate what is missing, for each pair as long as for each other one."""
        done = {(r["pair"], r["data"], r["number"]) for r in self.lines}
        spent: dict[str, float] = defaultdict(float)
        for r in self.lines:
            spent[r["pair"]] += r["seconds"]
        waiting = {p.name: self._missing(p, n_each, done) for p in pairs}
        by_name = {p.name: p for p in pairs}
        began = time.process_time()
        while waiting and time.process_time() - began < cpu_seconds:
            name = min(waiting, key=lambda key: spent[key])
            task = next(waiting[name], None)
            if task is None:
                del waiting[name]
                continue
            config = self.config(by_name[name], *task)
            self.add(by_name[name], *task, config)
            spent[name] += self.lines[-1]["seconds"]

    @staticmethod
    def _missing(
        pair: Pair, n_each: int, done: set[tuple[str, str, int]]
    ) -> Iterator[tuple[str, int]]:
        for number in range(_OWN, n_each + 1):
            for name in pair.data:
                if (pair.name, name, number) not in done:
                    yield name, number
