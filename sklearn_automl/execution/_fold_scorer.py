"""One evaluation: fit and score a configuration on the folds. Runs in a worker."""

import copy
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple

from sklearn.base import clone

from sklearn_automl._sklearn_compat import (
    fit_and_score,
    fold_options,
    listening_scorer,
    num_samples,
)
from sklearn_automl.execution._continuation import Memory, fit_from, modules_of
from sklearn_automl.execution._eval_set import (
    EvalSet,
    Reached,
    evaluated_fit,
    rows_of,
)
from sklearn_automl.execution._evaluation import FoldResult, lost_fold, shortened
from sklearn_automl.execution._model_store import MemoryModels, ModelStore
from sklearn_automl.execution._predictions import OutOfFold, Predictor
from sklearn_automl.execution._prefix import PrefixUse, without_own_frames
from sklearn_automl.execution._prefix_cache import PrefixCache
from sklearn_automl.execution._resources import Resource
from sklearn_automl.execution._writable import (
    holds_objects,
    params_for_a_fold,
    rows_for_a_fold,
)

__all__ = ["FoldScorer", "FoldTask", "run_task"]


@dataclass(frozen=True, slots=True)
class FoldTask:
    """Some folds of one job; small, because it travels.

    ``starts`` has for each fold the amount of the resource to continue from (0: from
    scratch), ``amount`` is what each of them gets in all, and ``is_last`` tells that no
    continuation can follow.
    """

    trial_id: int
    params: dict[str, Any]
    amount: int
    is_last: bool
    splits: tuple[int, ...]
    starts: tuple[int, ...]
    contexts: tuple[Any, ...]


class _Rows(NamedTuple):
    """Numbers of the rows of a fold; ``key`` tells its training rows from others."""

    split: int
    train: Any
    aside: Any
    test: Any
    key: tuple[int, int]


