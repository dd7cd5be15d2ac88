"""scikit-learn's callbacks on our searches, with the callbacks of its own tests."""

import functools
import os
from collections import Counter

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from sklearn_automl import (
    ASHASearchCV,
    BOHBSearchCV,
    GridSearchCV,
    HyperbandSearchCV,
    RandomizedSearchCV,
    SuccessiveHalvingSearchCV,
)
from tests.fakes import FastClassifier
from tests.model_selection.searches import (
    KINDS,
    SEARCHES,
    every_kind_of_search,
    every_search,
    parameters_of,
)

callback = pytest.importorskip("sklearn.callback", reason="new in scikit-learn 1.9")
_utils = pytest.importorskip("sklearn.callback.tests._utils")

EVALUATION = "candidate-split-evaluation"

# Whatever the search is, hooks of workers arrive in the same way.
with_workers = pytest.mark.parametrize(
    ("Search", "n_jobs"),
    [
        *((Search, 1) for Search in SEARCHES),
        pytest.param(HyperbandSearchCV, 2, marks=pytest.mark.workers),
        pytest.param(ASHASearchCV, 2, marks=pytest.mark.workers),
    ],
)

# Where the core does it, whatever the search.
every_kind_with_workers = pytest.mark.parametrize(
    ("Search", "n_jobs"),
    [
        *((Search, 1) for Search in KINDS),
        pytest.param(HyperbandSearchCV, 2, marks=pytest.mark.workers),
    ],
)

# Some of the spaces are small.
pytestmark = pytest.mark.filterwarnings(
    "ignore::sklearn_automl.exceptions.SearchWarning"
)


@pytest.fixture(scope="module")
def data():
    return make_classification(n_samples=120, n_features=4, random_state=0)


def make(Search, estimator=None, space=None, **params):
    if estimator is None:
        estimator = FastClassifier()
    space = {"C": np.logspace(-2, 2, 9).tolist()} if space is None else space
    if "n_generations" in parameters_of(Search):
        params = {"n_generations": 1, **params}
    if "n_iterations" in parameters_of(Search):
        params = {"n_iterations": 2, **params}
    # Some have no resource by default.
    params = {"resource": "n_samples", "min_resources": 20, **params}
    params = {"cv": 2, "random_state": 0, "max_resources": 60, **params}
    params = {"folds": "all", **params}
    return Search(estimator, space, **params)


def make_iterative(Search, **params):
    """Search the number of iterations of an estimator that reports each of them."""
    estimator = _utils.MaxIterEstimator(computation_intensity=0)
    space = {"max_iter": list(range(1, 10))}
    return make(Search, estimator, space, scoring="r2", **params)


def count(recorder, hook):
    """Count the calls of a hook by the task for which it was called."""
    return Counter(
        entry["context"].task_name for entry in recorder.record if entry["name"] == hook
    )


@pytest.fixture(scope="module")
def recorded(data):
    """Return a function that fits a search; many tests look at what one has told."""

    @functools.cache
    def fitted(Search, n_jobs=1):
        recorder = _utils.RecordingCallback()
        search = make(Search, n_jobs=n_jobs, folds="grow").set_callbacks(recorder)
        return search.fit(*data), recorder

    return fitted


def hooks_expected(search):
    """Return how often hooks are called for each task but the refit."""
    return {
        "fit": 1,
        "search": 1,
        "bracket": len(search.brackets_),
        # No fold has all rows below the top, so that each of them ran.
        EVALUATION: search.cv_results_["n_folds"].sum(),
    }


@with_workers
def test_hooks_are_called_once_for_each_task(Search, n_jobs, recorded):
    search, recorder = recorded(Search, n_jobs)
    expected = hooks_expected(search) | {"refit-with-best-params": 1}
    assert count(recorder, "on_fit_task_begin") == expected
    assert count(recorder, "on_fit_task_end") == expected
    assert count(recorder, "setup") == {"fit": 1}
    assert count(recorder, "teardown") == {"fit": 1}


