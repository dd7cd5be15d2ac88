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

        Decisions and scores come first, then what an evaluation had and how it ended,
        and scores of single folds and times at the end.

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

    def plot_architecture(self, ax=None):
        """Draw the best architecture.

        Parameters
        ----------
        ax : matplotlib axes, default=None
            Where to draw; None for a new figure.

        Returns
        -------
        matplotlib axes
            What was drawn on.
        """
        from sklearn_automl.nas.plotting import plot_architecture

        check_is_fitted(self, "best_architecture_")
        return plot_architecture(self.best_architecture_, ax=ax)

    def save(self, path):
        """Write the fitted estimator to a file, as data: JSON and arrays.

        The table of the search is not saved, and parameters that are objects are the
        defaults again after :meth:`load`. Of a module that is not ours, the file has
        the name of its class and its arguments.

        Parameters
        ----------
        path : str or path-like
            The file, a zip archive; it is replaced if it is there.

        Raises
        ------
        ValueError
            If the module is of a class that cannot be found by its name, or has
            arguments that are no data.
        """
        check_is_fitted(self, "best_estimator_")
        save_estimator(self, path)

    @classmethod
    def load(cls, path):
        """Return the estimator that :meth:`save` has written; no pickle is read.

        Parameters
        ----------
        path : str or path-like
            The file. Operations that were registered must be registered again, and
            modules that are not ours must have been imported. Where there is no such
            device as it was trained on, it is loaded for the CPU, with a warning.

        Returns
        -------
        object
            It makes the same predictions.

        Raises
        ------
        ValueError
            If the file cannot be read, or holds something else.
        """
        return load_estimator(cls, path)

    def to_onnx(self, path):
        """Write the network to a file in the ONNX format, for other runtimes.

        Its input "X" are inputs as float32 in any number, with their channels first;
        as float64 if a feature is far from zero, such as seconds since 1970. Its output
        are the "probabilities" of `classes_`, or the "predictions" as float64.

        Parameters
        ----------
        path : str or path-like
            The file.
        """
        check_is_fitted(self, "best_estimator_")
        export_onnx(self, path)
