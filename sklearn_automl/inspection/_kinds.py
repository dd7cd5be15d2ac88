"""The displays by the names that ``search.plot(kind=...)`` takes."""

from typing import Any

from sklearn_automl.inspection._architectures import ArchitecturesDisplay
from sklearn_automl.inspection._contour import ContourDisplay
from sklearn_automl.inspection._importance import ImportanceDisplay
from sklearn_automl.inspection._learning_curves import LearningCurvesDisplay
from sklearn_automl.inspection._parallel_coordinates import ParallelCoordinatesDisplay
from sklearn_automl.inspection._pareto_front import ParetoFrontDisplay
from sklearn_automl.inspection._rung_agreement import RungAgreementDisplay
from sklearn_automl.inspection._rungs import RungsDisplay
from sklearn_automl.inspection._search import SearchDisplay
from sklearn_automl.inspection._slice import SliceDisplay
from sklearn_automl.inspection._timeline import TimelineDisplay

__all__ = ["draw"]

_DISPLAYS: dict[str, Any] = {
    "history": SearchDisplay,
    "rungs": RungsDisplay,
    "learning_curves": LearningCurvesDisplay,
    "parallel_coordinates": ParallelCoordinatesDisplay,
    "slice": SliceDisplay,
    "contour": ContourDisplay,
    "importance": ImportanceDisplay,
    "rung_agreement": RungAgreementDisplay,
    "timeline": TimelineDisplay,
    "pareto_front": ParetoFrontDisplay,
}
_OF_NETWORKS = {"architectures": ArchitecturesDisplay}


def draw(search: Any, kind: str, **options: Any) -> Any:
    """Draw a fitted search.

    Parameters
    ----------
    search : object
        Anything with ``cv_results_``.

    kind : str
        Name of a display.

    **options : dict
        For its ``from_search``.

    Returns
    -------
    object
        The display.
    """
    displays = dict(_DISPLAYS)
    if "n_parameters" in getattr(search, "cv_results_", {}):
        displays |= _OF_NETWORKS
    if kind not in displays:
        raise ValueError(
            f"kind={kind!r} is not a kind of plot of {type(search).__name__}. Pass one "
            f"of {list(displays)}."
        )
    return displays[kind].from_search(search, **options)
