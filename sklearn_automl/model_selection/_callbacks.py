"""The tree of scikit-learn's callbacks: search > bracket > fits and evaluations."""

from typing import Any

from sklearn_automl._sklearn_compat import CALLBACKS_ATTRIBUTE, evaluation_context
from sklearn_automl.execution import Evaluation, Status
from sklearn_automl.model_selection._scheduling import Plan
from sklearn_automl.model_selection._table import row_of
from sklearn_automl.schedulers import Job

__all__ = ["CallbackTree"]


class CallbackTree:
    """Opens and closes the contexts of a search; does nothing without callbacks.

    A fit has a task where it runs. When all fits of an evaluation have ended, the
    evaluation has a task in this process, whose metadata say what came of it. It has
    none if no callback asks for them (``sees_evaluations``), so that the tree is that
    of scikit-learn.

    Parameters
    ----------
    root : CallbackContext or None
        Context of the whole fit.

    search : estimator
        What is being fitted.

    plan : Plan
        Says how many fits and evaluations each bracket has. Without rungs, these are
        subtasks of the search itself, as those of GridSearchCV.
    """

    def __init__(self, root: Any, search: Any, plan: Plan) -> None:
        self._search = search
        self._plan = plan
        self._folds = plan.folds
        self._has_failures: set[int] = set()
        scheduler = plan.scheduler
        callbacks = getattr(search, CALLBACKS_ATTRIBUTE, ())
        self._tells = any(getattr(c, "sees_evaluations", False) for c in callbacks)
        self._n_tasks = None
        if scheduler.plan_is_exact:
            self._n_tasks = [
                plan.folds.n_fits(rungs) + self._tells * sum(n for n, _ in rungs)
                for rungs in scheduler.plan
            ]
        self._has_brackets = any(len(rungs) > 1 for rungs in scheduler.plan)
        if self._n_tasks is not None and not self._has_brackets:
            self._n_tasks = [sum(self._n_tasks)]
        self._root = root
        self._brackets: dict[int, Any] = {}
        self._n_started: dict[int, int] = {}
        self._n_ended: dict[int, int] = {}
        self.stop = False

    def __enter__(self) -> "CallbackTree":
        if self._root is None:
            return self
        n_subtasks = None
        if self._n_tasks is not None:
            n_subtasks = len(self._n_tasks) if self._has_brackets else self._n_tasks[0]
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
        return self._task("candidate-split-evaluation", self._bracket_of(job))

    def evaluated(self, evaluation: Evaluation) -> bool:
        """Report an evaluation; return whether a callback wants to stop."""
        if self._root is None:
            return False
        self.stop |= any(fold.stop for fold in evaluation.folds)
        job = evaluation.job
        bracket = self._bracket_of(job)
        if bracket not in self._n_started:  # an earlier run evaluated it
            self._begin(bracket)
        if self._tells:
            self._tell(evaluation, bracket)
        n_run = self._folds.n_new(job.resource, job.previous_resource)
        self._n_ended[bracket] += n_run + self._tells
        if evaluation.status != Status.COMPLETED:
            # More than the plan may run: those that failed may be tried with more.
            self._has_failures.add(bracket)
        is_over = self._n_tasks and self._n_ended[bracket] == self._n_tasks[bracket]
        if is_over and bracket not in self._has_failures:
            self._end(bracket)
        return self.stop

    def _tell(self, evaluation: Evaluation, bracket: int) -> None:
        context = self._task("evaluation", bracket)
        told = {"estimator": self._search, "metadata": row_of(evaluation, self._plan)}
        context.call_on_fit_task_begin(**told)
        self.stop |= bool(context.call_on_fit_task_end(**told))

    def _bracket_of(self, job: Job) -> int:
        """Return the bracket of a job; without rungs all of them are one."""
        return job.bracket if self._has_brackets else 0

    def _task(self, name: str, bracket: int) -> Any:
        """Return the context of a new task of a bracket."""
        if bracket not in self._n_started:
            self._begin(bracket)
        task_id, parent = self._n_started[bracket], self._brackets[bracket]
        self._n_started[bracket] += 1
        if parent.max_subtasks is not None and task_id >= parent.max_subtasks:
            parent.max_subtasks = task_id + 1
        return evaluation_context(parent, name, task_id)

    def _begin(self, bracket: int) -> None:
        self._n_started[bracket] = self._n_ended[bracket] = 0
        if not self._has_brackets:
            self._brackets[bracket] = self._search_context
            return
        self._brackets[bracket] = self._search_context.subcontext(
            task_name="bracket",
            max_subtasks=None if self._n_tasks is None else self._n_tasks[bracket],
            sequential_subtasks=False,
        ).call_on_fit_task_begin(estimator=self._search)

    def _end(self, bracket: int) -> None:
        context = self._brackets.pop(bracket)
        if not self._has_brackets:
            return  # ended with the search
        self.stop |= bool(context.call_on_fit_task_end(estimator=self._search))