@every_kind_of_search
def test_without_a_refit_there_is_no_task_of_it(Search, data):
    recorder = _utils.RecordingCallback()
    search = make(Search, refit=False).set_callbacks(recorder).fit(*data)
    assert count(recorder, "on_fit_task_begin") == hooks_expected(search)
    assert count(recorder, "on_fit_task_end") == hooks_expected(search)
    assert count(recorder, "teardown") == {"fit": 1}


@every_search
def test_without_rungs_the_tree_is_that_of_grid_search(Search, data):
    recorder = _utils.RecordingCallback()
    search = make(Search, min_resources=60).set_callbacks(recorder).fit(*data)
    assert "bracket" not in count(recorder, "on_fit_task_begin")
    parents = {
        entry["context"].parent.task_name
        for entry in recorder.record
        if entry["context"].task_name == EVALUATION
    }
    assert parents == {"search"}
    assert search.brackets_


@every_kind_with_workers
def test_iterations_of_the_estimator_are_in_the_same_tree(Search, n_jobs, data):
    recorder = _utils.RecordingAutoPropagatedCallback()
    search = make_iterative(Search, n_jobs=n_jobs).set_callbacks(recorder).fit(*data)
    results = search.cv_results_
    n_fits = len(results["params"]) * search.n_splits_ + 1
    n_iterations = search.n_splits_ * sum(p["max_iter"] for p in results["params"])
    n_iterations += search.best_params_["max_iter"]
    ended = count(recorder, "on_fit_task_end")
    assert sum(n for k, n in ended.items() if k.startswith("iteration")) == n_iterations
    # The fit of an estimator takes the place of the evaluation it is.
    assert ended["fit"] == 1 + n_fits
    assert count(recorder, "setup") == {"fit": 1}


@every_kind_with_workers
def test_a_callback_of_the_estimator_is_set_up_for_each_fit(Search, n_jobs, data):
    recorder = _utils.RecordingCallback()
    search = make_iterative(Search, n_jobs=n_jobs)
    search.estimator.set_callbacks(recorder)
    search.fit(*data)
    n_fits = len(search.cv_results_["params"]) * search.n_splits_ + 1
    assert recorder.count_hooks("setup") == n_fits
    assert recorder.count_hooks("teardown") == n_fits


@with_workers
def test_tasks_are_nested_in_time(Search, n_jobs, recorded):
    _, recorder = recorded(Search, n_jobs)
    running = set()
    for entry in recorder.record:
        path = tuple(_path(entry["context"]))
        if entry["name"] == "on_fit_task_begin":
            assert path[:-1] in running | {()}
            running.add(path)
        elif entry["name"] == "on_fit_task_end":
            running.remove(path)
            assert not [other for other in running if other[: len(path)] == path]
    assert not running


def _path(context):
    if context.parent is not None:
        yield from _path(context.parent)
    yield context.task_name, context.task_id


@with_workers
def test_every_bar_is_full_at_the_end(Search, n_jobs, data, capsys):
    pytest.importorskip("rich")
    bar = callback.ProgressBar(max_propagation_depth=0)
    search = make(Search, n_jobs=n_jobs).set_callbacks(bar).fit(*data)
    # What is drawn last is the tree as it ended.
    lines = [line for line in capsys.readouterr().out.splitlines() if " - " in line]
    tree = lines[-2 - len(search.brackets_) :]
    name = Search.__name__
    assert [line.split("━")[0].rstrip() for line in tree] == [
        f"{name} - fit",
        f"  {name} - search #0",
        *(f"    {name} - bracket #{i}" for i in range(len(search.brackets_))),
    ]
    assert all(" 100%" in line for line in tree)


@every_search
def test_bars_move_during_the_search(Search, data, monkeypatch):
    pytest.importorskip("rich")
    progressbar = pytest.importorskip("sklearn.callback._progressbar")
    Monitor = progressbar.RichProgressMonitor
    on_task_end, seen = Monitor._on_task_end, []

    def recording(self, task_info):
        on_task_end(self, task_info)
        seen.append(max(b.progress for b in self.root_rich_task if b.depth == 2))

    monkeypatch.setattr(Monitor, "_on_task_end", recording)
    make(Search).set_callbacks(callback.ProgressBar(max_propagation_depth=0)).fit(*data)
    if Search not in (SuccessiveHalvingSearchCV, HyperbandSearchCV, BOHBSearchCV):
        # How much it will be is not known until the end.
        assert set(seen) == {0.0, 1.0}
    else:
        assert len(set(seen)) > 3
    assert seen[-1] == 1.0


