"""Deaths of workers: whose fault they are, and when the machine has failed.

A worker that dies may be the victim of another one, so its task is given a second
worker, alone. The task is to blame only if that worker dies too. If different
configurations in a row are to blame, it is the machine that has failed.
"""

from sklearn_automl.execution._batches import Batch, BatchQueue
from sklearn_automl.execution._evaluation import Evaluation
from sklearn_automl.execution.backends import Finished

__all__ = ["Deaths"]

# How many workers a task may kill.
_MAX_DEATHS = 2

# A worker that dies before it has begun says nothing about its task. So many in a row,
# with no task that ended between them, say that none can start.
_MAX_FAILED_STARTS = 20

# So many different configurations in a row that kill their workers are no accident.
_MAX_CRASHES = 5


class Deaths:
    """Counts the deaths of workers.

    Attributes
    ----------
    suspects : BatchQueue
        Tasks whose worker died, each to be run once more while nothing else runs.
    """

    def __init__(self) -> None:
        self.suspects = BatchQueue()
        self._n_failed_starts = 0  # since the last task that ended
        self._crashed: set[int] = set()  # trials, since the last one that did not crash

    @property
    def has_crashed_last(self) -> bool:
        """Whether the last evaluation killed its workers."""
        return bool(self._crashed)

    @property
    def machine_has_failed(self) -> bool:
        """Whether workers die whatever they run. It does not recover."""
        return len(self._crashed) >= _MAX_CRASHES

    def task_ended(self) -> None:
        """Note that a worker has run a task to its end."""
        self._n_failed_starts = 0

    def start_failed(self, finished: Finished) -> None:
        """Note that a worker died before it had begun with its task.

        Raises
        ------
        RuntimeError
            If no worker can start.
        """
        self._n_failed_starts += 1
        if self._n_failed_starts >= _MAX_FAILED_STARTS:
            raise RuntimeError(
                f"{_MAX_FAILED_STARTS} workers in a row died before they started a "
                f"task: {finished.death}. Check that a worker can import what the "
                "estimator needs, and that there is enough memory."
            )

    def is_to_blame(self, batch: Batch) -> bool:
        """Note that a worker died of a task; tell whether the task is to blame."""
        batch.n_deaths += 1
        if batch.n_deaths < _MAX_DEATHS:
            self.suspects.append(batch)
            return False
        self._crashed.add(batch.evaluation.job.trial_id)
        return True

    def evaluation_ended(self, evaluation: Evaluation) -> None:
        """Note that an evaluation is complete; workers can run if it did not crash."""
        if not self.machine_has_failed and evaluation.job.trial_id not in self._crashed:
            self._crashed.clear()

    def error(self, last: Evaluation) -> RuntimeError:
        """Return what to raise when the machine has failed."""
        return RuntimeError(
            f"{_MAX_CRASHES} different configurations in a row killed their workers, "
            f"each of them {_MAX_DEATHS} times, so the cause is probably the machine "
            f"or the data. The last error: {last.error} If memory is short, use fewer "
            "workers (n_jobs)."
        )