@dataclass
class FoldScorer:
    """All that is the same for every evaluation of a search; sent to a worker once.

    Parameters
    ----------
    estimator : estimator
        What is fitted, without the parameters of a configuration.

    X, y : array-like
        All rows.

    splits : sequence of (ndarray, ndarray)
        Training and test rows of each fold.

    resource : Resource
        Says which rows and parameters an evaluation gets.

    scorer : callable
        scikit-learn's, for one metric or several.

    error_score : float or "raise"
        The score of a fit that raises, as in scikit-learn.

    fit_params, score_params : dict, default=None
        What is passed to ``fit`` and to the scorer; rows are selected as those of X.

    return_train_score : bool, default=False
        Whether training rows are scored too.

    verbose : int, default=0
        What scikit-learn prints of each fit.

    caller : estimator, default=None
        The search, where there are callbacks.

    translate : callable, default=None
        Makes the estimator's parameters of a configuration, and of the number of folds
        from this one on; None where a configuration is made of them already.

    model_store : ModelStore
        Where models wait for their continuation; a search gives that of its executor.

    share_prefix : bool, default=True
        Whether the first steps of a pipeline are fitted once for all configurations
        that share them.

    eval_set : EvalSet, default=None
        Which training rows are set aside, for the last step to stop early by.

    predictor : Predictor, default=None
        Makes out-of-fold predictions of what gets all of the resource; None for none.
    """

    estimator: Any
    X: Any
    y: Any
    splits: Sequence[tuple[Any, Any]]
    resource: Resource
    scorer: Any
    error_score: Any
    fit_params: dict[str, Any] | None = None
    score_params: dict[str, Any] | None = None
    return_train_score: bool = False
    verbose: int = 0
    caller: Any = None
    translate: Callable[[dict[str, Any], int], dict[str, Any]] | None = None
    model_store: ModelStore = field(default_factory=MemoryModels)
    share_prefix: bool = True
    eval_set: EvalSet | None = None
    predictor: Predictor | None = None
    n_splits: int = field(init=False)
    _prefixes: PrefixCache = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.n_splits = len(self.splits)
        self._prefixes = PrefixCache.beside(self.X)

    @cached_property
    def _have_objects(self) -> tuple[bool, bool]:
        """Whether X and y hold objects. Every cell is looked at, once in a worker."""
        return holds_objects(self.X), holds_objects(self.y)

    def for_a_fold(self) -> "FoldScorer":
        """Return the same, with data that one fold in another process may change."""
        own = copy.copy(self)  # what they have in common is what is cached
        X_has, y_has = self._have_objects
        if X_has:
            own.X = rows_for_a_fold(self.X)
        if y_has:
            own.y = rows_for_a_fold(self.y)
        n_samples = num_samples(self.X)
        own.fit_params = params_for_a_fold(self.fit_params, n_samples)
        own.score_params = params_for_a_fold(self.score_params, n_samples)
        return own

    def run(self, task: FoldTask) -> list[FoldResult]:
        """Fit and score the task's folds, one after another."""
        results = []
        folds = zip(task.splits, task.starts, task.contexts, strict=True)
        for split, start, context in folds:
            try:
                results.append(self._run_fold(task, split, start, context))
            except (Exception, KeyboardInterrupt):
                raise
            # ``sys.exit`` in a fit or a cancelled coroutine must not end the search.
            except BaseException as error:  # noqa: BLE001
                results.append(self.failed(error))
        return results

    def failed(self, error: BaseException) -> FoldResult:
        """Return the result of a fold that raised what scikit-learn does not catch.

        Raises
        ------
        RuntimeError
            With ``error_score="raise"``: the error itself would end more than the fit.
        """
        if self.error_score == "raise":
            raise RuntimeError(f"A fit raised {error!r}.") from error
        return lost_fold("".join(traceback.format_exception(error)))

    def _run_fold(
        self, task: FoldTask, split: int, start: int, context: Any
    ) -> FoldResult:
        began = time.perf_counter()
        own = dict(task.params)
        if self.translate is not None:
            own = self.translate(task.params, self.n_splits - split)
        parameters = {**own, **self.resource.parameters(task.amount)}
        errors: list[str] = []
        # Callbacks want to be called at every fit.
        is_shared = self.share_prefix and context is None
        prefix = PrefixUse(self._prefixes if is_shared else None)
        scorer = listening_scorer(
            self.scorer, self.error_score, errors.append, prefix.stand_in
        )
        rows = self._rows(split, task.amount)
        predictor = self.predictor if task.is_last else None
        outside = OutOfFold(predictor, prefix.stand_in)
        scorer = outside.watch(scorer)
        fit = partial(self._fit_and_score, rows, context, scorer, prefix, outside)
        reached = Reached()
        units, unsaved = task.amount, None
        if self.eval_set is not None:
            result, stop, reached = self._fit_evaluated(rows, parameters, fit, prefix)
            units = self._units(task.amount, reached)
        elif self.resource.parameter:
            result, stop, units, unsaved = self._continue(
                task, split, start, parameters, fit, prefix
            )
        else:
            result, stop = fit(clone(self.estimator), parameters)
        return FoldResult(
            **_of_scikit_learn(result, errors),
            units=units,
            stop=stop,
            duration=time.perf_counter() - began,
            unsaved=unsaved,
            best_iteration=reached.n_best,
            predictions=outside.predictions,
        )

    def _rows(self, split: int, amount: int) -> _Rows:
        train, test = self.splits[split]
        train = self.resource.train_rows(split, train, amount)
        # Subsets of a fold are nested, so that their size tells which one it is, and
        # which of its rows are set aside.
        key = split, len(train)
        if self.eval_set is None:
            return _Rows(split, train, train[:0], test, key)
        return _Rows(split, *self.eval_set.divide(split, train), test, key)

    def _fit_and_score(
        self,
        rows: _Rows,
        context: Any,
        scorer: Any,
        prefix: PrefixUse,
        outside: OutOfFold,
        estimator: Any,
        parameters: dict[str, Any],
    ) -> tuple[dict[str, Any], bool]:
        """Return scikit-learn's result, and whether a callback wants to stop."""
        options = fold_options(
            scorer=scorer,
            train=rows.train,
            test=rows.test,
            parameters=parameters,
            split=rows.split,
            n_splits=self.n_splits,
            fit_params=self.fit_params,
            score_params=self.score_params,
            return_train_score=self.return_train_score,
            error_score=self.error_score,
            verbose=self.verbose,
        )
        with prefix.of(estimator, rows.key):
            result = fit_and_score(
                estimator, self.X, self.y, options, caller=self.caller, context=context
            )
            outside.predict()
        stats, stop = result
        stats["n_in_time"] = getattr(estimator, "n_in_time_", None)
        return stats, stop

    def _fit_evaluated(
        self,
        rows: _Rows,
        parameters: dict[str, Any],
        fit: Callable[..., tuple[dict[str, Any], bool]],
        prefix: PrefixUse,
    ) -> tuple[dict[str, Any], bool, Reached]:
        """Fit while the last step looks at the rows that are set aside.

        It is always a fit from scratch: a continued one would begin to wait anew.
        """
        estimator = clone(self.estimator)
        data = self.X, self.y, self.fit_params
        aside = partial(rows_of, estimator, *data, rows.aside, rows.train)
        with evaluated_fit(estimator, aside, prefix.transform_aside) as reached:
            result, stop = fit(estimator, parameters)
        return result, stop, reached

    def _units(self, amount: int, reached: Reached) -> int:
        """Return what a fit has used of an amount, at whose end it need not be."""
        name = self.resource.parameter.rpartition("__")[2]
        if reached.n_run is None or name not in reached.names:
            return amount
        return min(reached.n_run, amount)

    def _continue(
        self,
        task: FoldTask,
        split: int,
        start: int,
        parameters: dict[str, Any],
        fit: Callable[..., tuple[dict[str, Any], bool]],
        prefix: PrefixUse,
    ) -> tuple[dict[str, Any], bool, int, str | None]:
        """Go on from the trial's model of this fold, if there is one.

        Two things are returned with what ``fit`` returns: the units that were fitted,
        and why the new model could not be kept.
        """
        trial_id = task.trial_id
        model = self.model_store.load(trial_id, split, start) if start else None
        if model is None:
            estimator, start, memory = clone(self.estimator), 0, Memory()
        else:
            estimator, memory = model
            parameters = _stateless(parameters, estimator)
        parameter = self.resource.parameter
        with fit_from(
            estimator, parameter, start, task.amount, memory, prefix.transform
        ) as progress:
            result, stop = fit(estimator, parameters)
        is_kept = progress.can_continue and task.amount > 0 and not task.is_last
        unsaved = None
        if is_kept and result["fit_error"] is None:
            state = progress.paused, progress.memory
            unsaved = self.model_store.save(trial_id, split, task.amount, state)
        return result, stop, progress.units, unsaved


