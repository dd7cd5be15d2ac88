"""What a search prints with ``verbose``."""

from sklearn_automl.execution._evaluation import StopReason
from sklearn_automl.execution._status import Status
from sklearn_automl.execution._table import standing

__all__ = ["Reporter"]


class Reporter:
    """Prints the plan, each new incumbent and how the search ended.

    Parameters
    ----------
    name : str
        What each line begins with: the class of the search.

    is_active : bool
        Whether anything is printed.

    resource : str, default=None
        What an evaluation gets more or less of; None if that is always all.

    describe : callable, default=None
        Returns a text for a configuration.
    """

    def __init__(self, name, is_active, *, resource=None, describe=None):
        self._describe_config = describe or _describe_parameters
        self._name = name
        self._is_active = is_active
        self._resource = resource
        self._best = None
        self._n_evaluations = 0

    def began(self, scheduler, n_splits, n_recorded):
        """Report the plan, and how many evaluations an earlier run has left."""
        if not self._is_active:
            return
        self._print_plan(scheduler, n_splits)
        if n_recorded:
            self._print(f"{n_recorded} evaluations are recorded in the checkpoint")

    def evaluated(self, evaluation):
        """Report an evaluation if it is the best so far."""
        self._n_evaluations += 1
        job, best = evaluation.job, self._best
        if not self._is_active or evaluation.status != Status.COMPLETED:
            return False
        if best is None or standing(job.resource, -evaluation.loss) > standing(
            best.job.resource, -best.loss
        ):
            self._best = evaluation
            self._print(f"{evaluation.end_time:8.1f} s  {self._describe(evaluation)}")
        return False

    def ended(self, stop_reason, seconds):
        """Report the end of the search."""
        if not self._is_active:
            return
        why = "" if stop_reason == StopReason.COMPLETED else f", ended by {stop_reason}"
        best = "" if self._best is None else f"; {self._describe(self._best)}"
        self._print(f"{self._n_evaluations} evaluations in {seconds:.1f} s{why}{best}")

    def _describe(self, best):
        job = best.job
        config = self._describe_config(job.config)
        amount = ""
        if self._resource is not None:
            amount = f" with {self._resource}={job.resource}"
        return f"best so far {-best.loss:.6g}{amount}: trial {job.trial_id} ({config})"

    def _print_plan(self, scheduler, n_splits):
        plan = scheduler.plan
        n = sum(size for rungs in plan for size, _ in rungs)
        about = "" if scheduler.plan_is_exact else "about "
        fits = f" on {n_splits} folds, {about}{n * n_splits} fits"
        self._print(
            f"{scheduler.n_planned} configurations, {about}{n} evaluations"
            f"{fits if n_splits > 1 else ''}:"
        )
        for bracket, rungs in enumerate(plan):
            steps = " -> ".join(f"{size} x {r}" for size, r in rungs)
            self._print(f"  bracket {bracket}: {steps} {self._resource or ''}".rstrip())

    def _print(self, text):
        print(f"[{self._name}] {text}", flush=True)  # noqa: T201  (asked for)


def _describe_parameters(config):
    return ", ".join(f"{k}={v}" for k, v in config.items())
