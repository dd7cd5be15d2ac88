"""What all back-ends share."""

import pytest

from sklearn_automl.execution.backends._base import n_workers_of


@pytest.mark.parametrize(
    ("n_jobs", "expected"), [(1, 1), (3, 3), (9, 4), (-1, 4), (-2, 3), (-9, 1)]
)
def test_n_jobs_counts_the_slots_of_a_cluster_as_scikit_learn_counts_cores(
    n_jobs, expected
):
    assert n_workers_of(n_jobs, 4) == expected