class StopsAtThird(_utils.RecordingCallback):
    """Asks to stop at the end of the third fit."""

    n_fits = 0

    def on_fit_task_end(self, estimator, context):
        super().on_fit_task_end(estimator, context)
        self.n_fits += context.task_name == EVALUATION
        return self.n_fits == 3


@every_search
def test_a_callback_stops_the_search(Search, data):
    stopper = StopsAtThird()
    search = make(Search).set_callbacks(stopper).fit(*data)
    assert search.stop_reason_ == "callback"
    # The evaluation in which it was said is the last one.
    assert len(search.cv_results_["params"]) == 2


@pytest.mark.workers
@every_kind_of_search
def test_a_callback_in_another_process_stops_the_search(Search, data):
    stopper = _utils.StopFitCallback()
    full = make(Search).fit(*data)
    search = make(Search, n_jobs=2).set_callbacks(stopper).fit(*data)
    assert search.stop_reason_ == "callback"
    assert len(search.cv_results_["params"]) < len(full.cv_results_["params"])


@every_kind_with_workers
def test_a_stopped_search_closes_all_its_tasks(Search, n_jobs, data):
    stopper = _utils.StopFitCallback()
    make(Search, n_jobs=n_jobs).set_callbacks(stopper).fit(*data)
    begun, ended = (count(stopper, f"on_fit_task_{x}") for x in ("begin", "end"))
    assert begun == ended
    assert count(stopper, "teardown") == {"fit": 1}


@every_kind_of_search
def test_a_stopped_search_is_refitted(Search, data):
    search = make(Search).set_callbacks(_utils.StopFitCallback()).fit(*data)
    assert search.predict(data[0]).shape == data[1].shape


@every_kind_with_workers
def test_a_fit_that_raises_ends_with_teardown(Search, n_jobs, data):
    recorder = _utils.RecordingCallback()
    space = {"max_iter": ["many", "more", "most"]}
    search = make(Search, LogisticRegression(), space, error_score="raise")
    with pytest.raises(ValueError, match="max_iter"):
        search.set_params(n_jobs=n_jobs).set_callbacks(recorder).fit(*data)
    assert recorder.count_hooks("teardown") == 1


@every_kind_with_workers
@pytest.mark.parametrize("hook", ["setup", "on_fit_task_begin", "on_fit_task_end"])
def test_the_error_of_a_callback_is_raised(Search, n_jobs, hook, data):
    failing = _utils.FailingCallback(fail_at=hook)
    search = make(Search, n_jobs=n_jobs).set_callbacks(failing)
    with pytest.raises(ValueError, match=f"failed at {hook}"):
        search.fit(*data)
    assert failing.count_hooks("teardown") == 1


@every_kind_of_search
def test_evaluations_and_refit_get_the_sample_weight(Search, data):
    X, y = data
    recorder = _utils.RecordingCallback()
    weight = np.arange(len(y), dtype=float)
    make(Search).set_callbacks(recorder).fit(X, y, sample_weight=weight)
    sizes = {
        name: {
            len(entry["kwargs"]["metadata"]["sample_weight"])
            for entry in recorder.record
            if entry["name"] == "on_fit_task_begin"
            and entry["context"].task_name == name
        }
        for name in (EVALUATION, "refit-with-best-params")
    }
    assert sizes == {EVALUATION: {20, 60}, "refit-with-best-params": {120}}


@every_kind_of_search
def test_a_clone_keeps_the_callbacks(Search, data):
    recorder = _utils.RecordingCallback()
    clone(make(Search).set_callbacks(recorder)).fit(*data)
    assert recorder.count_hooks("setup") == 1


@every_kind_of_search
def test_nothing_of_the_callbacks_stays_on_the_search(Search, recorded):
    search, _ = recorded(Search)
    assert not hasattr(search, "_callback_fit_ctx")
    assert not hasattr(search.best_estimator_, "_parent_callback_ctx")


