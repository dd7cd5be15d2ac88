"""How a search shows itself: as a table, and as HTML in a notebook."""

from typing import Any

from sklearn.utils.validation import check_is_fitted

from sklearn_automl.execution import frame_of
from sklearn_automl.model_selection._plots import PlotMixin

__all__ = ["DisplayMixin", "in_words"]

_GUIDE = "https://github.com/sklearn-automl/sklearn_automl/blob/main/doc/user_guide/"
# The page of the user guide that is about a search.
_PAGES = {
    "ASHASearchCV": "asha",
    "BOHBSearchCV": "bohb",
    "BayesianSearchCV": "bayesian",
    "EvolutionarySearchCV": "evolution",
    "GridSearchCV": "grid_search",
    "HyperbandSearchCV": "hyperband",
    "LearningCurveSearchCV": "learning_curves",
    "RandomizedSearchCV": "grid_search",
    "SuccessiveHalvingSearchCV": "successive_halving",
}
# Characters of a value, which may be an estimator.
_MAX_LENGTH = 60


class DisplayMixin(PlotMixin):
    """Shows a search; a mixin of the searches."""

    _doc_link_module = "sklearn_automl"
    _doc_link_template = _GUIDE + "{page}.rst"

    def _doc_link_url_param_generator(self):
        name = type(self).__name__
        return {"page": _PAGES.get(name, "index")}

    def to_frame(self):
        """Return ``cv_results_`` as a pandas DataFrame.

        Parameters and scores come first. Then come what an evaluation had and how it
        ended. The scores of single folds and the times are at the end.

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
        if not hasattr(self, "cv_results_"):
            return super()._html_repr()
        from sklearn_automl.inspection import to_html

        return to_html(self) + super()._html_repr()

    def _get_params_html(self, *args, **kwargs):
        params = super()._get_params_html(*args, **kwargs)
        name = "param_distributions"
        if isinstance(params.get(name), dict):
            space = params[name]
            params[name] = {k: _InWords(v) for k, v in space.items()}
        return params


class _InWords:
    """Is shown as a text without quotes."""

    def __init__(self, value: Any) -> None:
        self._text = in_words(value)

    def __repr__(self) -> str:
        return self._text


def in_words(value: Any) -> str:
    """Return how a list or distribution was written: ``loguniform(0.001, 1000)``."""
    name = getattr(getattr(value, "dist", None), "name", None)
    if name is None or not hasattr(value, "args"):
        return repr(value)
    arguments = [_number(argument) for argument in value.args]
    arguments += [f"{k}={_number(v)}" for k, v in value.kwds.items()]
    return f"{name}({', '.join(arguments)})"


def _number(value: Any) -> str:
    """Return a number with four significant digits, or the beginning of a text."""
    if isinstance(value, float):
        return f"{value:.4g}"
    text = " ".join(f"{value}".split())
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}..."
