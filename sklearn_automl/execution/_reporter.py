"""What a search prints with ``verbose``."""

import math

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

    def began(self, scheduler, folds, n_recorded):
        """Report the plan, and how many evaluations an earlier run has left."""
        self._folds = folds
        if not self._is_active:
            return
        self._print_plan(scheduler)
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
            amount = f" with {self._amount(job.resource)}"
        return f"best so far {-best.loss:.6g}{amount}: trial {job.trial_id} ({config})"

    def _amount(self, resource):
        """Return what an evaluation gets: "n_samples=180 on 2 folds", for example."""
        text = f"{self._resource}={self._folds.shown(resource)}"
        n = self._folds.n_folds(resource)
        if n == self._folds.n_splits or self._resource == "n_folds":
            return text
        return f"{text} on {n} fold{'s' if n > 1 else ''}"

    def _print_plan(self, scheduler):
        plan = scheduler.plan
        n = sum(size for rungs in plan for size, _ in rungs)
        about = "" if scheduler.plan_is_exact else "about "
        n_planned, n_in_space = scheduler.n_planned, scheduler.sampler.space.size
        of_all = f" of {n_in_space}" if n_planned < n_in_space < math.inf else ""
        self._print(
            f"{n_planned}{of_all} configurations, {about}{n} evaluations"
            f"{self._fits(plan, about)}:"
        )
        for bracket, rungs in enumerate(plan):
            steps = " -> ".join(f"{size} x {self._step(r)}" for size, r in rungs)
            self._print(f"  bracket {bracket}: {steps} {self._resource or ''}".rstrip())

    def _fits(self, plan, about):
        """Return how many fits a plan has, if it is not one an evaluation."""
        folds = self._folds
        if folds.n_splits == 1:
            return ""
        n = sum(folds.n_fits(rungs) for rungs in plan)
        on_folds = "" if folds.grow else f" on {folds.n_splits} folds"
        return f"{on_folds}, {about}{n} fits"

    def _step(self, resource):
        """Return an amount, and on how many folds where that differs."""
        shown, n = self._folds.shown(resource), self._folds.n_folds(resource)
        is_said = self._folds.grow and self._resource != "n_folds"
        return f"{shown} on {n}" if is_said else f"{shown}"

    def _print(self, text):
        print(f"[{self._name}] {text}", flush=True)  # noqa: T201  (asked for)


def _describe_parameters(config):
    return ", ".join(f"{k}={v}" for k, v in config.items())
