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
    """Draw a fitted search, as the method ``plot`` of our searches does.

    Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    search : estimator
        A fitted search of this package or of scikit-learn, or a NAS estimator.

    kind : str
        What is drawn: "history", "rungs", "learning_curves", "parallel_coordinates",
        "slice", "contour", "importance", "rung_agreement", "timeline", "pareto_front",
        or, for networks, "architectures".

    **options : dict
        Options of the display's ``from_search``.

    Returns
    -------
    display : object
        The display; `ax_` and `figure_` are what it has drawn on.

    Raises
    ------
    ValueError
        If there is no such kind, or the table lacks the columns for it.
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
