"""Bayesian optimisation with a random forest (Hutter, Hoos and Leyton-Brown,
"Sequential model-based optimization for general algorithm configuration", LION 2011).
"""

import numpy as np

from sklearn_automl._options import check_integer
from sklearn_automl.samplers._surrogate import Surrogate, SurrogateSampler

__all__ = ["Forest", "ForestSampler"]

# In a longer list, only levels that were observed have an indicator: the cost of a tree
# grows with the number of its columns.
_MAX_INDICATORS = 100


class ForestSampler(SurrogateSampler):
    """Propose what a random forest expects to improve most.

    This is the model of SMAC [1]_. The forest is fitted to the observations with all
    resources, and the resource is one of its inputs [2]_. The improvement is predicted
    at the highest resource.

    Parameters
    ----------
    acquisition : {"log_ei", "eips", "lcb"}, default="log_ei"
        What is maximised. "log_ei" is the logarithm of the expected improvement on the
        best predicted mean [3]_. "eips" is the logarithm of the expected improvement
        per predicted second [4]_, and needs the seconds of each observation. "lcb" is
        the negative of a lower confidence bound, which is the mean minus two standard
        deviations.

    n_initial : int, default=6
        Number of observations, of any resource, before the first model. Until then
        configurations come from a Sobol sequence. At least 2.

    random_fraction : float, default=0.2
        Probability that a later proposal is drawn from the space itself. Between 0
        and 1.

    max_points : int, default=1000
        The largest number of observations that the model is fitted to. Observations
        with the highest resources come first. Of those with the same resource, the five
        best and the latest are kept. At least 2.

    n_trees : int, default=10
        Number of trees. The standard deviation of their predictions is the
        uncertainty. At least 2.

    Attributes
    ----------
    n_proposals : Counter
        The number of proposals from the model, and for each other reason the number of
        proposals that were made for it.

    Raises
    ------
    ValueError
        If an option is out of its range; by :meth:`bind`, if a distribution of the
        space has no ``ppf`` and ``cdf``.

    See Also
    --------
    GaussianProcessSampler : The same with a Gaussian process.

    Notes
    -----
    The trees are scikit-learn's, on bootstrap samples. As in SMAC3, a forest has 10
    trees, a node needs 3 samples to be split, and each split considers 5/6 of the
    inputs. ``benchmarks/bench_models.py lcbench --ablation`` compares 10 trees with 30.

    The sampler deviates from [1]_ as follows:

    * It only proposes. The scheduler decides which configuration is evaluated with how
      much of the resource, so there is no intensification.
    * The share `random_fraction` of the proposals is random, not every second proposal.
    * Losses are not replaced by their logarithms, because a loss can be negative. Large
      losses are clipped: the limit is as far above the median as the best loss is below
      it.
    * The acquisition is maximised over random points and random steps from the best
      points, not by a local search over neighbours.
    * Running configurations count as observed with their predicted means at the highest
      resource.
    * An inactive number has the median of its distribution as its value.
    * A list without an order is split by one value at a time. A list of more than 100
      values is split only by values that were observed.

    References
    ----------
    .. [1] F. Hutter, H. H. Hoos and K. Leyton-Brown, "Sequential model-based
       optimization for general algorithm configuration", LION 2011.

    .. [2] K. Swersky, J. Snoek and R. P. Adams, "Multi-task Bayesian optimization",
       NeurIPS 2013.

    .. [3] S. Ament, S. Daulton, D. Eriksson, M. Balandat and E. Bakshy, "Unexpected
       improvements to expected improvement for Bayesian optimization", NeurIPS 2023.
       :arxiv:`2310.20708`

    .. [4] J. Snoek, H. Larochelle and R. P. Adams, "Practical Bayesian optimization of
       machine learning algorithms", NeurIPS 2012. :arxiv:`1206.2944`

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
    n_levels : the number of levels of each input, 0 if the input is not categorical
    n_trees : the number of trees
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
        """Return mean and standard deviation of the trees' predictions.

        These are mu and sigma of Hutter et al. (2011).
        """
        inputs = self._indicators(inputs)
        each = np.array([t.predict(inputs, check_input=False) for t in self._trees])
        return each.mean(axis=0), np.maximum(each.std(axis=0), 1e-6)

    def believe(self, inputs: np.ndarray) -> None:
        """Grow the trees anew, with the predicted means as observations."""
        mean, _ = self.predict(inputs)
        self._x = np.vstack([self._x, inputs])
        self._y = np.concatenate([self._y, mean])
        self._grow()

    def _grow(self) -> None:
        # This import is not at the top because it takes longer than all of the core.
        from sklearn.tree import DecisionTreeRegressor

        n = len(self._y)
        # A long list has indicators only for the levels in x, because no split can be
        # made by any other level.
        self._levels = [
            np.arange(k) if k <= _MAX_INDICATORS else np.unique(column)
            for k, column in zip(self._n_levels, self._x.T, strict=True)
        ]
        x = self._indicators(self._x)
        self._trees = []
        for seed in self.rng.integers(2**31, size=self._n_trees):
            # The two numbers are the defaults of SMAC3. The forest that was measured on
            # the problem of `benchmarks/bench_models.py lcbench` had them too.
            tree = DecisionTreeRegressor(
                min_samples_split=3, max_features=5 / 6, random_state=int(seed)
            )
            rows = self.rng.integers(n, size=n)
            self._trees.append(tree.fit(x[rows], self._y[rows], check_input=False))

    def _indicators(self, x: np.ndarray) -> np.ndarray:
        """Return x with a column for each level of a categorical input."""
        # Deviation: a categorical input is split by one level at a time, not by a set
        # of levels, because the trees of scikit-learn only split numbers.
        columns = [
            column[:, None] == levels if k else column[:, None]
            for k, levels, column in zip(self._n_levels, self._levels, x.T, strict=True)
        ]
        return np.hstack(columns).astype(np.float32)
