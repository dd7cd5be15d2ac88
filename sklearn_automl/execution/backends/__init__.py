"""Back-ends: where tasks run."""

from sklearn_automl.execution.backends._base import Executor, Finished
from sklearn_automl.execution.backends._choice import make_executor

__all__ = ["Executor", "Finished", "make_executor"]
