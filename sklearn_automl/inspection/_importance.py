"""Importances of hyperparameters by functional ANOVA, and ImportanceDisplay.

Hutter, Hoos, Leyton-Brown: "An Efficient Approach for Assessing Hyperparameter
Importance", ICML 2014, Algorithm 2: the marginals of a random forest, exactly.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from sklearn_automl.exceptions import warn
from sklearn_automl.inspection._drawing import (
    BLUE,
    GREY,
    axes_for,
    check_matplotlib,
    tidy,
)
from sklearn_automl.inspection._parameters import (
    ParameterAxis,
    parameter_axes,
    short_names,
)
from sklearn_automl.inspection._results import Results

__all__ = ["ImportanceDisplay", "most_important", "parameter_importances"]

_N_TREES = 64
_FEWEST = 4  # configurations
_FEW = 20


def parameter_importances(
    search: Any,
    *,
    metric: str | None = None,
    parameters: Sequence[str] | None = None,
    random_state: Any = 0,
) -> dict[str, float]:
    """Return how much of the differences between scores each parameter explains.

    The importance of a parameter is the share of the variance of scores that it
    explains alone, on average over all values of the others: functional ANOVA of a
    random forest [1]_. What is missing from 1 is explained by several parameters
    together. Only evaluations with the amount of resource that most configurations had
    are used, because scores with different amounts cannot be compared.

    Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    search : estimator
        A fitted search of this package or of scikit-learn, or a NAS estimator.

    metric : str, default=None
        Which of several metrics is explained. None for the metric of `refit`.

    parameters : list of str, default=None
        Names of parameters. None for all that have more than one value, without
        the resource.

    random_state : int, RandomState instance or None, default=0
        Seed of the forest.

    Returns
    -------
    importances : dict of str to float
        Shares from 0 to 1, the largest one first.

    Raises
    ------
    ValueError
        If there are fewer than four configurations with a score.

    Warns
    -----
    SearchWarning
        If there are fewer than 20 configurations: their importances are guesses.

    Notes
    -----
    A conditional parameter that does not exist in a configuration has a special value
    there. This value is as probable as it is frequent in the table. All parts of a
    range count alike, and bad parts do too: a parameter that ruins the score on half of
    its range is important, even if it does not matter in the good half. The values of a
    logarithmic parameter are equally likely on the logarithmic scale. Optuna's
    evaluator of the same name takes them as equally likely on the linear scale, so its
    numbers differ there.

    References
    ----------
    .. [1] F. Hutter, H. Hoos, K. Leyton-Brown. An Efficient Approach for Assessing
       Hyperparameter Importance. ICML 2014.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl import RandomizedSearchCV
    >>> from sklearn_automl.inspection import parameter_importances
    >>> X, y = load_iris(return_X_y=True)
    >>> search = RandomizedSearchCV(
    ...     SVC(),
    ...     {"C": loguniform(1e-3, 1e3), "shrinking": [False, True]},
    ...     n_iter=30,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> list(parameter_importances(search))
    ['C', 'shrinking']
    """
    results = Results(search, "parameter_importances", metric)
    shares = _shares(results, parameters, random_state)
    means = {name: float(values.mean()) for name, values in shares.items()}
    return dict(sorted(means.items(), key=lambda item: -item[1]))


def most_important(results: Results, n: int) -> list[str] | None:
    """Return the names of the n most important parameters; None if there are fewer.

    They are in the order of the table.
    """
    axes = parameter_axes(results)
    if len(axes) <= n:
        return None
    names = [axis.name for axis in axes]
    if len(results.comparable_rows) < _FEWEST:
        return names[:n]
    shares = _shares(results, None, 0, is_silent=True)
    order = sorted(names, key=lambda name: -shares[name].mean())
    return [name for name in names if name in order[:n]]


def _shares(
    results: Results,
    parameters: Sequence[str] | None,
    random_state: Any,
    is_silent: bool = False,
) -> dict[str, np.ndarray]:
    """Return the shares of the parameters in each tree."""
    rows = results.comparable_rows
    if len(rows) < _FEWEST:
        raise ValueError(
            f"{results.reader} needs at least {_FEWEST} configurations with a score, "
            f"and {results.name} has {len(rows)} with the same amount of resource. Let "
            "the search try more configurations."
        )
    if len(rows) < _FEW and not is_silent:
        warn(
            f"The importances are guesses: they are based on {len(rows)} "
            f"configurations. {_FEW} or more tell parameters apart better."
        )
    axes = parameter_axes(results, parameters)
    y = results.comparable_scores[rows]
    columns, spans = zip(*(_encoded(axis, rows, y) for axis in axes), strict=True)
    effects = main_effects(np.column_stack(columns), y, np.array(spans), random_state)
    return {axis.name: effects[:, i] for i, axis in enumerate(axes)}


def _encoded(
    axis: ParameterAxis, rows: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, list[float]]:
    """Return a parameter as numbers, and the range over which they are equally likely.

    What was drawn from a list has a piece of the range for each of its values, of equal
    length. Categories are ordered by their mean scores, so that trees split them well.
    What does not exist has a piece below all of them.
    """
    column = axis.unit[rows]
    if axis.has_steps:
        values = np.unique(column[np.isfinite(column)])
        places = np.searchsorted(values, column)  # the number of values for NaN
        if axis.categories is not None:
            means = [y[places == i].mean() for i in range(len(values))]
            places = np.append(np.argsort(np.argsort(means)), len(values))[places]
        places = (places + 0.5) / max(len(values), 1)
        column = np.where(np.isfinite(column), places, np.nan)
    is_missing = ~np.isfinite(column)
    q = is_missing.mean()
    low = -q / (1 - q) if q < 1 else 0.0
    return np.where(is_missing, low / 2, column), [low, 1.0]


def main_effects(
    X: np.ndarray, y: np.ndarray, spans: np.ndarray, random_state: Any
) -> np.ndarray:
    """Return the share of the variance that each column explains in each tree.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Configurations.

    y : ndarray of shape (n_rows,)
        Scores.

    spans : ndarray of shape (n_columns, 2)
        The bounds of each column; values are equally likely between them.

    random_state : int, RandomState instance or None
        Seed of the forest.

    Returns
    -------
    ndarray of shape (n_trees, n_columns)
        Shares from 0 to 1.
    """
    forest = RandomForestRegressor(_N_TREES, random_state=random_state).fit(X, y)
    spans = np.asarray(spans, dtype=float)  # integers would cut thresholds off
    return np.array([_effects_in(e.tree_, spans) for e in forest.estimators_])


def _effects_in(tree: Any, spans: np.ndarray) -> np.ndarray:
    low, high, values = _leaves(tree, spans)
    widths = spans[:, 1] - spans[:, 0]
    sides = (high - low) / widths  # of each leaf, as shares of the whole range
    volumes = sides.prod(axis=1)
    mean = volumes @ values
    variance = volumes @ (values - mean) ** 2
    if variance <= 0:
        return np.zeros(len(spans))
    effects = []
    for i in range(len(spans)):
        edges = np.unique([low[:, i], high[:, i]])
        middles = (edges[1:] + edges[:-1]) / 2
        covers = (low[:, i, None] <= middles) & (middles < high[:, i, None])
        # Alg. 2, line 8: the marginal prediction of each interval between splits.
        marginal = (volumes / sides[:, i] * values) @ covers
        effects.append(np.diff(edges) / widths[i] @ (marginal - mean) ** 2)
    return np.asarray(np.array(effects) / variance)


def _leaves(tree: Any, spans: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the bounds of the leaves of a tree, and what they predict."""
    low, high, values = [], [], []
    stack = [(0, spans[:, 0].copy(), spans[:, 1].copy())]
    while stack:
        node, bottom, top = stack.pop()
        left, right = tree.children_left[node], tree.children_right[node]
        if left == right:  # a leaf has no children
            low.append(bottom)
            high.append(top)
            values.append(tree.value[node].item())
            continue
        i, threshold = tree.feature[node], tree.threshold[node]
        upper, lower = top.copy(), bottom.copy()
        upper[i] = lower[i] = threshold
        stack.append((left, bottom, upper))
        stack.append((right, lower, top))
    return np.array(low), np.array(high), np.array(values)


class ImportanceDisplay:
    """How much of the differences between scores each parameter explains.

    Create it with :meth:`from_search`. Read more in the :ref:`User Guide <inspection>`.

    .. versionadded:: 0.1

    Parameters
    ----------
    importances : dict of str to float
        The share of each parameter, as from :func:`parameter_importances`.

    errors : dict of str to float, default=None
        The standard deviation of each share between the trees of the forest.

    amount : str, default=None
        The amount of the resource that the scores had, in words, for the label. None
        if it was the same for all.

    Attributes
    ----------
    ax_ : matplotlib Axes
        What was drawn on.

    figure_ : matplotlib Figure
        The figure of `ax_`.

    bars_ : matplotlib BarContainer
        The bars, the longest one first. The last bar is what no parameter explains
        alone.

    See Also
    --------
    parameter_importances : Returns the numbers.
    SliceDisplay : How the score depends on each parameter.

    Notes
    -----
    The thin lines are the standard deviation between the trees of the forest.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from sklearn_automl import RandomizedSearchCV
    >>> from sklearn_automl.inspection import ImportanceDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> search = RandomizedSearchCV(
    ...     SVC(),
    ...     {"C": loguniform(1e-3, 1e3), "shrinking": [False, True]},
    ...     n_iter=30,
    ...     random_state=0,
    ... ).fit(X, y)
    >>> display = ImportanceDisplay.from_search(search)
    """

    ax_: Any
    figure_: Any

    def __init__(
        self,
        importances: Mapping[str, float],
        *,
        errors: Mapping[str, float] | None = None,
        amount: str | None = None,
    ) -> None:
        self.importances = importances
        self.errors = errors
        self.amount = amount

    @classmethod
    def from_search(
        cls,
        search: Any,
        *,
        ax: Any = None,
        metric: str | None = None,
        parameters: Sequence[str] | None = None,
        random_state: Any = 0,
    ) -> "ImportanceDisplay":
        """Draw the importances of the parameters of a search.

        Parameters
        ----------
        search : estimator
            A fitted search of this package or of scikit-learn, or a NAS estimator.

        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        metric : str, default=None
            Which of several metrics is explained. None for the metric of `refit`.

        parameters : list of str, default=None
            Names of parameters. None for all that have more than one value.

        random_state : int, RandomState instance or None, default=0
            Seed of the forest.

        Returns
        -------
        ImportanceDisplay
            The display, with the axes that it has drawn on.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        results = Results(search, cls.__name__, metric)
        shares = _shares(results, parameters, random_state)
        order = sorted(shares, key=lambda name: -shares[name].mean())
        return cls(
            {name: float(shares[name].mean()) for name in order},
            errors={name: float(shares[name].std()) for name in order},
            amount=results.comparable_amount,
        ).plot(ax)

    def plot(self, ax: Any = None, *, max_parameters: int = 15) -> "ImportanceDisplay":
        """Draw a bar for each parameter.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None for a new figure.

        max_parameters : int, default=15
            If there are more parameters, the less important ones are one bar together.

        Returns
        -------
        ImportanceDisplay
            The display, with the axes that it has drawn on.
        """
        names = sorted(self.importances, key=lambda k: -self.importances[k])
        shown, others = names[:max_parameters], names[max_parameters:]
        short = short_names(names)
        labels = [short[name] for name in shown]
        values = [self.importances[name] for name in shown]
        errors = [(self.errors or {}).get(name, 0.0) for name in shown]
        if others:
            labels.append(f"{len(others)} others, each alone")
            values.append(sum(self.importances[name] for name in others))
        labels.append("several together")
        values.append(max(0.0, 1 - sum(values)))
        errors += [0.0] * (len(values) - len(errors))
        ax = axes_for(ax, self, (7.0, 1.4 + 0.36 * len(values)))
        colors = [BLUE] * len(shown) + [GREY] * (len(values) - len(shown))
        self.bars_ = ax.barh(labels, values, color=colors, height=0.7)
        self._write_numbers(ax, values, errors)
        ax.invert_yaxis()
        longest = max(min(1, v + e) for v, e in zip(values, errors, strict=True))
        ax.set_xlim(0, 1.12 * longest)
        ax.xaxis.set_major_formatter("{x:.0%}")
        amount = f"\nwith {self.amount}" if self.amount else ""
        ax.set_xlabel(f"share of the variance of scores that it explains{amount}")
        tidy(ax, grid="x")
        ax.tick_params(axis="y", length=0)
        return self

    def _write_numbers(
        self, ax: Any, values: Sequence[float], errors: Sequence[float]
    ) -> None:
        for i, (value, error) in enumerate(zip(values, errors, strict=True)):
            if error:
                ax.plot(
                    [max(0, value - error), min(1, value + error)],
                    [i, i],
                    color="black",
                    lw=1,
                )
            ax.annotate(
                f"{value:.0%}",
                (min(1, value + error), i),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                color="0.25",
            )
