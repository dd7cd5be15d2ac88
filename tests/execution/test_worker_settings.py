"""Settings of the search's thread where tasks run, and what is left of them there."""

import threading
import warnings

import joblib
import numpy as np
import pytest
from sklearn.model_selection import cross_val_score

from sklearn_automl import ASHASearchCV
from sklearn_automl.execution._worker_settings import in_worker_process
from sklearn_automl.execution.backends._local import ThreadExecutor
from tests.fakes import ScoreIsParameter

X, y = np.arange(40.0).reshape(-1, 1), np.arange(40) % 2


class CannotScoreAbove(ScoreIsParameter):
    def score(self, X, y):
        if self.value > 0.5:
            raise RuntimeError("no score")
        return self.value


@pytest.fixture
def overlapping():
    """Return a function that lets two functions overlap, each in a thread."""

    def run(first, second):
        first_began, second_began = threading.Event(), threading.Event()

        def call_first():
            first_began.set()
            assert second_began.wait(60)

        def call_second():
            second_began.set()
            threads[0].join(10)  # the first is left while this one goes on

        threads = [
            threading.Thread(target=first, args=(call_first,)),
            threading.Thread(target=second, args=(call_second,)),
        ]
        threads[0].start()
        assert first_began.wait(60)
        threads[1].start()
        for thread in threads:
            thread.join(10)

    return run


def call(function):
    return function()


def test_filters_are_as_before_when_the_last_task_has_ended(overlapping):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = in_worker_process(call), in_worker_process(call)
    before = list(warnings.filters)
    assert before[:1] != [("error", None, Warning, None, 0)]
    overlapping(first, second)
    assert list(warnings.filters) == before


def test_filters_are_there_while_any_task_runs(overlapping):
    seen = []

    def see(function):
        function()
        seen.append(warnings.filters[0][0])

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first, second = in_worker_process(see), in_worker_process(see)
    overlapping(first, second)
    assert seen == ["error", "error"]


def search_on_threads(seed):
    """Run a search of which many folds cannot be scored."""
    search = ASHASearchCV(
        CannotScoreAbove(),
        {"value": list(np.arange(20) / 20)},
        resource=None,
        n_iter=20,
        n_jobs=4,
        cv=4,
        random_state=seed,
    )
    with joblib.parallel_config("threading"):
        search.fit(X, y)


def test_searches_on_threads_leave_the_filters_alone(recwarn):
    before, filters = list(warnings.filters), warnings.filters
    for seed in range(3):
        search_on_threads(seed)
    assert warnings.filters is filters
    assert list(warnings.filters) == before


def test_what_could_not_be_scored_is_told_once_for_a_search(recwarn):
    search_on_threads(0)
    (told,) = [str(w.message) for w in recwarn if "Scoring failed" in str(w.message)]
    assert told.startswith("Scoring failed on 36 of 80 folds, first with: RuntimeError")


def test_scikit_learn_warns_again_after_searches_on_threads(recwarn):
    for seed in range(3):
        search_on_threads(seed)
    recwarn.clear()
    cross_val_score(CannotScoreAbove(1.0), X, y, cv=2)
    assert ["Scoring failed" in str(w.message) for w in recwarn] == [True, True]


def as_scikit_learn_does(function):
    """Call a function with filters that replace all others meanwhile."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        function()
        warnings.simplefilter("always")


@pytest.fixture
def guarded():
    """Undo what a test leaves of the filters."""
    filters, before = warnings.filters, list(warnings.filters)
    yield before
    warnings.filters = filters
    warnings.resetwarnings()
    warnings.filters.extend(before)


def test_what_threads_have_made_of_the_filters_is_undone(overlapping, guarded):
    filters = warnings.filters
    executor = ThreadExecutor(2, None)
    overlapping(as_scikit_learn_does, as_scikit_learn_does)
    assert list(warnings.filters) != guarded  # else there is nothing to undo
    executor.close()
    assert warnings.filters is filters
    assert list(warnings.filters) == guarded


def test_filters_that_were_added_meanwhile_stay(guarded):
    executor = ThreadExecutor(2, None)
    warnings.simplefilter("error", BytesWarning)
    executor.close()
    assert len(warnings.filters) == len(guarded) + 1


def test_filters_that_were_lost_meanwhile_are_there_again(guarded):
    executor = ThreadExecutor(2, None)
    del warnings.filters[0]
    executor.close()
    assert list(warnings.filters) == guarded
