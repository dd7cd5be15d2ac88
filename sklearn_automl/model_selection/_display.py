"""How a search shows itself: as a table, and as HTML in a notebook."""

from collections import Counter, defaultdict
from html import escape
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
_SUMMARY = """<div style="font: 13px/1.5 sans-serif; margin: 0 0 6px 4px">
<table style="border-collapse: collapse; text-align: left">{rows}</table></div>"""
_ROW = """<tr><th style="padding: 0 12px 0 0; vertical-align: top; text-align: left">\
{name}</th><td style="text-align: left">{text}</td></tr>"""


class DisplayMixin(PlotMixin):
    """Shows a search; a mixin of the searches."""

    _doc_link_module = "sklearn_automl"
    _doc_link_template = _GUIDE + "{page}.rst"

    def _doc_link_url_param_generator(self):
        name = type(self).__name__
        return {"page": _PAGES.get(name, "index")}

    def to_frame(self):
        """Return ``cv_results_`` as a pandas DataFrame.

        Parameters and scores come first, then what an evaluation had and how it ended,
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

    def _html_repr(self):
        """Return scikit-learn's diagram below what was found."""
        diagram = super()._html_repr()
        facts = _facts(self) if hasattr(self, "cv_results_") else {}
        if not facts:
            return diagram
        rows = [_ROW.format(name=k, text=escape(v)) for k, v in facts.items()]
        return _SUMMARY.format(rows="".join(rows)) + diagram

    def _get_params_html(self, *args, **kwargs):
        params = super()._get_params_html(*args, **kwargs)
        name = "param_distributions"
        if isinstance(params.get(name), dict):
            space = params[name]
            params[name] = {k: _InWords(v) for k, v in space.items()}
        return params


def _facts(search: Any) -> dict[str, str]:
    """Return what a fitted search says of itself."""
    facts = _facts_of_best(search)
    facts["Ran"] = f"{search.n_trials_} configurations: {_rungs(search)}"
    if search.stop_reason_ != "completed":
        facts["Ended by"] = search.stop_reason_
    # How many evaluations in full would have cost as much.
    n, cost = search.n_trials_, search.total_resources_ / search.max_resources_
    if search.resource and cost < n:
        is_fold = search.resource == "n_folds"
        n_fits = search.max_resources_ if is_fold else search.n_splits_
        facts["Saved"] = (
            f"{1 - cost / n:.0%} of a search that runs all {n} configurations in full: "
            f"the work of {(n - cost) * n_fits:.0f} of {n * n_fits} fits"
        )
    return facts


def _facts_of_best(search: Any) -> dict[str, str]:
    facts = {}
    if hasattr(search, "best_params_"):
        facts["Best"] = ", ".join(
            f"{name}={_number(value)}" for name, value in search.best_params_.items()
        )
    if hasattr(search, "best_score_"):
        n_folds = search.cv_results_.get("n_folds")
        n = search.n_splits_ if n_folds is None else n_folds[search.best_index_]
        metric = search.refit if isinstance(search.refit, str) else search.scoring
        name = f"{metric} " if isinstance(metric, str) else ""
        score = _number(float(search.best_score_))
        of_all = "" if n == search.n_splits_ else f" of {search.n_splits_}"
        facts["Score"] = f"{name}{score}, the mean of {n}{of_all} folds"
        if hasattr(search, "ensemble_score_"):
            n_members = len(search.ensemble_.estimators_)
            ensemble_score = _number(float(search.ensemble_score_))
            facts["Ensemble"] = f"{ensemble_score}, {n_members} members"
        iterations = search.cv_results_.get("mean_best_iteration")
        if iterations is not None:
            mean = iterations[search.best_index_]
            facts["Stopped at"] = f"{_number(float(mean))} iterations on average"
    return facts


def _rungs(search: Any) -> str:
    """Return how many configurations had how much, for the first brackets."""
    resource = "" if search.resource in {None, "n_folds"} else f"{search.resource}="
    brackets = [
        " → ".join(
            f"{n} with {f'{resource}{amount} on ' if resource else ''}"
            f"{n_folds} fold{'s' if n_folds > 1 else ''}"
            for n, amount, n_folds in steps
        )
        for steps in _steps(search)
    ]
    more = len(brackets) - 3
    rest = [f"and {more} more bracket{'s' if more > 1 else ''}"] if more > 0 else []
    return "; ".join(brackets[:3] + rest)


def _steps(search: Any) -> list[list[tuple[int, int, int]]]:
    """Return for each bracket its rungs: evaluations, amount and number of folds."""
    table, n_splits = search.cv_results_, search.n_splits_
    if "rung" not in table:  # a search over candidates: one row for each of them
        of_folds = search.resource == "n_folds"
        return [
            [(n, amount, amount if of_folds else n_splits) for n, amount in rungs]
            for rungs in search.brackets_
        ]
    names = ("bracket", "rung", "n_resources", "n_folds")
    counts = Counter(zip(*(table[name].tolist() for name in names), strict=True))
    steps = defaultdict(list)
    for (bracket, _, amount, n_folds), n in sorted(counts.items()):
        steps[bracket].append((n, amount, n_folds))
    return list(steps.values())


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
