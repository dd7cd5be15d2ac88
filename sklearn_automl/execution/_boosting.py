"""How boosting of other libraries is continued: XGBoost, LightGBM and CatBoost.

None of them is imported. A class is recognised by the names of its bases, and it is
continued only if ``fit`` is the library's own.
"""

import copy
from abc import abstractmethod
from contextlib import nullcontext
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone

from sklearn_automl._sklearn_compat import catboost_writing_to
from sklearn_automl.execution._growth_base import Growth, plain_fit

__all__ = [
    "Library",
    "boosting_growth",
    "hidden_names",
    "is_boosting",
    "library_of",
    "other_names",
    "own_amount",
]


class MoreTrees(Growth):
    """Give the fitted model back to ``fit``, which adds the trees that are missing.

    Without random samples this is exact. With one seed every call would draw the same
    samples of rows and columns again, so that each continuation has its own.
    """

    #: The parameter of ``fit`` that takes a model.
    keyword: ClassVar[str]
    #: Names of the seed, and of those that follow from it where they are not set.
    main_seeds: ClassVar[tuple[str, ...]]
    other_seeds: ClassVar[tuple[str, ...]] = ()
    #: Parameters of ``fit`` with which a continuation would be another model.
    not_with: ClassVar[set[str]]

    def has_converged(self, estimator, start):  # noqa: ARG002
        return False  # a tree that has no split now may have one with other rows

    def fit(self, estimator, start, stop, X, y, **params):
        before, self.kept = self.kept, None
        if start == 0 or _any_given(params, self.not_with):
            plain_fit(estimator, X, y, **params)
            self.kept = self._state_of(estimator)
            return stop
        model, scores = before
        seeds = self._seeds(estimator)
        shifted = {name: _shifted(seed, start) for name, seed in seeds.items()}
        estimator.set_params(**{self.parameter: stop - start}, **shifted)
        try:
            plain_fit(estimator, X, y, **{**params, self.keyword: model})
        finally:
            self._set(estimator, {self.parameter: stop, **seeds})
        if scores:
            _put_before(scores, estimator.evals_result_)
        self.kept = self._state_of(estimator)
        return stop - start

    def paused(self, estimator):
        return clone(estimator)  # the model is kept beside it

    def _set(self, estimator: Any, params: dict[str, Any]) -> None:
        """Set parameters of a fitted estimator."""
        estimator.set_params(**params)

    def _state_of(self, estimator):
        scores = copy.deepcopy(getattr(estimator, "evals_result_", None))
        return self.model_of(estimator), scores

    @abstractmethod
    def model_of(self, estimator: Any) -> Any:
        """Return the library's model within a fitted estimator."""

    def _seeds(self, estimator: Any) -> dict[str, Any]:
        """Return the seeds to change. A RandomState draws another one by itself."""
        params = estimator.get_params(deep=False)
        given = {
            name: params[name]
            for name in (*self.main_seeds, *self.other_seeds)
            if params.get(name) is not None
        }
        if not given.keys() & set(self.main_seeds):
            given[self.main_seeds[0]] = None
        return {
            name: seed
            for name, seed in given.items()
            if seed is None or isinstance(seed, int | np.integer)
        }


class XGBoostTrees(MoreTrees):
    """``fit(xgb_model=...)``."""

    keyword = "xgb_model"
    main_seeds = ("random_state", "seed")
    not_with: ClassVar = {"xgb_model", "callbacks", "early_stopping_rounds"}

    def model_of(self, estimator):
        return estimator.get_booster()

    def _set(self, estimator, params):
        # set_params would give all parameters to the fitted trees, as they are. These
        # refuse a list of metrics and a dict of constraints.
        fresh = clone(estimator).set_params(**params)
        own = {*fresh.get_params(), "kwargs"}
        vars(estimator).update({k: v for k, v in vars(fresh).items() if k in own})


class LightGBMTrees(MoreTrees):
    """``fit(init_model=...)``, which would replace an ``init_score``."""

    keyword = "init_model"
    main_seeds = ("random_state", "seed", "random_seed")
    # A data_random_seed stays: it chooses the rows from which bins are made.
    other_seeds = (
        "bagging_seed",
        "bagging_fraction_seed",
        "feature_fraction_seed",
        "extra_seed",
        "objective_seed",
    )
    not_with: ClassVar = {
        "init_model",
        "init_score",
        "eval_init_score",
        "callbacks",
        "early_stopping_rounds",
    }

    def model_of(self, estimator):
        return estimator.booster_


