"""What a search prints with ``verbose``."""

import math
import time
from typing import Any

from sklearn_automl.execution._bar import Bar
from sklearn_automl.execution._evaluation import StopReason
from sklearn_automl.execution._progress import Progress, duration
from sklearn_automl.execution._status import Status
from sklearn_automl.execution._table import last_line, standing

__all__ = ["Reporter", "verbosity_of_fits"]

# Without a new best configuration, there is a line after so many seconds.
_SECONDS = 10.0


class Reporter:
    """Prints the plan, each new incumbent and how the search ended.

    Parameters
    ----------
    name : str
        What each line begins with: the class of the search.

    verbose : int or "bar"
        0 prints nothing, 1 the plan and each new best configuration, more every
        evaluation. "bar" is a progress bar.

    resource : str, default=None
        What an evaluation gets more or less of; None if that is always all.

    describe : callable, default=None
        Returns a text for a configuration.

    clock : callable, default=time.perf_counter
        Seconds since some moment.
    """

    def __init__(
        self, name, verbose, *, resource=None, describe=None, clock=time.perf_counter
    ):
        self._describe_config = describe or _describe_parameters
        self._name = name
        self._bar = Bar(f"[{name}]") if verbose == "bar" else None
        self._is_active = bool(verbose) and self._bar is None
        self._prints_all = self._is_active and verbose > 1
        self._resource = resource
        self._clock = clock
        self._best: Any = None
        self._n_evaluations = 0

    def began(self, scheduler, folds, n_recorded, *, began=None, time_limit=None):
        """Report the plan, and how many evaluations an earlier run has left.

        ``began`` is when the search began, by the clock; None for now.
        """
        self._folds = folds
        self._progress = Progress(scheduler, folds, time_limit)
        self._has_rungs = any(len(rungs) > 1 for rungs in scheduler.plan)
        self._began = self._clock() if began is None else began
        self._last = self._clock()
        if self._bar is not None:
            self._bar.draw(self._progress.fraction, self._short_line(), self._line())
        if not self._is_active:
            return
        self._print_plan(scheduler)
        if n_recorded:
            self._print(f"{n_recorded} evaluations are recorded in the checkpoint")

    def evaluated(self, evaluation):
        """Report an evaluation if it is the best so far, or if all are wanted."""
        self._n_evaluations += 1
        self._progress.note(evaluation)
        is_best = self._is_best(evaluation)
        if is_best:
            self._best = evaluation
        if self._bar is not None:
            self._bar.draw(self._progress.fraction, self._short_line(), self._line())
        elif self._prints_all:
            best = ", the best so far" if is_best else ""
            self._print(f"{self._percent()}{self._describe_fits(evaluation)}{best}")
        elif self._is_active and (is_best or self._clock() - self._last >= _SECONDS):
            self._last = self._clock()
            self._print(self._line(with_config=True))
        return False

    def ended(self, stop_reason, seconds):
        """Report the end of the search."""
        why = "" if stop_reason == StopReason.COMPLETED else f", ended by {stop_reason}"
        best = ""
        if self._best is not None:
            best = f"; best {self._describe_best(True)}"
        text = f"{self._n_evaluations} evaluations in {duration(seconds)}{why}{best}"
        if self._bar is not None:
            self._bar.end(text)
        elif self._is_active:
            self._print(text)

    def _is_best(self, evaluation):
        if evaluation.status != Status.COMPLETED:
            return False
        keys = [
            standing(e.job.resource, -e.loss)
            for e in (evaluation, self._best)
            if e is not None
        ]
        return len(keys) == 1 or keys[0] > keys[1]

    # ---- texts -----------------------------------------------------------------------

    def _line(self, with_config=False):
        """Return how far it is, and what is best."""
        seconds = self._clock() - self._began
        left = f", {left} left" if (left := self._left(seconds)) else ""
        best = ""
        if self._best is not None:
            best = f"; best so far {self._describe_best(with_config)}"
        return f"{self._percent()}after {duration(seconds)}{left}{best}"

    def _short_line(self):
        """Return what fits beside a bar into a line of a terminal."""
        seconds, best = self._clock() - self._began, self._best
        left = self._left(seconds)
        text = f"{left} left" if left else duration(seconds)
        if best is None:
            return text
        rung = f", rung {best.job.rung}" if self._has_rungs else ""
        return f"{text}; best {_short(-best.loss)}{rung}"

    def _left(self, seconds):
        left = self._progress.seconds_left(seconds)
        if left is None or self._progress.fraction == 1:
            return ""
        return duration(left)

    def _percent(self):
        fraction = self._progress.fraction
        return "" if fraction is None else f"{fraction:4.0%} "

    def _describe_best(self, with_config):
        best = self._best
        job = best.job
        text = _short(-best.loss)
        if self._has_rungs:
            text += f" on rung {job.rung}"
        if self._resource is not None:
            text += f" with {self._amount(job.resource)}"
        if not with_config:
            return text
        return f"{text}: trial {job.trial_id} ({self._describe_config(job.config)})"

    def _describe_fits(self, evaluation):
        """Return what the fits of an evaluation had, and gave."""
        job = evaluation.job
        folds = ", ".join(str(split) for split in sorted(evaluation.results))
        text = f"trial {job.trial_id}"
        if self._has_rungs:
            text += f" on rung {job.rung}"
        if self._resource not in (None, "n_folds"):
            text += f" with {self._resource}={self._folds.shown(job.resource)}"
        text += f" on fold{'s' if len(evaluation.results) > 1 else ''} {folds}"
        score = _short(-evaluation.loss)
        if evaluation.status != Status.COMPLETED:
            score = f"{evaluation.status}, {last_line(evaluation.error)}"
        seconds = duration(evaluation.seconds)
        return f"{text} in {seconds} ({self._describe_config(job.config)}): {score}"

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


def verbosity_of_fits(verbose):
    """Return how much scikit-learn prints of each fit, in the workers."""
    return verbose if verbose != "bar" and verbose > 2 else 0


def _short(number):
    """Return a number with four significant digits."""
    return f"{number:#.4g}".rstrip(".")


def _describe_parameters(config):
    return ", ".join(
        f"{k}={_short(v) if isinstance(v, float) else v}" for k, v in config.items()
    )
