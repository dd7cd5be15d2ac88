"""The configurations that ``initial_params="portfolio"`` stands for."""

from collections.abc import Callable, Hashable, Iterator
from itertools import islice, product, zip_longest
from typing import Any

from sklearn.base import clone

from sklearn_automl.exceptions import warn
from sklearn_automl.model_selection._parameter_keys import KeyMaker, is_estimator
from sklearn_automl.space import Configuration, SearchSpace
from sklearn_automl.space.defaults import DataShape
from sklearn_automl.storage import (
    DataFacts,
    PastSearch,
    SaltedDigest,
    Translator,
    portfolio_for,
    texts_of,
)

__all__ = ["PORTFOLIO", "initial_of", "is_portfolio", "n_of_portfolio"]

#: What stands for the portfolio, and says where its configurations come from.
PORTFOLIO = "portfolio"

# Of the estimators that a search chooses from, not more combinations are looked at.
_MOST_ESTIMATORS = 50

# Nothing is known of what a portfolio was not searched for.
_NO_SEARCH = PastSearch((), DataFacts("other"), "", ())


def is_portfolio(search: Any) -> bool:
    """Tell whether a search begins with the portfolio of its estimator."""
    return isinstance(search.initial_params, str)


def n_of_portfolio(n_first: int, n_trials: float) -> int:
    """Return how many configurations of a portfolio are tried.

    They are no more than start in the first bracket, and a third of all that start: the
    rest is searched.
    """
    return max(int(min(n_first, n_trials / 3)), 1)


def initial_of(
    search: Any, space: Any, find_shape: Callable[[], DataShape]
) -> list[Any]:
    """Return the configurations to try first: a list of the user, or the portfolio.

    The resource is left out: the best_params_ of an earlier search have it in them.
    """
    if is_portfolio(search):
        return _portfolio_in(search, space, find_shape())
    return [
        {k: v for k, v in params.items() if k != search.resource}
        if isinstance(params, dict)
        else params
        for params in search.initial_params or ()
    ]


def _portfolio_in(search: Any, space: Any, shape: DataShape) -> list[Configuration]:
    """Return the configurations of the portfolio that the space has, best first."""
    if not isinstance(space, SearchSpace) or not space.names:
        return []
    digest = SaltedDigest(PORTFOLIO)
    keys = KeyMaker(search.estimator)
    translator = Translator(space, keys, digest, {*space.names, search.resource})
    found: dict[Hashable, Configuration] = {}
    for config in _portfolios(search.estimator, space, shape):
        # What is not searched stays as it is.
        searched = {k: v for k, v in config.items() if k in space.names}
        texts = texts_of(searched, keys, digest)
        translated = translator.translate(_NO_SEARCH, texts)
        if translated is not None:
            found.setdefault(space.key(translated.config), translated.config)
    if not found:
        warn(
            "initial_params='portfolio' adds nothing: none of its configurations is in "
            "the search space. sklearn_automl.storage.default_portfolio(estimator) "
            "returns them."
        )
    return list(found.values())


def _portfolios(
    estimator: Any, space: SearchSpace, shape: DataShape
) -> Iterator[Configuration]:
    """Go through the portfolios of all estimators that a search chooses from.

    The best configuration of each comes first.
    """
    portfolios, error = [], None
    for chosen in islice(_choices(space), _MOST_ESTIMATORS):
        its_estimator = clone(estimator).set_params(**chosen) if chosen else estimator
        try:
            portfolio = portfolio_for(its_estimator, shape)
        except ValueError as no_portfolio:
            error = no_portfolio
        else:
            portfolios.append([{**chosen, **config} for config in portfolio])
    if not portfolios and error is not None:
        raise error
    for configs in zip_longest(*portfolios):
        yield from (config for config in configs if config is not None)


def _choices(space: SearchSpace) -> Iterator[dict[str, Any]]:
    """Go through the choices of parts of the estimator, in each alternative."""
    seen: list[dict[str, Any]] = []
    for branch in space.branches:
        categorical = {
            p.name: list(p.domain.values()) for p in branch if p.domain.is_categorical
        }
        parts = {k: v for k, v in categorical.items() if any(map(is_estimator, v))}
        for values in product(*parts.values()):
            chosen = dict(zip(parts, values, strict=True))
            if chosen not in seen:
                seen.append(chosen)
                yield chosen