def test_a_bracket_is_closed_before_the_next_one_begins(recorded):
    search, recorder = recorded(HyperbandSearchCV)
    hooks = [
        (entry["name"], entry["context"].task_id)
        for entry in recorder.record
        if entry["context"].task_name == "bracket"
    ]
    assert hooks == [
        (f"on_fit_task_{when}", i)
        for i in range(len(search.brackets_))
        for when in ("begin", "end")
    ]
    assert len(search.brackets_) > 1


class StopsAfterBracket(_utils.RecordingCallback):
    """Asks to stop at the end of the first bracket."""

    def on_fit_task_end(self, estimator, context):
        super().on_fit_task_end(estimator, context)
        return context.task_name == "bracket"


def test_a_callback_stops_the_search_at_the_end_of_a_bracket(data):
    stopper = StopsAfterBracket()
    search = make(HyperbandSearchCV).set_callbacks(stopper).fit(*data)
    assert search.stop_reason_ == "callback"
    assert set(search.cv_results_["bracket"]) == {0}
    n_planned = sum(n for n, _ in search.brackets_[0])
    assert len(search.cv_results_["params"]) == n_planned


class RaisesAt(_utils.RecordingCallback):
    """Raises at the end of the tasks of a name."""

    def __init__(self, task_name):
        super().__init__()
        self.task_name = task_name

    def on_fit_task_end(self, estimator, context):
        super().on_fit_task_end(estimator, context)
        if context.task_name == self.task_name:
            raise RuntimeError(f"raised at {self.task_name}")


@every_kind_of_search
@pytest.mark.parametrize("task", ["search", "refit-with-best-params", "fit"])
def test_a_callback_that_raises_at_the_end_loses_no_evaluation(
    Search, task, data, recorded
):
    search = make(Search, folds="grow").set_callbacks(RaisesAt(task))
    with pytest.raises(RuntimeError, match=f"raised at {task}"):
        search.fit(*data)
    planned, _ = recorded(Search)
    assert len(search.cv_results_["params"]) == len(planned.cv_results_["params"])
    assert search.best_params_ == planned.best_params_


@pytest.mark.parametrize(
    ("Search", "n_jobs"),
    [
        (HyperbandSearchCV, 1),
        (BOHBSearchCV, 1),
        pytest.param(HyperbandSearchCV, 2, marks=pytest.mark.workers),
    ],
)
@pytest.mark.parametrize(
    "params",
    [
        {"min_resources": 60},
        {
            "resource": "n_folds",
            "max_resources": 1,
            "min_resources": 1,
            "folds": "grow",
        },
        {
            "estimator": LogisticRegression(),
            "resource": "max_iter",
            "max_resources": 50,
            "min_resources": 50,
        },
    ],
)
def test_brackets_of_a_single_rung_are_one(Search, n_jobs, params, data):
    recorder = _utils.RecordingCallback()
    search = make(Search, n_iterations=3, n_jobs=n_jobs, **params)
    search.set_callbacks(recorder).fit(*data)
    ended = count(recorder, "on_fit_task_end")
    assert len(search.brackets_) == 3
    assert "bracket" not in ended
    assert ended[EVALUATION] == search.cv_results_["n_folds"].sum()


# ---- what comes of an evaluation -------------------------------------------------


class Notes(callback.FitCallback):
    """Keeps what it is told of evaluations, in the process of the search."""

    sees_evaluations = True

    def setup(self, estimator, context):
        self.rows, self.processes = [], set()

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        if context.task_name == "evaluation":
            self.rows.append(metadata)
            self.processes.add(os.getpid())


def place(row):
    return row["bracket"], row["rung"], row["trial_id"]


@with_workers
def test_evaluations_are_told_as_they_are_in_the_table(Search, n_jobs, data):
    notes = Notes()
    search = make(Search, n_jobs=n_jobs, folds="grow").set_callbacks(notes).fit(*data)
    assert notes.processes == {os.getpid()}
    table = search.cv_results_
    rows = sorted(notes.rows, key=place)
    for name in sorted(set(rows[0]) - {"score", "is_recorded"}):
        np.testing.assert_array_equal([row[name] for row in rows], table[name], name)
    assert [row["score"] for row in rows] == table["mean_test_score"].tolist()
    assert not any(row["is_recorded"] for row in rows)


