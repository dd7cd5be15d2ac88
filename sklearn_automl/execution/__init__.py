"""Execution: how a job runs."""

from sklearn_automl.execution._choice import make_executor
from sklearn_automl.execution._evaluation import FoldScorer, FoldTask
from sklearn_automl.execution._executor import Executor, Finished
from sklearn_automl.execution._loop import Evaluation, SearchLoop, StopReason, whole
from sklearn_automl.execution._resources import (
    FullResource,
    ParameterResource,
    Resource,
    SampleResource,
)

__all__ = [
    "Evaluation",
    "Executor",
    "Finished",
    "FoldScorer",
    "FoldTask",
    "FullResource",
    "ParameterResource",
    "Resource",
    "SampleResource",
    "SearchLoop",
    "StopReason",
    "make_executor",
    "whole",
]
