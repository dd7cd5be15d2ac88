"""Fakes: a clock that is set by hand, workers without processes, simple estimators."""

import os
import subprocess
import time

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from sklearn_automl.execution import Executor, Finished
from sklearn_automl.execution._model_store import MemoryModels


class FakeClock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class WorkerDeathError(Exception):
    """Raised by the ``run`` of a FakeExecutor: this is how its worker ended."""


class FailedStartError(Exception):
    """Raised by the ``run`` of a FakeExecutor: its worker died before it had begun."""


class RecordingModels(MemoryModels):
    def __init__(self):
        super().__init__()
        self.discarded = []

    def discard(self, trial_ids):
        self.discarded.extend(trial_ids)
        super().discard(trial_ids)


class FakeExecutor(Executor):
    """Workers that a clock drives.

    ``seconds(task)`` is how long a task takes, and ``run(task)`` what comes of it. It
    begins ``delay`` seconds after it was submitted, and its worker has
    ``bytes(task)`` in memory.
    """

    shares_memory = True

    def __init__(
        self, n_workers, run, seconds, clock=None, delay=0.0, memory=lambda task: 0
    ):
        self.n_workers = n_workers
        self.model_store = RecordingModels()
        self.submitted = []
        self.killed = []
        self.most_running = 0
        self._run = run
        self._seconds = seconds
        self._clock = FakeClock() if clock is None else clock
        self._delay = delay
        self._memory = memory
        self._running = {}

    def start(self, scorer):
        pass

    def submit(self, key, task):
        self.submitted.append(task)
        begin = self._clock.now + self._delay
        self._running[key] = (begin + self._seconds(task), begin, task)
        self.most_running = max(self.most_running, len(self._running))

    @property
    def is_free(self):
        return len(self._running) < self.n_workers

    def next_finished(self, timeout=None):
        key = min(self._running, key=lambda key: (self._running[key][0], key))
        end, _, task = self._running[key]
        if timeout is not None and end > self._clock.now + timeout:
            self._clock.now += timeout
            return None
        del self._running[key]
        self._clock.now = max(end, self._clock.now)
        try:
            return Finished(key, self._run(task))
        except WorkerDeathError as death:
            return Finished(key, death=str(death))
        except FailedStartError as death:
            return Finished(key, death=str(death), had_begun=False)
        # The loop raises it again, whatever it is.
        except Exception as error:  # noqa: BLE001
            return Finished(key, error=error)

    def seconds(self, key):
        _, begin, _ = self._running[key]
        return self._clock.now - begin if self._clock.now >= begin else None

    def memory(self, key):
        return self._memory(self._running[key][2])

    def kill(self, key):
        self.killed.append(self._running.pop(key)[2])

    def close(self):
        self._running.clear()


class FastClassifier(ClassifierMixin, BaseEstimator):
    """What a search needs of a LogisticRegression, in a tenth of its time.

    It predicts the class with the nearest mean. The smaller ``C`` is, the nearer are
    these means to each other, and the more counts how frequent a class is. It checks
    nothing.
    """

    def __init__(self, C=1.0, class_weight=None, fit_intercept=True):
        self.C = C
        self.class_weight = class_weight
        self.fit_intercept = fit_intercept

    def fit(self, X, y, sample_weight=None):
        if hasattr(X, "columns"):
            self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        X = np.asarray(X, dtype=float)
        self.n_features_in_ = X.shape[1]
        self.classes_, codes = np.unique(y, return_inverse=True)
        members = codes == np.arange(len(self.classes_))[:, np.newaxis]
        if sample_weight is not None:
            members = members * sample_weight
        counts = members.sum(axis=1)
        centre = X.mean(axis=0) if self.fit_intercept else 0.0
        means = members @ X / counts[:, np.newaxis]
        self.coef_ = (means - centre) * (self.C / (1 + self.C))
        self.intercept_ = -((self.coef_ / 2 + centre) * self.coef_).sum(axis=1)
        if self.class_weight is None:
            self.intercept_ += np.log(counts / counts.sum())
        return self

    def decision_function(self, X):
        values = np.asarray(X, dtype=float) @ self.coef_.T + self.intercept_
        return values if len(self.classes_) > 2 else values[:, 1] - values[:, 0]

    def predict_proba(self, X):
        values = np.asarray(X, dtype=float) @ self.coef_.T + self.intercept_
        shares = np.exp(values - values.max(axis=1, keepdims=True))
        return shares / shares.sum(axis=1, keepdims=True)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def score(self, X, y, sample_weight=None):
        return np.average(self.predict(X) == y, weights=sample_weight)


class ScoreIsParameter(ClassifierMixin, BaseEstimator):
    """Scores ``value``; what its ``fit`` does first is up to the subclass."""

    def __init__(self, value=0.0):
        self.value = value

    def fit(self, X, y, sample_weight=None):
        self.before_fit(X, y)
        self.classes_ = np.unique(y)
        self.n_rows_ = len(X)
        self.weight_ = sample_weight
        return self

    def before_fit(self, X, y):
        pass

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))

    def score(self, X, y):
        return self.value


class FailsAbove(ScoreIsParameter):
    """Cannot be fitted if ``value`` is above ``limit``."""

    def __init__(self, value=0.0, limit=0.5):
        super().__init__(value)
        self.limit = limit

    def before_fit(self, X, y):
        if self.value > self.limit:
            raise RuntimeError(f"{self.value} is too much")


class DiesAbove(FailsAbove):
    """Ends its process where FailsAbove raises."""

    def before_fit(self, X, y):
        if self.value > self.limit:
            os._exit(3)


class SleepsAbove(FailsAbove):
    """Takes forever where FailsAbove raises."""

    def before_fit(self, X, y):
        if self.value > self.limit:
            time.sleep(60)


class StartsAnother(FailsAbove):
    """Starts a process, and waits for it."""

    def before_fit(self, X, y):
        if self.value > self.limit:
            subprocess.run(["sleep", "60"], check=True)


class ScoreIsProcess(ScoreIsParameter):
    """Scores the number of the process that it is in."""

    def score(self, X, y):
        return os.getpid()


class Calls:
    """A listener of the loop that calls a function."""

    def __init__(self, function):
        self.evaluated = function