@every_kind_of_search
def test_the_tree_is_that_of_scikit_learn_without_a_wish(Search, data):
    recorder = _utils.NotRequiredKwargsCallback()
    make(Search).set_callbacks(recorder).fit(*data)
    assert "evaluation" not in count(recorder, "on_fit_task_end")


@pytest.mark.parametrize("n_jobs", [1, pytest.param(2, marks=pytest.mark.workers)])
def test_a_bar_beside_a_logger_is_full_at_the_end(n_jobs, data, capsys):
    pytest.importorskip("rich")
    bar = callback.ProgressBar(max_propagation_depth=0)
    make(HyperbandSearchCV, n_jobs=n_jobs).set_callbacks(bar, Notes()).fit(*data)
    lines = [line for line in capsys.readouterr().out.splitlines() if " - " in line]
    assert all(" 100%" in line for line in lines[-4:])


@pytest.mark.parametrize("Search", [GridSearchCV, RandomizedSearchCV])
def test_candidates_of_a_race_are_told(Search, data):
    notes = Notes()
    space = {"C": np.logspace(-2, 2, 10).tolist()}
    search = Search(LogisticRegression(), space).set_callbacks(notes).fit(*data)
    last = {row["trial_id"]: row for row in notes.rows}
    told = [(last[i]["params"], last[i]["score"]) for i in sorted(last)]
    scores = search.cv_results_["mean_test_score"]
    assert told == [*zip(search.cv_results_["params"], scores, strict=True)]


def test_several_metrics_are_told_by_name(data):
    notes = Notes()
    search = make(HyperbandSearchCV, scoring=["f1", "recall"], refit="recall")
    search.set_callbacks(notes).fit(*data)
    rows = sorted(notes.rows, key=place)
    for name in ("mean_test_f1", "mean_test_recall"):
        told = [row[name] for row in rows]
        np.testing.assert_array_equal(told, search.cv_results_[name])
    assert [row["score"] for row in rows] == [row["mean_test_recall"] for row in rows]


def test_the_resource_is_among_the_parameters_that_are_told(data):
    notes = Notes()
    search = make(HyperbandSearchCV, LogisticRegression(), resource="max_iter")
    search.set_callbacks(notes).fit(*data)
    assert {row["params"]["max_iter"] for row in notes.rows} == {20, 60}


class NeedsRows(LogisticRegression):
    """Cannot be fitted on few rows."""

    def fit(self, X, y):
        if len(X) < 30:
            raise ValueError(f"{len(X)} rows are too few")
        return super().fit(X, y)


@every_search
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_failures_are_told_and_may_be_more_than_were_planned(Search, data):
    notes = Notes()
    search = make(Search, NeedsRows()).set_callbacks(notes).fit(*data)
    assert search.stop_reason_ == "completed"
    failures = [row for row in notes.rows if row["status"] == "failed"]
    assert len(failures) == (search.cv_results_["status"] == "failed").sum() > 0
    assert all("20 rows are too few" in row["error"] for row in failures)
    assert np.isnan([row["score"] for row in failures]).all()


@every_search
def test_what_an_earlier_run_has_evaluated_is_told_as_recorded(Search, data, tmp_path):
    make(Search, checkpoint=tmp_path / "search.db").fit(*data)
    notes = Notes()
    search = make(Search, checkpoint=tmp_path / "search.db").set_callbacks(notes)
    search.fit(*data)
    assert len(notes.rows) == len(search.cv_results_["params"])
    assert all(row["is_recorded"] for row in notes.rows)


class StopsAtTrial(Notes):
    def on_fit_task_end(self, estimator, context, *, metadata=None):
        super().on_fit_task_end(estimator, context, metadata=metadata)
        return context.task_name == "evaluation" and metadata["trial_id"] == 2


@every_search
def test_a_callback_may_stop_at_an_evaluation(Search, data):
    stopper = StopsAtTrial()
    search = make(Search).set_callbacks(stopper).fit(*data)
    assert search.stop_reason_ == "callback"
    assert stopper.rows[-1]["trial_id"] == 2
