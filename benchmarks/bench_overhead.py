"""What a search costs beside its fits: ratios to RandomizedSearchCV with the same fits.

Also how well two workers share fits of very different lengths, whether a second search
starts its workers again, and what travels to a worker. The machine should have nothing
else to do. Run: ``python benchmarks/bench_overhead.py``.
"""

import time

import cloudpickle
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import RandomizedSearchCV, cross_val_score

from sklearn_automl import ASHASearchCV
from sklearn_automl.execution.backends._loky_slots import Slot

N_REPEATS = 7
X, y = make_classification(n_samples=500, random_state=0)


class Sleeps(ClassifierMixin, BaseEstimator):
    """Takes the seconds that it is told to; scores its parameter."""

    def __init__(self, seconds=0.005, value=0.0):
        self.seconds = seconds
        self.value = value

    def fit(self, X, y):
        """Sleep; more rows take longer."""
        self.classes_ = np.unique(y)
        time.sleep(self.seconds * len(X) / 400)
        return self

    def score(self, X, y):  # noqa: ARG002
        """Return the parameter."""
        return self.value


def seconds_of(function):
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def pair(estimator, space, n_iter, n_jobs):
    """Return the fits of scikit-learn's search and of ours, on all rows."""
    params = {"n_iter": n_iter, "n_jobs": n_jobs, "random_state": 0}
    theirs = RandomizedSearchCV(estimator, space, **params)
    ours = ASHASearchCV(estimator, space, resource=None, **params)
    return theirs, ours


def compare(name, theirs, ours, at_most):
    """Run both in turn; print the ratio of their median times."""
    theirs(), ours()  # start the workers
    times = np.array([(seconds_of(theirs), seconds_of(ours)) for _ in range(N_REPEATS)])
    them, us = np.median(times, axis=0)
    print(
        f"{name:<52}{us:7.3f} s / {them:7.3f} s = {us / them:4.2f} "
        f"(asked: {at_most} at most)",
        flush=True,
    )


def compare_fits(name, estimator, space, n_iter, n_jobs, at_most):
    """Compare one search with the same fits."""
    theirs, ours = pair(estimator, space, n_iter, n_jobs)
    compare(name, lambda: theirs.fit(X, y), lambda: ours.fit(X, y), at_most)


def compare_small_searches():
    """Compare ten small searches within cross_val_score."""
    space = {"value": np.linspace(0, 1, 10)}
    theirs, ours = pair(Sleeps(), space, n_iter=10, n_jobs=2)
    compare(
        "ten searches in cross_val_score",
        lambda: cross_val_score(theirs, X, y, cv=10),
        lambda: cross_val_score(ours, X, y, cv=10),
        1.2,
    )


def show_second_fit():
    """Show that the workers of a search serve the next one, with another number."""
    search = ASHASearchCV(Sleeps(), {"value": [0.0, 1.0]}, n_iter=2, resource=None)
    search.set_params(n_jobs=3)  # not warm yet
    first, second = (seconds_of(lambda: search.fit(X, y)) for _ in range(2))
    print(f"{'first and second fit in a process':<52}{first:7.3f} s, {second:.3f} s")


def show_stragglers():
    """Show ASHA's time with two workers as part of that with one."""
    rng = np.random.default_rng(0)
    # Heavy tails: the longest takes some hundred times the shortest.
    seconds = np.minimum(0.05 * (1 + rng.pareto(1.1, size=40)), 4.0)
    space = [
        {"seconds": [s], "value": [v]}
        for s, v in zip(seconds, rng.random(40), strict=True)
    ]
    times, jobs = {}, {}
    for n_jobs in (1, 2):
        search = ASHASearchCV(
            Sleeps(), space, n_iter=40, cv=2, n_jobs=n_jobs, random_state=0, refit=False
        )
        search.set_params(min_resources=16, max_resources=144)
        times[n_jobs] = seconds_of(lambda s=search: s.fit(X, y))
        jobs[n_jobs] = search.cv_results_
    slept = {n: 2 * results["mean_fit_time"].sum() for n, results in jobs.items()}
    print(
        f"{'ASHA with stragglers, two workers / one':<52}{times[2]:7.3f} s / "
        f"{times[1]:7.3f} s = {times[2] / times[1]:4.2f} (asked: 0.56 at most); "
        f"{len(jobs[2]['params'])} and {len(jobs[1]['params'])} evaluations, "
        f"{slept[2]:.1f} and {slept[1]:.1f} s of fits"
    )


def show_task_size():
    """Show the largest pickle that a task of a search on a 100 MB frame sends."""
    frame = pd.DataFrame(np.random.default_rng(0).random((125_000, 100)))
    target = np.arange(len(frame)) % 2
    sizes = []
    submit = Slot.submit

    def measured(slot, function, *args):
        sizes.append(len(cloudpickle.dumps((function, args))))
        return submit(slot, function, *args)

    Slot.submit = measured
    try:
        ASHASearchCV(
            DummyClassifier(), {"constant": [0, 1]}, n_iter=2, n_jobs=2, resource=None
        ).fit(frame, target)
    finally:
        Slot.submit = submit
    megabytes = frame.memory_usage().sum() / 1e6
    print(
        f"{f'largest of {len(sizes)} tasks, frame of {megabytes:.0f} MB':<52}"
        f"{max(sizes):7d} bytes (asked: 20000 at most)"
    )


def main():
    """Print all of it."""
    show_second_fit()
    show_task_size()
    constants = {"random_state": list(range(200))}
    compare_fits("DummyClassifier, n_jobs=1", DummyClassifier(), constants, 200, 1, 1.1)
    values = {"value": np.linspace(0, 1, 100)}
    compare_fits("fits of 5 ms, n_jobs=2", Sleeps(), values, 100, 2, 1.2)
    compare_small_searches()
    show_stragglers()


if __name__ == "__main__":
    main()
