"""Any other joblib back-end, through its extension method ``submit``.

This serves multiprocessing and back-ends that users register; there is no recovery
from the death of a worker here.
"""

from typing import Any

import joblib

from sklearn_automl._sklearn_compat import joblib_batch
from sklearn_automl.execution._fold_scorer import FoldTask
from sklearn_automl.execution._sending import run_sent_task
from sklearn_automl.execution._worker_settings import in_worker_process
from sklearn_automl.execution.backends._base import Finished, ProcessExecutor

__all__ = ["JoblibBackendExecutor"]


class JoblibBackendExecutor(ProcessExecutor):
    """Submit to the active joblib back-end, as ``joblib.Parallel`` does."""

    def __init__(self, backend: Any, n_jobs: int) -> None:
        super().__init__()
        # A back-end is configured for a Parallel object, which is not called.
        self._parallel = joblib.Parallel(n_jobs=n_jobs, backend=backend)
        self._backend = backend
        self.n_workers = backend.configure(n_jobs=n_jobs, parallel=self._parallel)
        backend.start_call()

    def submit(self, key: int, task: FoldTask) -> None:
        batch = joblib_batch(self._backend, self._call, (self._reference, task))

        def done(out: Any) -> None:
            try:
                (results,) = self._backend.retrieve_result_callback(out)
                self._finished.put(Finished(key, results))
            # A worker may raise SystemExit or KeyboardInterrupt too.
            except BaseException as error:  # noqa: BLE001
                self._finished.put(Finished(key, error=error))

        self._running[key] = batch
        self._backend.submit(batch, callback=done)

    def start(self, scorer: Any) -> None:
        super().start(scorer)
        # The nested back-end comes with joblib's batch.
        self._call = in_worker_process(run_sent_task)

    def close(self) -> None:
        if self._running:
            self._backend.abort_everything(ensure_ready=False)
        self._backend.stop_call()
        self._backend.terminate()
        super().close()
