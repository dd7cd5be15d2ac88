"""One evaluation: fit and score a configuration on the folds. Runs in a worker."""

import pickle
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import cloudpickle
from sklearn.base import clone

from sklearn_automl._sklearn_compat import fit_and_score, is_multimetric_scorer
from sklearn_automl.execution._continuation import fit_from, modules_of
from sklearn_automl.execution._models import ModelStore
from sklearn_automl.execution._resources import Resource
from sklearn_automl.execution._shared_data import Reference
from sklearn_automl.execution._status import Status, end_of

__all__ = [
    "FoldScorer",
    "FoldTask",
    "lost_fold",
    "run_pickled_task",
    "run_sent_task",
    "run_task",
]

# Of a text that travels, and is kept, for each fold.
_MAX_ERROR_LENGTH = 10_000


@dataclass(frozen=True, slots=True)
class FoldTask:
    """Some folds of one job; small, because it travels.

    ``start`` is the amount of the resource to continue from (0: from scratch), and
    ``is_last`` tells that no continuation can follow.
    """

    trial_id: int
    params: dict[str, Any]
    start: int
    amount: int
    is_last: bool
    splits: tuple[int, ...]
    contexts: tuple[Any, ...]


@dataclass
class FoldScorer:
    """All that is the same for every evaluation of a search; sent to a worker once.

    ``translate`` makes the estimator's parameters of a configuration, which mostly is
    made of them already.
    """

    estimator: Any
    X: Any
    y: Any
    splits: Sequence[tuple[Any, Any]]
    resource: Resource
    models: ModelStore
    options: dict[str, Any]
    caller: Any = None
    translate: Callable[[dict[str, Any]], dict[str, Any]] = dict
    n_splits: int = field(init=False)

    def __post_init__(self) -> None:
        self.n_splits = len(self.splits)

    def run(self, task: FoldTask) -> list[dict[str, Any]]:
        """Score the task's folds; a result of scikit-learn's ``_fit_and_score`` each.

        Four keys are added: ``units``, the amount of resource that was fitted,
        ``stop``, a callback's answer, ``duration``, seconds, and ``score_error``, what
        the scorer raised.
        """
        results = []
        for split, context in zip(task.splits, task.contexts, strict=True):
            try:
                results.append(self._run_fold(task, split, context))
            except (Exception, KeyboardInterrupt):
                raise
            # ``sys.exit`` in a fit, a cancelled coroutine: no reason to end the search.
            except BaseException as error:  # noqa: BLE001
                results.append(self.failed(error))
        return results

    def failed(self, error: BaseException) -> dict[str, Any]:
        """Return the result of a fold that raised what scikit-learn does not catch.

        Raises
        ------
        RuntimeError
            With ``error_score="raise"``: the error itself would end more than the fit.
        """
        if self.options["error_score"] == "raise":
            raise RuntimeError(f"A fit raised {error!r}.") from error
        return lost_fold("".join(traceback.format_exception(error)))

    def _run_fold(self, task: FoldTask, split: int, context: Any) -> dict[str, Any]:
        began = time.perf_counter()
        train, test = self.splits[split]
        scorer = _Listener(self.options["scorer"])
        own = self.translate(task.params)
        parameters = {**own, **self.resource.parameters(task.amount)}
        arguments = {
            "train": self.resource.train_rows(split, train, task.amount),
            "test": test,
            "parameters": parameters,
            "split_progress": (split, self.n_splits),
            "caller": self.caller,
            "callback_ctx": context,
            **self.options,
        }
        if not is_multimetric_scorer(scorer.scorer):
            arguments["scorer"] = scorer
        with warnings.catch_warnings():
            # It is in the result, and told once for the whole search.
            warnings.filterwarnings("ignore", "Scoring failed", UserWarning)
            if not self.resource.parameter:
                estimator = clone(self.estimator)
                result, stop = fit_and_score(estimator, self.X, self.y, **arguments)
                units = task.amount
            else:
                result, stop, units = self._continue(task, split, arguments)
        result["units"] = units
        result["stop"] = stop
        result["score_error"] = scorer.error
        for name in ("fit_error", "score_error"):
            if result[name] is not None:
                result[name] = end_of(result[name], _MAX_ERROR_LENGTH)
        result["duration"] = time.perf_counter() - began
        return result

    def _continue(
        self, task: FoldTask, split: int, arguments: dict[str, Any]
    ) -> tuple[dict[str, Any], bool, int]:
        """Go on from the trial's model of this fold, if there is one."""
        start, trial_id = task.start, task.trial_id
        model = self.models.load(trial_id, split, start) if start else None
        if model is None:
            estimator, start, seen = clone(self.estimator), 0, None
        else:
            estimator, seen = model
            parameters = arguments["parameters"]
            arguments["parameters"] = _stateless(parameters, estimator)
        parameter = self.resource.parameter
        with fit_from(estimator, parameter, start, task.amount, seen) as progress:
            result, stop = fit_and_score(estimator, self.X, self.y, **arguments)
        is_kept = progress.can_continue and task.amount > 0 and not task.is_last
        if is_kept and result["fit_error"] is None:
            state = estimator, progress.seen
            self.models.save(trial_id, split, task.amount, state)
        return result, stop, progress.units


