"""How estimators take an evaluation set, and stop by it: one class for each library.

No library is imported. An estimator is recognised by the names of its bases or by the
signature of its ``fit``.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache, partial
from inspect import Parameter, signature
from typing import Any, ClassVar

import numpy as np
from sklearn.base import is_classifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder

from sklearn_automl.execution._boosting import Library, library_of

__all__ = [
    "EarlyStopping",
    "Rows",
    "early_stopping_of",
    "without_early_stopping",
]


@dataclass(frozen=True)
class Rows:
    """Rows that nothing is fitted on, as the last step gets them.

    ``params`` are its parameters of ``fit`` for these rows, and ``y_fit`` is the target
    of the rows that are fitted on.
    """

    X: Any
    y: Any
    params: dict[str, Any]
    y_fit: Any


class EarlyStopping(ABC):
    """How one kind of estimator looks at rows that it is not fitted on."""

    #: Parameters of ``fit`` with a value for each row, and how the library calls those
    #: of the evaluation set.
    by_row: ClassVar[dict[str, str]] = {}
    #: Parameters that switch it on where they are set.
    switches: ClassVar[tuple[str, ...]] = ()
    #: Whether a fit that is to stop early fails without an evaluation set.
    needs_rows: ClassVar[bool] = False

    @abstractmethod
    def arguments(self, estimator: Any, rows: "Rows") -> dict[str, Any]:
        """Return the arguments of ``fit`` for these rows; may set parameters first."""

    @abstractmethod
    def n_names(self, estimator: Any) -> tuple[str, ...]:
        """Return how the number of iterations is called, the one in use first."""

    @abstractmethod
    def n_best(self, estimator: Any) -> int | None:
        """Return with how many iterations a fitted estimator predicts."""

    def n_run(self, estimator: Any) -> int | None:
        """Return how many iterations the fit has run."""
        return self.n_best(estimator)

    def is_on(self, estimator: Any, names: Collection[str]) -> bool:
        """Tell whether something stops a fit; ``names`` are set or searched besides."""
        params = estimator.get_params(deep=False)
        if any(params.get(name) or name in names for name in self.switches):
            return True
        return any(map(_is_early_stopping, params.get("callbacks") or ()))

    def fault_of(self, estimator: Any) -> str:  # noqa: ARG002
        """Say what in the parameters forbids an evaluation set; nothing if nothing."""
        return ""

    @abstractmethod
    def off(self, estimator: Any) -> dict[str, Any]:
        """Return the parameters with which nothing stops early."""

    def without(self, estimator: Any, n: int | None) -> Any:
        """Return an estimator that runs n iterations; as many as it has for None."""
        changes = self.off(estimator)
        if n is not None:
            changes[self.n_names(estimator)[0]] = n
        return estimator.set_params(**changes)

    def _by_row(self, rows: "Rows") -> dict[str, Any]:
        """Return what these rows have besides X and y."""
        return {
            name: rows.params[given]
            for given, name in self.by_row.items()
            if rows.params.get(given) is not None
        }


class _Boosting(EarlyStopping):
    """What the boosting libraries have in common."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def n_names(self, estimator):
        params = estimator.get_params()
        overridden = self._library.overridden
        names = sorted(self._library.names, key=lambda name: name == overridden)
        used = [name for name in names if params.get(name) is not None]
        return tuple(dict.fromkeys([*used, *names]))

    def n_run(self, estimator):
        for scores in getattr(estimator, "evals_result_", {}).values():
            for losses in scores.values():
                return len(losses)
        return self.n_best(estimator)


class XGBoostStopping(_Boosting):
    by_row: ClassVar = {
        "sample_weight": "sample_weight_eval_set",
        "base_margin": "base_margin_eval_set",
        "qid": "eval_qid",
    }
    switches = ("early_stopping_rounds",)
    needs_rows = True

    def arguments(self, estimator, rows):  # noqa: ARG002
        by_row = {name: [values] for name, values in self._by_row(rows).items()}
        # It prints a line for each tree otherwise.
        return {"eval_set": [(rows.X, rows.y)], "verbose": False, **by_row}

    def n_best(self, estimator):
        best = getattr(estimator.get_booster(), "best_iteration", None)
        if best is None:
            return int(estimator.get_booster().num_boosted_rounds())
        return int(best) + 1

    def off(self, estimator):
        callbacks = _others(estimator.callbacks)
        return {"early_stopping_rounds": None, "callbacks": callbacks or None}


