"""How a finished search is drawn, and handed to Optuna."""

from sklearn.utils.validation import check_is_fitted

__all__ = ["PlotMixin"]


class PlotMixin:
    """Draws a search; a mixin of the searches.

    ``inspection`` is imported when it is asked for: nobody else has to load it.
    """

    def plot(self, kind="history", **options):
        """Draw the finished search.

        Parameters
        ----------
        kind : str, default="history"
            What is drawn. The display of :mod:`sklearn_automl.inspection` that draws it
            is in parentheses:

            - "history" (`SearchDisplay`): the best score so far,
            - "rungs" (`RungsDisplay`): which configurations were promoted,
            - "learning_curves" (`LearningCurvesDisplay`): score against resource,
            - "parallel_coordinates" (`ParallelCoordinatesDisplay`): all parameters,
            - "slice" (`SliceDisplay`): the score against single parameters,
            - "contour" (`ContourDisplay`): the score against two parameters,
            - "importance" (`ImportanceDisplay`): what each parameter explains,
            - "rung_agreement" (`RungAgreementDisplay`): whether low rungs predict,
            - "timeline" (`TimelineDisplay`): what ran when,
            - "pareto_front" (`ParetoFrontDisplay`): two metrics.

        **options : dict
            Options of the display's ``from_search``, such as `ax`, `metric` or
            `parameters`.

        Returns
        -------
        display : object
            The display; `ax_` and `figure_` are what it has drawn on.

        Raises
        ------
        ImportError
            If matplotlib is not installed.

        ValueError
            If there is no such kind, or the table lacks the columns for it.
        """
        from sklearn_automl.inspection import draw

        check_is_fitted(self, "cv_results_")
        return draw(self, kind, **options)

    def to_optuna(self, *, metric=None, study_name=None, storage=None):
        """Return the finished search as a study of Optuna, to use Optuna's plots.

        Parameters
        ----------
        metric : str, default=None
            Which of several metrics is the value. None for the metric of `refit`.

        study_name : str, default=None
            Name of the study. None for a name that Optuna makes. If `storage` has a
            study of this name, pass another one, or delete that study with
            ``optuna.delete_study``.

        storage : str or optuna.storages.BaseStorage, default=None
            Where Optuna keeps the study, such as "sqlite:///search.db". None for
            memory.

        Returns
        -------
        study : optuna.study.Study
            A trial for each configuration; see
            :func:`sklearn_automl.inspection.to_optuna`.

        Raises
        ------
        ImportError
            If Optuna is not installed.
        """
        from sklearn_automl.inspection import to_optuna

        check_is_fitted(self, "cv_results_")
        return to_optuna(self, metric=metric, study_name=study_name, storage=storage)