class _Listener:
    """A scorer that remembers what it raised, which scikit-learn only prints."""

    def __init__(self, scorer: Any) -> None:
        self.scorer = scorer
        self.error: str | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self.scorer(*args, **kwargs)
        except Exception:
            self.error = traceback.format_exc()
            raise

    def __repr__(self) -> str:
        return repr(self.scorer)  # scikit-learn names it in errors


def lost_fold(error: str, status: Status | None = None) -> dict[str, Any]:
    """Return the result of a fold that has no scores.

    ``status`` is how it was lost, where that is not by raising ``error``.
    """
    error = end_of(error, _MAX_ERROR_LENGTH)
    fold: dict[str, Any] = {"fit_error": error, "duration": 0.0}
    if status is not None:
        fold["lost"] = status
    return fold


def run_task(scorer: FoldScorer, task: FoldTask) -> list[dict[str, Any]]:
    """Run a task in a worker."""
    try:
        return scorer.run(task)
    except KeyboardInterrupt as error:
        # The user's reaches the main thread of the search's process, and no worker.
        return [scorer.failed(error)] * len(task.splits)


def run_sent_task(
    scorer: FoldScorer | Reference, task: FoldTask
) -> list[dict[str, Any]]:
    """Run a task in another process, from where its results are sent back."""
    opened: FoldScorer = scorer.open() if isinstance(scorer, Reference) else scorer
    return [_sendable(result) for result in run_task(opened, task)]


def run_pickled_task(
    reference: Reference, pickled: bytes, n_folds: int
) -> list[dict[str, Any]]:
    """Run a task that may hold what cannot be unpickled here."""
    try:
        task = pickle.loads(pickled)
    # Whatever a parameter of the user's raises.
    except Exception as error:  # noqa: BLE001
        return [reference.open().failed(error)] * n_folds
    try:
        return run_sent_task(reference, task)
    except Exception as error:  # noqa: BLE001
        raise _sendable_error(error) from None


def _sendable_error(error: Exception) -> Exception:
    """Return an error, or one with its traceback if it cannot be sent."""
    try:
        pickle.loads(cloudpickle.dumps(error))
    # Its own constructor, for one, may want other arguments.
    except Exception:  # noqa: BLE001
        return RuntimeError("".join(traceback.format_exception(error)))
    return error


def _sendable(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result, or why it cannot be sent to another process."""
    try:
        cloudpickle.dumps(result)
    # Whatever a third-party object raises when it is pickled.
    except Exception:  # noqa: BLE001
        reason = traceback.format_exc()
        return lost_fold(f"Its result cannot be sent to another process.\n{reason}")
    return result


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
