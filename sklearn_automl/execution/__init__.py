"""Execution: how a job runs."""

from sklearn_automl.execution._assessor import Assessor
from sklearn_automl.execution._boosting import hidden_names, other_names, own_amount
from sklearn_automl.execution._continuation import fit_from, fit_in_passes
from sklearn_automl.execution._declared_growth import fault_of_declaration
from sklearn_automl.execution._early_stopping import (
    early_stopping_of,
    without_early_stopping,
)
from sklearn_automl.execution._eval_set import EvalSet
from sklearn_automl.execution._evaluation import (
    Evaluation,
    FoldPredictions,
    FoldResult,
    StopReason,
)
from sklearn_automl.execution._fold_ladder import AllFolds, FoldsOnly, GrowingFolds
from sklearn_automl.execution._fold_scorer import FoldScorer, FoldTask, run_task
from sklearn_automl.execution._good_enough import GoodEnough
from sklearn_automl.execution._growth_base import last_step
from sklearn_automl.execution._interrupts import not_swallowed
from sklearn_automl.execution._journal import Journal, NoJournal, open_journal
from sklearn_automl.execution._loop import SearchLoop
from sklearn_automl.execution._passes import (
    PASSES,
    PassResource,
    fault_of_passes,
    not_taken_by_partial_fit,
)
from sklearn_automl.execution._past_tasks import (
    MAX_SUGGESTED,
    MAX_TASKS,
    TaskReader,
    add_to_history,
    open_checkpoint,
    open_history,
    read_history,
    score_of,
    sign_of_scorer,
    text_of_scorer,
)
from sklearn_automl.execution._predictions import (
    MAX_MEMBERS,
    PredictionLibrary,
    Predictor,
)
from sklearn_automl.execution._reporter import Reporter, verbosity_of_fits
from sklearn_automl.execution._resources import (
    MIN_ROWS_PER_CLASS,
    ParameterResource,
    Resource,
    SampleResource,
    nested_groups,
    nested_order,
    recent_first,
)
from sklearn_automl.execution._run import SearchRun, run_search
from sklearn_automl.execution._shared_data import make_private_folder, remove_folder
from sklearn_automl.execution._status import Status, end_of, status_of_error
from sklearn_automl.execution._table import (
    blank_folds_not_run,
    complete_folds,
    evaluation_columns,
    frame_of,
    iteration_columns,
    last_line,
    rank_by_resource,
    standing,
    summary_of,
)
from sklearn_automl.execution._trial_limits import TrialLimits
from sklearn_automl.execution.backends import Executor, Finished, make_executor

__all__ = [
    "MAX_MEMBERS",
    "MAX_SUGGESTED",
    "MAX_TASKS",
    "MIN_ROWS_PER_CLASS",
    "PASSES",
    "AllFolds",
    "Assessor",
    "EvalSet",
    "Evaluation",
    "Executor",
    "Finished",
    "FoldPredictions",
    "FoldResult",
    "FoldScorer",
    "FoldTask",
    "FoldsOnly",
    "GoodEnough",
    "GrowingFolds",
    "Journal",
    "NoJournal",
    "ParameterResource",
    "PassResource",
    "PredictionLibrary",
    "Predictor",
    "Reporter",
    "Resource",
    "SampleResource",
    "SearchLoop",
    "SearchRun",
    "Status",
    "StopReason",
    "TaskReader",
    "TrialLimits",
    "add_to_history",
    "blank_folds_not_run",
    "complete_folds",
    "early_stopping_of",
    "end_of",
    "evaluation_columns",
    "fault_of_declaration",
    "fault_of_passes",
    "fit_from",
    "fit_in_passes",
    "frame_of",
    "hidden_names",
    "iteration_columns",
    "last_line",
    "last_step",
    "make_executor",
    "make_private_folder",
    "nested_groups",
    "nested_order",
    "not_swallowed",
    "not_taken_by_partial_fit",
    "open_checkpoint",
    "open_history",
    "open_journal",
    "other_names",
    "own_amount",
    "rank_by_resource",
    "read_history",
    "recent_first",
    "remove_folder",
    "run_search",
    "run_task",
    "score_of",
    "sign_of_scorer",
    "standing",
    "status_of_error",
    "summary_of",
    "text_of_scorer",
    "verbosity_of_fits",
    "without_early_stopping",
]
