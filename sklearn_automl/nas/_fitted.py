"""What a fitted estimator can do beside predicting: show itself, and go to files."""

from sklearn.utils.validation import check_is_fitted

from sklearn_automl.execution import frame_of
from sklearn_automl.nas._onnx import export_onnx
from sklearn_automl.nas.architecture import Architecture
from sklearn_automl.nas.persistence import load_estimator, save_estimator

__all__ = ["FittedMixin"]


class FittedMixin:
    """Shows and writes what was found; a mixin of the estimators."""

    cv_results_: dict
    best_architecture_: Architecture

    def to_frame(self):
        """Return ``cv_results_`` as a pandas DataFrame.

        Decisions and scores come first, then the resource and the status of each
        evaluation. Scores of single folds and times come last.

        Returns
        -------
        frame : pandas.DataFrame
            A row for each evaluation.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        check_is_fitted(self, "cv_results_")
        return frame_of(self.cv_results_)

    def _html_repr(self):
        """Return what was found, above scikit-learn's diagram."""
        diagram = super()._html_repr()  # type: ignore[misc]  # of BaseEstimator
        if not hasattr(self, "cv_results_"):
            return diagram
        from sklearn_automl.inspection import to_html

        return to_html(self) + diagram

    def plot(self, kind="history", **options):
        """Draw the finished search.

        Parameters
        ----------
        kind : str, default="history"
            What is drawn. The display of :mod:`sklearn_automl.inspection` that draws it
            is in brackets:

            - "history" (`SearchDisplay`): the best score so far,
            - "architectures" (`ArchitecturesDisplay`): score against size,
            - "rungs" (`RungsDisplay`): which architectures were promoted,
            - "learning_curves" (`LearningCurvesDisplay`): score against epochs,
            - "parallel_coordinates" (`ParallelCoordinatesDisplay`): all decisions,
            - "slice" (`SliceDisplay`): the score against single decisions,
            - "contour" (`ContourDisplay`): the score against two decisions,
            - "importance" (`ImportanceDisplay`): what each decision explains,
            - "rung_agreement" (`RungAgreementDisplay`): whether low rungs predict,
            - "timeline" (`TimelineDisplay`): what ran when,
            - "pareto_front" (`ParetoFrontDisplay`): score and size or seconds.

        **options : dict
            Options of the display's ``from_search``, such as `ax` or `parameters`.

        Returns
        -------
        display : object
            The display. `ax_` and `figure_` are what it has drawn on.

        Raises
        ------
        ImportError
            If matplotlib is not installed.

        ValueError
            If there is no such kind, or the table does not have the columns for it.
        """
        from sklearn_automl.inspection import draw

        check_is_fitted(self, "cv_results_")
        return draw(self, kind, **options)

    def plot_architecture(self, ax=None):
        """Draw the best architecture.

        Parameters
        ----------
        ax : matplotlib axes, default=None
            Where to draw. None for a new figure.

        Returns
        -------
        matplotlib axes
            What was drawn on.
        """
        from sklearn_automl.nas.plotting import plot_architecture

        check_is_fitted(self, "best_architecture_")
        return plot_architecture(self.best_architecture_, ax=ax)

    def save(self, path):
        """Write the fitted estimator to a file of JSON and arrays.

        The table of the search is not saved. After :meth:`load`, parameters that are
        objects have their defaults again. For your own module, the file contains the
        name of its class and its arguments. The file contains the names of categories,
        except rare ones.

        Parameters
        ----------
        path : str or path-like
            The file, a zip archive. An existing file is replaced.

        Raises
        ------
        ValueError
            If the class of the module cannot be found by its name, or its arguments are
            not plain data.
        """
        check_is_fitted(self, "best_estimator_")
        save_estimator(self, path)

    @classmethod
    def load(cls, path):
        """Return the estimator that :meth:`save` has written, without reading pickles.

        Parameters
        ----------
        path : str or path-like
            The file. Before you load it, register your own operations again, and import
            your own modules. If the device of the training is not available, the
            estimator is loaded on the CPU, with a warning.

        Returns
        -------
        object
            The estimator. It makes the same predictions as the saved one.

        Raises
        ------
        ValueError
            If the file cannot be read, or contains something else.
        """
        return load_estimator(cls, path)

    def to_onnx(self, path):
        """Write the networks to a file in the ONNX format, for other runtimes.

        The input "X" is a batch of any size, with channels first. Its type is float32,
        or float64 if a feature is far from zero, such as seconds since 1970. The output
        is "probabilities", in the order of `classes_`, or "predictions" as float64.

        The network in the file takes numbers only. For a data frame with text or
        categories, pass the result of ``encoder_.transform(X)``.

        Parameters
        ----------
        path : str or path-like
            The file.
        """
        check_is_fitted(self, "best_estimator_")
        export_onnx(self, path)
