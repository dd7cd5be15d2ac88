"""Looking at a finished search: displays as scikit-learn has them, and importances."""

from sklearn_automl.inspection._architectures import ArchitecturesDisplay
from sklearn_automl.inspection._card import to_html
from sklearn_automl.inspection._contour import ContourDisplay
from sklearn_automl.inspection._importance import (
    ImportanceDisplay,
    parameter_importances,
)
from sklearn_automl.inspection._kinds import draw
from sklearn_automl.inspection._learning_curves import LearningCurvesDisplay
from sklearn_automl.inspection._optuna import to_optuna
from sklearn_automl.inspection._parallel_coordinates import ParallelCoordinatesDisplay
from sklearn_automl.inspection._pareto_front import ParetoFrontDisplay
from sklearn_automl.inspection._rung_agreement import (
    RungAgreementDisplay,
    rung_agreement,
)
from sklearn_automl.inspection._rungs import RungsDisplay
from sklearn_automl.inspection._search import SearchDisplay
from sklearn_automl.inspection._slice import SliceDisplay
from sklearn_automl.inspection._timeline import TimelineDisplay

__all__ = [
    "ArchitecturesDisplay",
    "ContourDisplay",
    "ImportanceDisplay",
    "LearningCurvesDisplay",
    "ParallelCoordinatesDisplay",
    "ParetoFrontDisplay",
    "RungAgreementDisplay",
    "RungsDisplay",
    "SearchDisplay",
    "SliceDisplay",
    "TimelineDisplay",
    "draw",
    "parameter_importances",
    "rung_agreement",
    "to_html",
    "to_optuna",
]
