"""CMA-ES (Hansen, "The CMA evolution strategy: A tutorial", 2016) with margin for
integers (Hamano et al., "CMA-ES with margin", GECCO 2022), by the package ``cmaes``.
"""

import math
from collections.abc import Hashable
from typing import Any

import numpy as np

from sklearn_automl._options import check_integer, check_positive
from sklearn_automl.samplers._population import (
    Child,
    Individual,
    PopulationSampler,
)

__all__ = ["CMAESSampler"]


class CMAESSampler(PopulationSampler):
    """Adapt a normal distribution to where good configurations are.

    This is CMA-ES [1]_ with margin [2]_. The mean of the distribution moves to the
    better configurations, and its covariance is adapted to the steps that led there, so
    that it learns how parameters depend on each other. Integers and other parameters
    with few values keep a probability to change.

    The sampler needs the package ``cmaes``: ``pip install "sklearn-automl[cmaes]"``.

    Parameters
    ----------
    population_size : int, default=None
        Number of results after which the distribution moves, ``lambda`` in [1]_. At
        least 4. None is ``4 + floor(3 * log(d))`` with ``d`` parameters.

    sigma : float, default=0.3
        Standard deviation of the first distribution, as a share of the side of the unit
        cube. More than 0 and at most 1.

    Attributes
    ----------
    n_proposals : Counter
        The number of bred proposals, and of random proposals by reason.

    Raises
    ------
    ImportError
        By :meth:`bind`, if the package ``cmaes`` is not installed.

    ValueError
        If an option is out of its range; by :meth:`bind`, if the space has conditions,
        alternatives, a list of more than two values without an order, or a distribution
        without ``ppf`` and ``cdf``.

    See Also
    --------
    DifferentialEvolutionSampler : For spaces with categories and conditions too.

    Notes
    -----
    The sampler searches numbers and lists of two values. Other lists without an order,
    conditional parameters and lists of dicts are an error. The default of
    `population_size` is that of [1]_. No benchmark tuned `sigma`;
    ``benchmarks/bench_models.py full`` compares this sampler with the others.

    The sampler deviates from [1]_ as follows:

    * The first distribution has its mean at the best configuration that has a result
      before the first proposal from a distribution, or at the centre if there is none.
    * The distribution moves when any `population_size` proposals from it are evaluated,
      even if they were drawn before earlier moves. So parallel workers do not wait, and
      late results are used.
    * Configurations with results of several resources are compared by the result with
      the highest resource. A configuration with a higher resource comes first. Only the
      ranks count.
    * A draw that was evaluated before counts with its known result.
    * If all evaluations since the last move failed, the distribution does not move.
    * A draw whose nearest evaluated configuration has failed is drawn again, at most
      ten times, because invalid configurations lie side by side.
    * When the distribution has shrunk to a point, a new one begins at a random place
      with twice the population, as in [3]_.

    References
    ----------
    .. [1] N. Hansen, "The CMA evolution strategy: A tutorial", 2016.
       :arxiv:`1604.00772`

    .. [2] R. Hamano, S. Saito, M. Nomura and S. Shirakawa, "CMA-ES with margin:
       Lower-bounding marginal probability for mixed-integer black-box optimization",
       GECCO 2022. :arxiv:`2205.13482`

    .. [3] A. Auger and N. Hansen, "A restart CMA evolution strategy with increasing
       population size", CEC 2005.

    Examples
    --------
    >>> import pytest; _ = pytest.importorskip("cmaes")
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import CMAESSampler, Observation
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform(-1, 2)})
    >>> sampler = CMAESSampler().bind(space, np.random.default_rng(0))
    >>> for _ in range(60):
    ...     config = sampler.ask()
    ...     sampler.tell(Observation(config, loss=config["x"] ** 2, resource=1))
    >>> abs(sampler.ask()["x"]) < 0.1
    True
    """

    def __init__(
        self, *, population_size: int | None = None, sigma: float = 0.3
    ) -> None:
        if population_size is not None:
            check_integer("population_size", population_size, 4)
        check_positive("sigma", sigma, 1)
        self.population_size = population_size  # type: ignore[assignment]
        self.sigma = sigma

    def start(self) -> None:
        _import_cmaes()
        self._check_space()
        super().start()
        n_levels = self._cube.n_levels
        self._columns = np.flatnonzero(n_levels != 1)  # a constant has no dimension
        self._n_levels = n_levels[self._columns]
        self._optimizer: Any = None
        self._first: tuple[np.ndarray, int] | None = None
        # The draws of proposals that are not evaluated yet, and, since the last move,
        # of those that are.
        self._drawn: dict[Hashable, np.ndarray] = {}
        self._evaluated: list[tuple[np.ndarray, Individual]] = []

    def _design_size(self) -> int:
        return 0

    def _check_space(self) -> None:
        if len(self.space.branches) > 1:
            raise ValueError(
                "CMAESSampler cannot search a list of dicts: the choice among them is "
                "not a number. Use another strategy or sampler, such as 'genetic'."
            )
        for parameter in self.space.columns:
            reason = ""
            if parameter.conditions:
                reason = "it depends on another parameter"
            elif parameter.domain.is_categorical and parameter.domain.size > 2:
                reason = "it has more than two values, and they have no order"
            if reason:
                raise ValueError(
                    f"CMAESSampler cannot search {parameter.name!r} "
                    f"({parameter.domain!r}): {reason}. Use another strategy or "
                    "sampler, such as 'genetic'."
                )

    # ---- the distribution --------------------------------------------------------

    def _begin(self, mean: np.ndarray, population_size: int) -> None:
        """Make a distribution. Its start and all its moves are kept to remake it."""
        self._first = mean, population_size
        self._moves: list[list[np.ndarray]] = []
        self._evaluated.clear()
        self._drawn.clear()
        self._optimizer = self._make_optimizer(mean, population_size)

    def _make_optimizer(self, mean: np.ndarray, population_size: int) -> Any:
        n_levels = np.maximum(self._n_levels, 1)
        is_discrete = self._n_levels > 0
        # The bounds of a discrete coordinate are its outermost values.
        margin = np.where(is_discrete, 0.5 / n_levels, 0)
        optimizer = _import_cmaes().CMAwM(
            mean=mean,
            sigma=self.sigma,
            bounds=np.column_stack([margin, 1 - margin]),
            steps=np.where(is_discrete, 1 / n_levels, 0),
            population_size=population_size,
        )
        for move in self._moves:
            _tell_ranked(optimizer, move)
        return optimizer

    def __getstate__(self) -> dict[str, Any]:
        # A pickle of cmaes rounds its matrices, so they are made again instead.
        return {**self.__dict__, "_optimizer": None}

    def _current(self) -> Any:
        if self._first is None:
            # Deviation: the first mean is the best known configuration because initial
            # configurations are guesses of where good ones are.
            self._begin(self._best_known(), self._usual_population_size())
        elif self._optimizer is None:
            self._optimizer = self._make_optimizer(*self._first)
        elif self._optimizer.should_stop():
            # A restart with twice the population (Auger and Hansen, CEC 2005).
            self._begin(
                self._coordinates(self._cube.sample(self.rng, 1)[0]),
                2 * self._optimizer.population_size,
            )
        return self._optimizer

    def _usual_population_size(self) -> int:
        if self.population_size is not None:
            return self.population_size
        # The default population size lambda of Hansen (2016), Table 1.
        return 4 + math.floor(3 * math.log(len(self._columns)))

    def _best_known(self) -> np.ndarray:
        known = [i for i in self._individuals.values() if math.isfinite(i.loss)]
        if not known:
            return self._coordinates(np.full(self._cube.n_columns, 0.5))
        return self._coordinates(min(known, key=lambda i: i.rank).genotype)

    def _coordinates(self, genotype: np.ndarray) -> np.ndarray:
        """Return the coordinates of a genotype if all levels are equally wide."""
        coordinates = genotype[self._columns].copy()
        for i, j in enumerate(self._columns):
            if self._n_levels[i]:
                level = self._cube.levels(genotype[None], int(j))[0]
                coordinates[i] = (level + 0.5) / self._n_levels[i]
        return coordinates

    def _genotype(self, coordinates: np.ndarray) -> np.ndarray:
        genotype = np.full(self._cube.n_columns, 0.5)
        for i, j in enumerate(self._columns):
            edges = self._cube.edges[j]
            genotype[j] = coordinates[i]
            if edges is not None:
                level = round(coordinates[i] * self._n_levels[i] - 0.5)
                genotype[j] = (edges[level] + edges[level + 1]) / 2
        return genotype

    # ---- draws and results -------------------------------------------------------

    def _breed(self, resource: float) -> Child | None:  # noqa: ARG002
        if not len(self._columns):
            return None
        optimizer = self._current()
        optimizer.reseed_rng(int(self.rng.integers(2**32)))
        # The distribution learns from ``drawn``, where discrete values are not rounded.
        coordinates, drawn = optimizer.ask()
        return Child(self._genotype(coordinates), origin=drawn)

    def _born(self, individual: Individual, origin: Any) -> None:
        if origin is not None:
            self._drawn[individual.key] = origin

    def _repeated(self, key: Hashable, child: Child) -> None:
        individual = self._individuals[key]
        if individual.is_evaluated:
            self._count_in(child.origin, individual)

    def _learn(self, individual: Individual, loss: float, resource: float) -> None:  # noqa: ARG002
        drawn = self._drawn.pop(individual.key, None)
        if drawn is not None:
            self._count_in(drawn, individual)

    def _count_in(self, drawn: np.ndarray, individual: Individual) -> None:
        self._evaluated.append((drawn, individual))
        optimizer = self._current()
        # Deviation: any lambda results move the distribution, also late ones, because
        # parallel workers would wait for a generation otherwise.
        if len(self._evaluated) < optimizer.population_size:
            return
        ranked = sorted(self._evaluated, key=lambda pair: pair[1].rank)
        self._evaluated.clear()
        if not math.isfinite(ranked[0][1].loss):
            return  # failures show no direction
        self._moves.append([drawn for drawn, _ in ranked])
        _tell_ranked(optimizer, self._moves[-1])


def _tell_ranked(optimizer: Any, ranked: list[np.ndarray]) -> None:
    optimizer.tell([(drawn, float(rank)) for rank, drawn in enumerate(ranked)])


def _import_cmaes() -> Any:
    try:
        import cmaes
    except ImportError as error:
        raise ImportError(
            'CMAESSampler needs cmaes: pip install "sklearn-automl[cmaes]".'
        ) from error
    return cmaes