class FromSnapshot(Growth):
    """Let CatBoost go on from the snapshot at the end of the last fit.

    Snapshots are for training that was interrupted, and are exact: they hold the state
    of the random numbers, the ordered predictions and the statistics of categories.
    ``init_model`` would begin all of that anew, with other results.
    """

    not_with: ClassVar = {
        "init_model",
        "callbacks",
        "early_stopping_rounds",
        "eval_set",  # the default is then to keep the best iteration only
        "use_best_model",
        "save_snapshot",
        "snapshot_file",
    }

    def has_converged(self, estimator, start):  # noqa: ARG002
        return False

    def paused(self, estimator):
        # A fitted CatBoost model refuses set_params. The snapshot has its trees.
        return clone(estimator)

    def fit(self, estimator, start, stop, X, y, **params):
        snapshot, self.kept = self.kept, None
        if _any_given(params, self.not_with):
            plain_fit(estimator, X, y, **params)
            return stop
        with TemporaryDirectory(prefix="sklearn_automl-") as folder:
            file = Path(folder, "snapshot")
            params |= {"save_snapshot": True, "snapshot_file": str(file)}
            continues = start > 0 and snapshot is not None
            if continues:
                file.write_bytes(snapshot)
            try:
                self._fit(estimator, folder, X, y, **params)
            except Exception as error:
                if not continues or type(error).__name__ != "CatBoostError":
                    raise
                # CatBoost refuses the snapshot if the data are equal to rounding only,
                # and at 200 iterations, where some of its defaults change.
                continues = False
                file.unlink(missing_ok=True)
                self._fit(estimator, folder, X, y, **params)
            self.kept = file.read_bytes()
        return stop - start if continues else stop

    @staticmethod
    def _fit(estimator, folder, X, y, **params):
        # CatBoost saves no snapshot if it may not write files.
        may_write = estimator.get_params().get("allow_writing_files", True)
        writing = nullcontext() if may_write else catboost_writing_to(estimator, folder)
        with writing:
            plain_fit(estimator, X, y, **params)


@dataclass(frozen=True)
class Library:
    """What is known of a library's scikit-learn classes.

    Parameters
    ----------
    package : str
        Its name in an import.

    bases : frozenset of str
        Each of the classes is one of these or has one as a base.

    module : str
        Where their ``fit`` is.

    growth : type of Growth
        How they are continued.

    names : tuple of str
        How the number of trees is called.

    options : dict
        With which values of an option more trees are the same process, besides None.

    n_trees : int
        The library's default.

    overridden : str
        Which of the names counts only if no other one is set, "" for none.

    needs_one_of : tuple of str
        Names of an option that has to be set.

    never : frozenset of str
        Classes whose trees are not added one after another.
    """

    package: str
    bases: frozenset[str]
    module: str
    growth: type[Growth]
    names: tuple[str, ...]
    options: dict[str, tuple[Any, ...]]
    n_trees: int = 100
    overridden: str = ""
    needs_one_of: tuple[str, ...] = ()
    never: frozenset[str] = frozenset()

    def is_continued(self, estimator: Any) -> bool:
        """Tell whether more trees can be added to what is fitted with few of them."""
        is_own = type(estimator).fit.__module__ == self.module
        if not is_own or self.never & _base_names(estimator):
            return False
        params = estimator.get_params()
        if self.needs_one_of and not _any_given(params, self.needs_one_of):
            return False
        return all(
            params.get(name) is None or params[name] in values
            for name, values in self.options.items()
        )