class LightGBMStopping(_Boosting):
    by_row: ClassVar = {
        "sample_weight": "eval_sample_weight",
        "init_score": "eval_init_score",
    }
    switches = (
        "early_stopping_rounds",
        "early_stopping_round",
        "early_stopping",
        "n_iter_no_change",
    )
    needs_rows = True

    def arguments(self, estimator, rows):
        by_row = {name: [values] for name, values in self._by_row(rows).items()}
        # eval_set is deprecated in LightGBM 4.7.
        if not _takes(estimator.fit, "eval_X", sys.modules["lightgbm"].LGBMModel.fit):
            return {"eval_set": [(rows.X, rows.y)], **by_row}
        y = rows.y
        if is_classifier(estimator) and not _encodes_eval_y():
            y = LabelEncoder().fit(rows.y_fit).transform(y)
        return {"eval_X": rows.X, "eval_y": y, **by_row}

    def n_best(self, estimator):
        return int(estimator.best_iteration_ or estimator.n_estimators_)

    def off(self, estimator):
        params = estimator.get_params(deep=False)
        return {name: None for name in self.switches if params.get(name) is not None}


class CatBoostStopping(_Boosting):
    #: Those of a Pool, without which rows cannot have weights.
    by_row: ClassVar = {
        "sample_weight": "weight",
        "baseline": "baseline",
        "group_id": "group_id",
        "group_weight": "group_weight",
        "subgroup_id": "subgroup_id",
    }

    def arguments(self, estimator, rows):
        by_row = self._by_row(rows)
        if not by_row:
            return {"eval_set": (rows.X, rows.y)}
        params = {**estimator.get_params(), **rows.params}
        names = ("cat_features", "text_features", "embedding_features")
        features = {n: params[n] for n in names if params.get(n) is not None}
        # A Pool does not know the parameters of the estimator.
        pool = sys.modules["catboost"].Pool(rows.X, rows.y, **features, **by_row)
        return {"eval_set": pool}

    def is_on(self, estimator, names):  # noqa: ARG002
        return True  # it keeps the best iterations, whether it runs all of them or not

    def n_best(self, estimator):
        return int(estimator.tree_count_)

    def off(self, estimator):
        # Without an evaluation set its other options do nothing.
        params = estimator.get_params()
        return {"use_best_model": False} if params.get("use_best_model") else {}


class ValidationRows(EarlyStopping):
    """``fit(X_val=..., y_val=...)``: histogram boosting, and others that have these."""

    _N_NAMES = ("max_iter", "n_estimators", "n_iter", "iterations", "max_epochs")

    def arguments(self, estimator, rows):
        if estimator.get_params(deep=False).get("early_stopping") == "auto":
            # "auto" would not stop with 10,000 rows or fewer.
            estimator.set_params(early_stopping=True)
        parameters = signature(estimator.fit).parameters
        y_name = "y_val" if "y_val" in parameters else "Y_val"
        arguments = {"X_val": rows.X, y_name: rows.y}
        weight = rows.params.get("sample_weight")
        for name in ("sample_weight_val", "val_sample_weight"):
            if name in parameters and weight is not None:
                arguments[name] = weight
        return arguments

    def n_names(self, estimator):
        params = estimator.get_params(deep=False)
        return tuple(name for name in self._N_NAMES if name in params)

    def n_best(self, estimator):
        for name in ("n_iter_", "n_estimators_"):
            n = getattr(estimator, name, None)
            if n is not None:
                return int(n)
        return None

    def is_on(self, estimator, names):  # noqa: ARG002
        return True

    def fault_of(self, estimator):
        if estimator.get_params(deep=False).get("early_stopping") is False:
            return "early_stopping=False"
        return ""

    def off(self, estimator):
        params = estimator.get_params(deep=False)
        return {"early_stopping": False} if "early_stopping" in params else {}

    def without(self, estimator, n):
        return super().without(estimator, n if self.n_names(estimator) else None)


