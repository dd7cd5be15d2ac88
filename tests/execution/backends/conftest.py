"""Small clusters on this machine, started by the first test that needs one."""

import importlib
import logging

import pytest

from tests import forked_workers


@pytest.fixture(scope="session")
def dask_client():
    distributed = pytest.importorskip("distributed")
    config = importlib.import_module("dask.config")
    forked_workers.start_server()
    method = "forkserver" if forked_workers.CAN_FORK else "spawn"
    with (
        # Workers that die start again within milliseconds.
        config.set({"distributed.worker.multiprocessing-method": method}),
        # Or the cluster gives up a worker that happens to be starting again at this
        # time after an earlier death.
        config.set({"distributed.deploy.lost-worker-timeout": "1h"}),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,  # of the deaths that are tested
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def ray_cluster():
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    register_ray()
    with pytest.MonkeyPatch.context() as patch:
        # Ray gives its workers the niceness 15. Beside other tests, one then needs
        # minutes to start.
        patch.setenv("RAY_worker_niceness", "0")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield ray
        ray.shutdown()


@pytest.fixture
def cluster_of(request):
    """Return a function that starts the cluster of a back-end, and returns it.

    None where the back-end needs none.
    """
    fixtures = {"dask": "dask_client", "ray": "ray_cluster"}

    def started(backend):
        if backend not in fixtures:
            return None
        return request.getfixturevalue(fixtures[backend])

    return started
