"""Fits that kill their worker, hang, fill the memory: nothing else is lost."""

import json
import subprocess
import sys
import warnings
from collections import Counter

import pytest
from sklearn.datasets import make_classification

from sklearn_automl.execution._status import Status
from tests.model_selection.faults import FAULTS, Faulty
from tests.model_selection.searches import (
    SEARCHES,
    every_search_at_length,
    make,
    parameters_of,
    set_n_trials,
)

pytestmark = pytest.mark.workers

DATA = make_classification(n_samples=120, n_features=4, random_state=0)
VALUES = [round(0.1 * i, 1) for i in range(9)]


def is_of_the_fit(fault):
    return Status(FAULTS[fault]).is_of_the_fit


def search_with(Search, faults, log, **params):
    """Return a search of nine good configurations and one for each fault."""
    good = [{"value": value} for value in VALUES]
    bad = [{"fault": fault} for fault in faults]
    # The bad ones are not the first: workers are warm, and good ones run beside them.
    initial = [*good[:2], *bad, *good[2:]]
    space = [{"value": VALUES}, {"fault": [*faults, "none"]}]
    search = make(Search, Faulty(log=log), space, initial_params=initial, n_jobs=2)
    search.set_params(min_resources=20, trial_timeout=8.0, trial_memory_limit="450MB")
    if "n_iterations" in parameters_of(Search):  # its brackets start 3 and 2
        search.set_params(n_iterations=-(-len(initial) // 5))
    else:
        set_n_trials(search, len(initial))
    return search.set_params(**params)


def run(Search, faults, log):
    """Fit in this process; return what became of each configuration."""
    search = search_with(Search, faults, log)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(*DATA)
    rows = search.cv_results_
    return {
        "best": search.best_params_,
        "rows": [
            (
                params.get("fault"),
                params.get("value"),
                int(n),
                str(status),
                float(score),
                error,
            )
            for params, n, status, score, error in zip(
                rows["params"],
                rows["n_resources"],
                rows["status"],
                rows["mean_test_score"],
                rows["error"],
                strict=True,
            )
        ],
    }


def run_elsewhere(Search, faults, log):
    """Do the same in a process with a hard limit."""
    number = SEARCHES.index(Search)
    code = (
        "import json\nfrom tests import forked_workers\n"
        "from tests.model_selection.test_faults import *\n"
        "forked_workers.use(True)\n"
        f"print(json.dumps(run(SEARCHES[{number}], {faults!r}, {log!r})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def check(outcome, faults, log):
    """Only the bad ones are lost, each is named, and no good one ran twice."""
    named = {}
    for fault, value, n_rows, status, score, error in outcome["rows"]:
        if fault in FAULTS:
            named.setdefault(fault, []).append((n_rows, status, error))
        elif fault is None:
            assert (status, score, error) == ("completed", value, "")
    assert set(named) == set(faults)
    for fault, ends in named.items():
        # What the fit raised may be tried again with more rows, and nothing else.
        assert len(ends) == 1 or is_of_the_fit(fault)
        for n_rows, status, error in ends:
            assert (fault, status) == (fault, FAULTS[fault])
            assert n_rows < 60 or len(faults) > 1 or is_of_the_fit(fault)
            assert error
    assert outcome["best"] == {"value": max(VALUES)}
    with open(log) as file:
        fits = Counter(line for line in file if line.startswith("None"))
    assert max(fits.values()) == 1


@every_search_at_length
def test_many_faults_at_once_are_named_and_the_rest_goes_on(Search, tmp_path):
    log = str(tmp_path / "log")
    faults = ["os._exit", "hangs in C", "NaN", "sys.exit", "unpicklable"]
    check(run_elsewhere(Search, faults, log), faults, log)


@pytest.mark.slow
@every_search_at_length
def test_all_faults_at_once_are_named_and_the_rest_goes_on(Search, tmp_path):
    log = str(tmp_path / "log")
    check(run_elsewhere(Search, list(FAULTS), log), list(FAULTS), log)


@pytest.mark.slow
@every_search_at_length
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_the_rest_goes_on(fault, Search, tmp_path):
    log = str(tmp_path / "log")
    check(run_elsewhere(Search, [fault], log), [fault], log)


@every_search_at_length
def test_good_ones_score_as_without_the_bad(Search, tmp_path):
    faults = ["raises", "inf", "scorer raises"]
    with_faults = run(Search, faults, str(tmp_path / "log"))["rows"]
    scores = {(v, n): s for f, v, n, _, s, _ in with_faults if f is None}
    calm = run(Search, [], str(tmp_path / "log"))["rows"]
    assert {(v, n) for f, v, n, *_ in calm if f is None} & set(scores)
    for fault, value, n_rows, _, score, _ in calm:
        if fault is None and (value, n_rows) in scores:
            assert scores[value, n_rows] == score


# ---- chaos -----------------------------------------------------------------------


@pytest.mark.slow
@every_search_at_length
@pytest.mark.parametrize("seed", range(10))
def test_workers_that_are_killed_at_random_change_no_score(seed, Search):
    module = "tests.model_selection.workers_killed_at_random"
    done = subprocess.run(
        [sys.executable, "-m", module, Search.__name__, str(seed)],
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout) > 0, "nothing was killed"