class SkorchStopping(EarlyStopping):
    """``train_split``, which gives a net its validation rows."""

    def arguments(self, estimator, rows):
        aside = estimator.get_dataset(rows.X, rows.y)
        estimator.set_params(train_split=partial(_validate_on, aside))
        return {}

    def n_names(self, estimator):  # noqa: ARG002
        return ("max_epochs",)

    def n_best(self, estimator):
        for _, callback in estimator.callbacks_:
            if _is_early_stopping(callback) and callback.load_best:
                return int(callback.best_epoch_)
        return self.n_run(estimator)

    def n_run(self, estimator):
        return len(estimator.history)

    def is_on(self, estimator, names):
        # A callback of the user's own may stop a net too.
        return bool(estimator.callbacks) or any(
            n.startswith("callbacks") for n in names
        )

    def off(self, estimator):
        return {"train_split": None, "callbacks": _others(estimator.callbacks)}

    def without(self, estimator, n):
        names = {_name_of(c) for c in estimator.callbacks or () if _stops(c)}
        # skorch refuses options of a callback that is gone, so the net is made anew.
        params = {
            name: value
            for name, value in estimator.get_params(deep=False).items()
            if not (name.startswith("callbacks__") and name.split("__")[1] in names)
        }
        return super().without(type(estimator)(**params), n)


_OF_LIBRARY: dict[str, Callable[[Library], EarlyStopping]] = {
    "xgboost": XGBoostStopping,
    "lightgbm": LightGBMStopping,
    "catboost": CatBoostStopping,
}


def early_stopping_of(estimator: Any) -> EarlyStopping | None:
    """Return how ``estimator`` takes an evaluation set; None if it cannot."""
    if not hasattr(estimator, "fit") or isinstance(estimator, type):
        return None
    parameters = signature(estimator.fit).parameters
    library = library_of(estimator)
    if library is not None:
        names = {base.__name__ for base in type(estimator).__mro__}
        if library.never & names or not _takes(estimator.fit, "eval_set"):
            return None
        return _OF_LIBRARY[library.package](library)
    if hasattr(estimator, "initialize_module"):
        return SkorchStopping()
    if "X_val" in parameters and parameters.keys() & {"y_val", "Y_val"}:
        return ValidationRows()
    return None


def without_early_stopping(
    estimator: Any, n: int | None, fit_params: Mapping[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Return an estimator and parameters of ``fit`` for all rows and n iterations.

    Nothing is left to stop by. Where n is None the number of iterations stays.
    """
    if isinstance(estimator, Pipeline):
        name, step = estimator.steps[-1]
        step, fit_params = without_early_stopping(step, n, fit_params)
        estimator.steps[-1] = (name, step)
        return estimator, dict(fit_params)
    stopping = early_stopping_of(estimator)
    if stopping is None:
        return estimator, dict(fit_params)
    kept = {}
    for name, value in fit_params.items():
        own_name = name.rpartition("__")[2]
        if own_name == "callbacks":
            kept[name] = _others(value) or None
        elif own_name not in ("early_stopping_rounds", "use_best_model"):
            kept[name] = value
    return stopping.without(estimator, n), kept


def _validate_on(aside, dataset, *_, **__):
    """Split as skorch's ``train_split`` does: fit on all rows, validate on others."""
    return dataset, aside


def _takes(fit: Callable[..., Any], name: str, inherited: Any = None) -> bool:
    """Tell whether ``fit`` has a parameter, or passes it to an inherited ``fit``."""
    parameters = signature(fit).parameters
    if name in parameters:
        return True
    takes_any = any(p.kind is Parameter.VAR_KEYWORD for p in parameters.values())
    return takes_any and (inherited is None or _takes(inherited, name))


@cache
def _encodes_eval_y() -> bool:
    """Tell whether LightGBM makes numbers of the classes of ``eval_y``, as of y.

    Where it does not, it stops by wrong losses, or raises if classes are strings.
    """
    # See https://github.com/lightgbm-org/LightGBM/issues/7400
    model = sys.modules["lightgbm"].LGBMClassifier(
        n_estimators=1, min_child_samples=1, n_jobs=1, verbose=-1
    )
    X, y = np.array([[0.0], [1.0]]), np.array(["a", "b"])
    try:
        model.fit(X, y, eval_X=X.copy(), eval_y=y.copy())
    except ValueError:
        return False
    return True


def _others(callbacks):
    """Return those of the callbacks that do not stop a fit."""
    return None if callbacks is None else [c for c in callbacks if not _stops(c)]


def _stops(callback):
    named = isinstance(callback, tuple | list) and len(callback) == 2
    return _is_early_stopping(callback[1] if named else callback)


def _is_early_stopping(callback):
    kind = callback if isinstance(callback, type) else type(callback)
    names = {base.__name__ for base in kind.__mro__}
    return bool(names & {"EarlyStopping", "_EarlyStoppingCallback"})


def _name_of(callback):
    """Return how skorch calls a callback."""
    if isinstance(callback, tuple | list):
        return callback[0]
    return callback.__name__ if isinstance(callback, type) else type(callback).__name__