_LIBRARIES = {
    "xgboost": Library(
        package="xgboost",
        bases=frozenset({"XGBModel"}),
        module="xgboost.sklearn",
        growth=XGBoostTrees,
        names=("n_estimators",),
        options={
            "booster": ("gbtree",),  # "dart" drops trees, "gblinear" has none
            "callbacks": ([],),
            "device": ("cpu",),
            "early_stopping_rounds": (0,),
            "lambdarank_unbiased": (False,),  # the positions' biases would be lost
            "process_type": ("default",),
            "updater": (),
        },
        # Their n_estimators are the trees of a single round.
        never=frozenset({"XGBRFClassifier", "XGBRFRegressor"}),
    ),
    "lightgbm": Library(
        package="lightgbm",
        bases=frozenset({"LGBMModel"}),
        module="lightgbm.sklearn",
        growth=LightGBMTrees,
        names=(
            "n_estimators",
            "num_iterations",
            "num_iteration",
            "n_iter",
            "num_tree",
            "num_trees",
            "num_round",
            "num_rounds",
            "nrounds",
            "num_boost_round",
            "max_iter",
        ),
        overridden="n_estimators",
        options={
            "boosting_type": ("gbdt", "gbrt"),
            "boosting": ("gbdt", "gbrt"),
            "boost": ("gbdt", "gbrt"),
            "data_sample_strategy": ("bagging",),  # "goss" begins with all rows
            "device": ("cpu",),
            "device_type": ("cpu",),
            "early_stopping_round": (0,),
            "early_stopping_rounds": (0,),
            "early_stopping": (0,),
            "n_iter_no_change": (0,),
            # Features are charged for their first use.
            "cegb_penalty_feature_coupled": (),
            "cegb_penalty_feature_lazy": (),
        },
    ),
    "catboost": Library(
        package="catboost",
        bases=frozenset({"CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker"}),
        module="catboost.core",
        growth=FromSnapshot,
        names=("iterations", "n_estimators", "num_boost_round", "num_trees"),
        n_trees=1000,
        options={
            "early_stopping_rounds": (),
            "eval_fraction": (0,),
            "od_pval": (0,),
            "od_type": (),
            "od_wait": (),
            "save_snapshot": (False,),
            "snapshot_file": (),
            "task_type": ("CPU",),
            "use_best_model": (False,),
        },
        # Without it CatBoost derives the learning rate from the number of iterations.
        needs_one_of=("learning_rate", "eta"),
    ),
}


def is_boosting(estimator: Any) -> bool:
    """Tell whether an estimator is of one of these libraries."""
    return library_of(estimator) is not None


def boosting_growth(estimator: Any, parameter: str) -> Growth | None:
    """Return how ``estimator`` continues in ``parameter``; None if it cannot."""
    library = library_of(estimator)
    if library is None or parameter not in library.names:
        return None
    return library.growth(parameter) if library.is_continued(estimator) else None


def other_names(estimator: Any, parameter: str) -> set[str]:
    """Return which other parameters are the same amount as ``parameter``.

    Of two that are set, one is ignored or both are refused.
    """
    owner, prefix, name = _owner_of(estimator, parameter)
    library = library_of(owner)
    if library is None or name not in library.names:
        return set()
    return {prefix + other for other in library.names} - {
        parameter,
        prefix + library.overridden,
    }


def hidden_names(estimator: Any, parameter: str) -> set[str]:
    """Return what the owner of ``parameter`` takes, though get_params may not list it.

    LightGBM has names besides those of its constructor, and CatBoost lists only what
    was set.
    """
    owner, prefix, _ = _owner_of(estimator, parameter)
    library = library_of(owner)
    if library is None:
        return set()
    names = {*library.names, *signature(type(owner)).parameters} - {"kwargs"}
    return {prefix + name for name in names}


def own_amount(estimator: Any, parameter: str) -> Any:
    """Return an estimator's value of a parameter, or the default that it implies.

    XGBoost's is None, and CatBoost lists only what was set.
    """
    params = estimator.get_params()
    owner, prefix, name = _owner_of(estimator, parameter)
    library = library_of(owner)
    if library is None or name not in library.names:
        return params.get(parameter)
    values = (params.get(prefix + other) for other in (name, *library.names))
    return next((v for v in values if v is not None), library.n_trees)


def library_of(estimator: Any) -> Library | None:
    """Return the library that an estimator or one of its bases is of."""
    for base in type(estimator).__mro__:
        library = _LIBRARIES.get(base.__module__.partition(".")[0])
        if library is not None and base.__name__ in library.bases:
            return library
    return None


def _owner_of(estimator, parameter):
    """Return whose parameter it is, what its name begins with, and its name there."""
    path, delimiter, name = parameter.rpartition("__")
    if not delimiter:
        return estimator, "", name
    params = estimator.get_params() if hasattr(estimator, "get_params") else {}
    return params.get(path), path + delimiter, name


def _base_names(estimator):
    return {base.__name__ for base in type(estimator).__mro__}


def _any_given(params, names):
    return any(params.get(name) is not None for name in names)


def _shifted(seed, start):
    """Return a seed that no other continuation has; no seed is 0 in these libraries."""
    sequence = np.random.SeedSequence([abs(int(seed or 0)), start])
    return int(sequence.generate_state(1)[0] >> 1)  # they take 31 bits


def _put_before(earlier, later):
    """Put the scores of earlier rounds before those of later ones."""
    for name, metrics in later.items():
        for metric, values in metrics.items():
            values[:0] = earlier.get(name, {}).get(metric, [])
