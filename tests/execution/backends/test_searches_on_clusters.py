"""What a search keeps on every cluster. A new one is one line in ``CLUSTERS``."""

import joblib
import numpy as np
import pytest

from sklearn_automl import ASHASearchCV, HyperbandSearchCV
from tests.execution.backends.on_clusters import (
    EVERY_SEARCH,
    X,
    bad_and_good,
    interrupt,
    search,
    y,
)
from tests.fakes import DiesAbove, ScoreIsParameter, SleepsAbove

pytestmark = pytest.mark.workers

# Name of joblib's back-end, and how it is configured.
CLUSTERS = {"dask": {}, "ray": {"n_jobs": -1}}


@pytest.fixture(params=CLUSTERS)
def on_cluster(request, cluster_of):
    cluster = cluster_of(request.param)
    if request.param == "dask":
        cluster.wait_for_workers(2, timeout=120)
    with joblib.parallel_config(backend=request.param, **CLUSTERS[request.param]):
        yield


# A search asks all executors in the same way. What Ray's does where a worker dies or is
# killed, which takes Ray long, is in test_ray.py.
where_workers_start_fast = pytest.mark.parametrize(
    "on_cluster",
    [
        "dask",
        pytest.param("ray", marks=pytest.mark.slow),
    ],
    indirect=True,
)


@pytest.mark.filterwarnings("ignore::UserWarning")
@where_workers_start_fast
@pytest.mark.parametrize("cls", EVERY_SEARCH)
def test_a_search_loses_only_what_kills_its_worker(cls, on_cluster):
    found = search(cls, DiesAbove()).fit(X, y)
    assert bad_and_good(found) == ({"crashed"}, {"completed"})
    assert found.best_params_ == {"value": 0.45}


@pytest.mark.filterwarnings("ignore::UserWarning")
@where_workers_start_fast
@pytest.mark.parametrize("cls", EVERY_SEARCH)
def test_a_search_loses_only_what_takes_too_long(cls, on_cluster):
    found = search(cls, SleepsAbove(), trial_timeout=5.0).fit(X, y)
    assert bad_and_good(found) == ({"timeout"}, {"completed"})


def test_an_interrupt_is_heard(on_cluster):
    with interrupt(after=1.0), pytest.raises(KeyboardInterrupt):
        search(ASHASearchCV, SleepsAbove(), values=[0.1, 0.9]).fit(X, y)


def test_the_scores_are_those_of_one_worker(on_cluster):
    there = search(HyperbandSearchCV, ScoreIsParameter()).fit(X, y)
    with joblib.parallel_config(backend="sequential"):
        here = search(HyperbandSearchCV, ScoreIsParameter()).fit(X, y)
    for name in ("param_value", "mean_test_score", "status", "n_resources"):
        np.testing.assert_array_equal(there.cv_results_[name], here.cv_results_[name])
