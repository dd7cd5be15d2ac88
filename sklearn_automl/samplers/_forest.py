"""Bayesian optimisation with a random forest (Hutter, Hoos and Leyton-Brown,
"Sequential model-based optimization for general algorithm configuration", LION 2011).
"""

import numpy as np

from sklearn_automl._options import check_integer
from sklearn_automl.samplers._surrogate import Surrogate, SurrogateSampler

__all__ = ["Forest", "ForestSampler"]

# A longer list has no indicators of levels that were never seen.
_MAX_INDICATORS = 100


class ForestSampler(SurrogateSampler):
    """Propose what a random forest expects to improve most.

    The forest is fitted to the observations of all resources, with the resource as
    one of its inputs; the improvement is that at the highest resource.

    Parameters
    ----------
    acquisition : {"log_ei", "lcb"}, default="log_ei"
        What is maximised: the logarithm of the expected improvement on the best
        predicted mean, or a lower confidence bound.

    n_initial : int, default=6
        Observations before the first model. Until then configurations come from a
        Sobol sequence.

    random_fraction : float, default=0.2
        Share of the later proposals that are drawn from the space itself.

    max_points : int, default=1000
        The most observations that are modelled: of the highest resources first, and
        of one resource the five best and the latest.

    n_trees : int, default=10
        Number of trees. Their spread is the uncertainty.

    Attributes
    ----------
    n_proposals : Counter
        How many proposals came from the model and how many not, by reason.

    See Also
    --------
    GaussianProcessSampler : The same with a Gaussian process.

    Notes
    -----
    As in SMAC [1]_, with trees of scikit-learn on bootstrap samples, at least 3 samples
    to split and 5/6 of the inputs for each split. Bad losses are clipped where they are
    as far above the median as the best one is below it. What runs is taken for observed
    with its predicted mean at the highest resource. The number of an inactive parameter
    is taken for the middle of its distribution. A list without an order is split by one
    value at a time, and one of more than 100 only by those that were modelled.

    References
    ----------
    .. [1] F. Hutter, H. H. Hoos and K. Leyton-Brown, "Sequential model-based
       optimization for general algorithm configuration", LION 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import uniform
    >>> from sklearn_automl.samplers import ForestSampler, Observation
    >>> from sklearn_automl.space import SearchSpace
    >>> space = SearchSpace({"x": uniform(-1, 2)})
    >>> sampler = ForestSampler(random_fraction=0)
    >>> sampler = sampler.bind(space, np.random.default_rng(0))
    >>> for _ in range(20):
    ...     config = sampler.ask()
    ...     sampler.tell(Observation(config, loss=config["x"] ** 2, resource=1))
    >>> abs(sampler.ask()["x"]) < 0.2
    True
    """

    def __init__(
        self,
        *,
        acquisition: str = "log_ei",
        n_initial: int = 6,
        random_fraction: float = 0.2,
        max_points: int = 1000,
        n_trees: int = 10,
    ) -> None:
        super().__init__(
            acquisition=acquisition,
            n_initial=n_initial,
            random_fraction=random_fraction,
            max_points=max_points,
        )
        check_integer("n_trees", n_trees, 2)
        self.n_trees = n_trees

    def _fit(self, inputs: np.ndarray, scores: np.ndarray) -> "Forest":
        n_levels = self._inputs.n_levels
        return Forest(inputs, scores, n_levels, self.n_trees, self.rng)


class Forest(Surrogate):
    """Regression trees on bootstrap samples; their spread is the uncertainty.

    x, y : the observations
    n_levels : of each input the number of its levels, 0 if it is not categorical
    """

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        n_levels: np.ndarray,
        n_trees: int,
        rng: np.random.Generator,
    ) -> None:
        self._x, self._y, self.rng = x, y, rng
        self._n_levels, self._n_trees = n_levels, n_trees
        self._grow()

    def predict(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and standard deviation of the trees' predictions."""
        inputs = self._indicators(inputs)
        each = np.array([t.predict(inputs, check_input=False) for t in self._trees])
        return each.mean(axis=0), np.maximum(each.std(axis=0), 1e-6)

    def believe(self, inputs: np.ndarray) -> None:
        """Grow the trees anew, the predicted means being observations."""
        mean, _ = self.predict(inputs)
        self._x = np.vstack([self._x, inputs])
        self._y = np.concatenate([self._y, mean])
        self._grow()

    def _grow(self) -> None:
        # Not at the top: it takes longer to import than all of the core.
        from sklearn.tree import DecisionTreeRegressor

        n = len(self._y)
        # Of a long list only what is in x: no split is made by anything else.
        self._levels = [
            np.arange(k) if k <= _MAX_INDICATORS else np.unique(column)
            for k, column in zip(self._n_levels, self._x.T, strict=True)
        ]
        x = self._indicators(self._x)
        self._trees = []
        for seed in self.rng.integers(2**31, size=self._n_trees):
            tree = DecisionTreeRegressor(
                min_samples_split=3, max_features=5 / 6, random_state=int(seed)
            )
            rows = self.rng.integers(n, size=n)
            self._trees.append(tree.fit(x[rows], self._y[rows], check_input=False))

    def _indicators(self, x: np.ndarray) -> np.ndarray:
        """Return x with a column for each level of a categorical input."""
        columns = [
            column[:, None] == levels if k else column[:, None]
            for k, levels, column in zip(self._n_levels, self._levels, x.T, strict=True)
        ]
        return np.hstack(columns).astype(np.float32)
