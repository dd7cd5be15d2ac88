"""Execution: how a job runs."""

from sklearn_automl.execution._choice import make_executor
from sklearn_automl.execution._evaluation import FoldScorer, FoldTask
from sklearn_automl.execution._executor import Executor, Finished
from sklearn_automl.execution._interrupts import not_swallowed
from sklearn_automl.execution._journal import Journal, NoJournal
from sklearn_automl.execution._loop import Evaluation, SearchLoop, StopReason, whole
from sklearn_automl.execution._resources import (
    FullResource,
    ParameterResource,
    Resource,
    SampleResource,
)
from sklearn_automl.execution._status import Status, end_of, status_of_error
from sklearn_automl.execution._trial_limits import (
    TrialLimits,
    bytes_of,
    can_measure_memory,
)

__all__ = [
    "Evaluation",
    "Executor",
    "Finished",
    "FoldScorer",
    "FoldTask",
    "FullResource",
    "Journal",
    "NoJournal",
    "ParameterResource",
    "Resource",
    "SampleResource",
    "SearchLoop",
    "Status",
    "StopReason",
    "TrialLimits",
    "bytes_of",
    "can_measure_memory",
    "end_of",
    "make_executor",
    "not_swallowed",
    "status_of_error",
    "whole",
]
