"""What a search prints with ``verbose``."""

import math

from sklearn_automl.execution import StopReason, whole

__all__ = ["Reporter"]


class Reporter:
    """Prints the plan, each new incumbent and how the search ended.

    Parameters
    ----------
    search : estimator
        The search; nothing is printed if its `verbose` is 0.

    plan : list of list of (int, float) or None
        The rungs of each bracket, None where they are not known.

    n_splits : int
        Number of folds.
    """

    def __init__(self, search, plan, n_splits):
        self._active = bool(search.verbose)
        self._name = type(search).__name__
        self._resource = search.resource
        self._best = (-1.0, math.inf)
        self._n_evaluations = 0
        if self._active and plan is not None:
            self._print_plan(plan, n_splits)

    def evaluated(self, evaluation):
        """Report an evaluation if it is the best so far."""
        self._n_evaluations += 1
        job = evaluation.job
        standing = (job.resource, -evaluation.loss)
        best_resource, best_loss = self._best
        if not self._active or standing <= (best_resource, -best_loss):
            return
        self._best = (job.resource, evaluation.loss)
        config = ", ".join(f"{k}={v}" for k, v in job.config.items())
        self._print(
            f"{evaluation.end_time:8.1f} s  best so far {-evaluation.loss:.4g}"
            f"{self._with(job.resource)}: trial {job.trial_id} ({config})"
        )

    def ended(self, stop_reason):
        """Report the end of the search."""
        if not self._active:
            return
        why = "" if stop_reason == StopReason.COMPLETED else f", ended by {stop_reason}"
        self._print(f"{self._n_evaluations} evaluations{why}.")

    def _print_plan(self, plan, n_splits):
        n = sum(size for rungs in plan for size, _ in rungs)
        self._print(f"{n} evaluations on {n_splits} folds, {n * n_splits} fits:")
        for bracket, rungs in enumerate(plan):
            steps = " -> ".join(f"{size} x {whole(r)}" for size, r in rungs)
            self._print(f"  bracket {bracket}: {steps} {self._resource or ''}".rstrip())

    def _with(self, resource):
        if self._resource is None:
            return ""
        return f" with {self._resource}={whole(resource)}"

    def _print(self, text):
        print(f"[{self._name}] {text}", flush=True)  # noqa: T201  (asked for)
