"""The tree of scikit-learn's callbacks: search > bracket > evaluation of a fold."""

from typing import Any

from sklearn_automl._sklearn_compat import evaluation_context
from sklearn_automl.execution import AllFolds, Evaluation, Status
from sklearn_automl.schedulers import Job, Scheduler

__all__ = ["CallbackTree"]


class CallbackTree:
    """Opens and closes the contexts of a search; does nothing without callbacks.

    Parameters
    ----------
    root : CallbackContext or None
        Context of the whole fit.

    search : estimator
        What is being fitted.

    scheduler : Scheduler
        Its plan says how many fits each bracket has. Without rungs, evaluations are
        subtasks of the search itself, as those of GridSearchCV.

    folds : AllFolds
        Which folds an evaluation has.
    """

    def __init__(
        self,
        root: Any,
        search: Any,
        scheduler: Scheduler,
        folds: AllFolds,
    ) -> None:
        self._search = search
        self._folds = folds
        self._has_failures: set[int] = set()
        self._n_fits = None
        if scheduler.plan_is_exact:
            self._n_fits = [folds.n_fits(rungs) for rungs in scheduler.plan]
        self._has_brackets = any(len(rungs) > 1 for rungs in scheduler.plan)
        if self._n_fits is not None and not self._has_brackets:
            self._n_fits = [sum(self._n_fits)]
        self._root = root
        self._brackets: dict[int, Any] = {}
        self._n_started: dict[int, int] = {}
        self._n_ended: dict[int, int] = {}
        self.stop = False

    def __enter__(self) -> "CallbackTree":
        if self._root is None:
            return self
        n_subtasks = None
        if self._n_fits is not None:
            n_subtasks = len(self._n_fits) if self._has_brackets else self._n_fits[0]
        self._search_context = self._root.subcontext(
            task_name="search",
            max_subtasks=n_subtasks,
            sequential_subtasks=self._has_brackets,
        ).call_on_fit_task_begin(estimator=self._search)
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._root is not None:
            for bracket in list(self._brackets):
                self._end(bracket)
            self._search_context.call_on_fit_task_end(estimator=self._search)

    def context(self, job: Job, split: int) -> Any:  # noqa: ARG002
        """Return the context of one fit."""
        if self._root is None:
            return None
        bracket = self._bracket_of(job)
        if bracket not in self._n_started:
            self._begin(bracket)
        task_id = self._n_started[bracket]
        self._n_started[bracket] += 1
        return evaluation_context(self._brackets[bracket], task_id)

    def evaluated(self, evaluation: Evaluation) -> bool:
        """Take note of an evaluation; return whether a callback wants to stop."""
        if self._root is None:
            return False
        self.stop |= any(fold.stop for fold in evaluation.folds)
        job = evaluation.job
        bracket = self._bracket_of(job)
        if bracket not in self._n_started:  # an earlier run evaluated it
            self._begin(bracket)
        n_run = self._folds.n_new(job.resource, job.previous_resource)
        self._n_ended[bracket] += n_run
        if evaluation.status != Status.COMPLETED:
            # More than the plan may run: those that failed may be tried with more.
            self._has_failures.add(bracket)
        is_over = self._n_fits and self._n_ended[bracket] == self._n_fits[bracket]
        if is_over and bracket not in self._has_failures:
            self._end(bracket)
        return self.stop

    def _bracket_of(self, job: Job) -> int:
        """Return the bracket of a job; without rungs all of them are one."""
        return job.bracket if self._has_brackets else 0

    def _begin(self, bracket: int) -> None:
        self._n_started[bracket] = self._n_ended[bracket] = 0
        if not self._has_brackets:
            self._brackets[bracket] = self._search_context
            return
        self._brackets[bracket] = self._search_context.subcontext(
            task_name="bracket",
            max_subtasks=None if self._n_fits is None else self._n_fits[bracket],
            sequential_subtasks=False,
        ).call_on_fit_task_begin(estimator=self._search)

    def _end(self, bracket: int) -> None:
        context = self._brackets.pop(bracket)
        if not self._has_brackets:
            return  # ended with the search
        self.stop |= bool(context.call_on_fit_task_end(estimator=self._search))
