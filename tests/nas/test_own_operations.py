import threading

import numpy as np
import pytest
from torch import nn

from sklearn_automl import NASClassifier
from sklearn_automl.exceptions import SearchWarning
from sklearn_automl.nas import ChainSpace, operations, register_operation
from tests.nas import own_operations

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 4))
y = (X[:, 0] > 0).astype(int)


@pytest.fixture(autouse=True)
def _registry(monkeypatch):
    """What a test registers is gone after it."""
    monkeypatch.setattr(operations, "_OPERATIONS", dict(operations._OPERATIONS))
    own_operations.register()


def searched(*names, **options):
    space = ChainSpace(operations=names, n_layers=(1, 1), widths=[8, 16])
    search = NASClassifier(space, "random", max_epochs=1, random_state=0, **options)
    return search.fit(X, y)


@pytest.mark.workers
def test_workers_know_operations_of_the_users_own():
    search = searched("gated", n_trials=2, n_jobs=2, trial_timeout=100)
    assert (search.search_results_["status"] == "completed").all()


def test_an_operation_that_cannot_be_built_costs_its_trials_only():
    with pytest.warns(SearchWarning, match="not completed"):
        search = searched("dense", "broken", n_trials=10)
    failed = search.search_results_["status"] == "failed"
    assert failed.any()
    assert not failed.all()
    assert (search.search_results_["n_parameters"][failed] == 0).all()
    assert "no such layer" in search.search_results_["error"][failed][0]


def test_it_counts_as_small_enough():
    with pytest.warns(SearchWarning, match="not completed"):
        search = searched("dense", "broken", n_trials=10, max_params=10_000)
    assert search.score(X, y) > 0.4


@pytest.mark.workers
def test_an_operation_that_cannot_travel_is_named_where_it_has_to():
    register_operation("locked", holding(threading.Lock()), n_dims=[0])
    assert searched("dense", n_trials=1, n_jobs=2).n_trials_ == 1  # does not use it
    assert searched("locked", n_trials=1).n_trials_ == 1
    with pytest.raises(ValueError, match="operation 'locked' cannot be sent"):
        searched("locked", n_trials=1, n_jobs=2)


def holding(lock):
    def dense(n_dims, in_width, width):
        with lock:
            return nn.Linear(in_width, width)

    return dense


def test_the_same_code_can_register_again():
    own_operations.register()


def test_other_code_cannot_take_its_name():
    with pytest.raises(ValueError, match="'gated' already; choose another name"):
        register_operation("gated", own_operations.broken)