def run_task(scorer: FoldScorer, task: FoldTask) -> list[FoldResult]:
    """Run a task in a worker."""
    try:
        return scorer.run(task)
    except KeyboardInterrupt as error:
        # Ctrl-C reaches the main thread of the search's process, and no worker.
        return [scorer.failed(error)] * len(task.splits)


def _of_scikit_learn(result: dict[str, Any], errors: list[str]) -> dict[str, Any]:
    """Return what a fold has of scikit-learn's result; ``errors`` are of the scorer."""
    score_error = errors[-1] if errors else None
    return {
        "fit_error": shortened(without_own_frames(result["fit_error"])),
        "score_error": shortened(without_own_frames(score_error)),
        "test_scores": result["test_scores"],
        "train_scores": result.get("train_scores"),
        "fit_time": result["fit_time"],
        "score_time": result["score_time"],
        "n_test_samples": result["n_test_samples"],
        "n_in_time": result["n_in_time"],
    }


def _stateless(parameters: dict[str, Any], estimator: Any) -> dict[str, Any]:
    """Return the parameters that can be set again on a fitted model.

    Setting a step of a pipeline would replace the fitted one, a seed would begin its
    sequence again, and skorch makes a module anew when one of its options is set.
    """
    made_anew = modules_of(estimator)
    return {
        name: value
        for name, value in parameters.items()
        if not hasattr(value, "get_params")
        and not name.endswith("random_state")
        and not name.startswith(made_anew)
    }
