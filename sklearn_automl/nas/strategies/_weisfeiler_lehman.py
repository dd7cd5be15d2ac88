"""A Gaussian process over graphs (Ru, Wan, Dong and Osborne, "Interpretable neural
architecture search via Bayesian optimisation with Weisfeiler-Lehman kernels", ICLR
2021; the kernel: Shervashidze et al., "Weisfeiler-Lehman graph kernels", JMLR 12, 2011,
Algorithm 2 and section 3.2).
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice, product

import numpy as np
from scipy.linalg import LinAlgError, cho_solve, cholesky, solve_triangular
from scipy.sparse import csr_matrix
from scipy.spatial.distance import cdist

from sklearn_automl.nas.architecture import INPUT, Architecture
from sklearn_automl.samplers import GaussianPosterior

__all__ = ["GraphInputs", "GraphProcess", "Theta", "wl_features"]

#: So often labels are replaced by those of neighbourhoods, at most.
MAX_ITERATIONS = 2

# The marginal likelihood chooses the hyperparameters among these values.
_LENGTH_SCALES = (0.3, 0.6, 1.2, 2.4)
_NOISES = (1e-3, 1e-2, 0.1, 0.4)
_RESOURCE_SCALES = (0.3, 1.0, 3.0)
# Weight and length scale of the sizes.
_SIZES = ((0.0, 1.0), *product((0.3, 0.7), (0.3, 1.0)))
# Sizes are used if the logarithm of the likelihood is larger by this. In
# `benchmarks/bench_nas_sizes.py` (vehicle, 90 networks with branches, 8 draws) the rank
# correlation of predictions with 10, 20 and 40 known results is .60, .80 and .78, and
# .65, .72 and .72 without sizes. For chains both are alike.
_COST_OF_SIZES = 1.0

#: See :class:`GraphProcess`.
Theta = tuple[int, float, float, float, float, float]

_SQRT_5 = math.sqrt(5)


def wl_features(architecture: Architecture, n_iterations: int) -> list[Counter[str]]:
    """Count the operations of a graph, and then those of ever larger neighbourhoods.

    The label of a node is its operation; the data and the head are nodes, too. In every
    iteration a node's label gets those of the nodes that it reads, sorted, in
    parentheses. Options and merges of nodes are counted once, whosever they are.

    Parameters
    ----------
    architecture : Architecture
        The graph.

    n_iterations : int
        How often labels are replaced.

    Returns
    -------
    counts : list of Counter
        Of the labels before the first iteration, with the options, and after each.
    """
    # Deviation: options are no part of the labels because with widths and kernels
    # hardly any two labels would be equal, and all architectures equally far apart.
    reads: dict[str, tuple[str, ...]] = {INPUT: ()}
    labels = {INPUT: "input"}
    options: Counter[str] = Counter()
    for node in architecture.nodes:
        reads[node.name], labels[node.name] = node.inputs, node.operation
        options.update(f"{name}={value}" for name, value in node.options)
        if len(node.inputs) > 1:
            options[f"merge={node.merge}"] += 1
    # This is no identifier, so no node has this name.
    reads["(head)"] = (architecture.nodes[-1].name,)
    labels["(head)"] = f"{architecture.head} head"
    counts = [Counter(labels.values()) + options]
    for _ in range(n_iterations):
        # Algorithm 2 of the kernel's paper: a new label for each label and its sorted
        # neighbours. Text stands for the compressed label.
        labels = {
            name: f"{labels[name]}({', '.join(sorted(labels[i] for i in inputs))})"
            for name, inputs in reads.items()
        }
        counts.append(Counter(labels.values()))
    return counts


class GraphInputs:
    """How points of the unit cube and resources become the inputs of a model.

    An input is the number of an architecture and the level of the resource.

    architecture_at : returns the architecture of a point
    sizes_of : returns the sizes of an architecture, as :class:`SizeScale` does
    """

    def __init__(
        self,
        architecture_at: Callable[[np.ndarray], Architecture],
        sizes_of: Callable[[Architecture], np.ndarray] | None = None,
    ) -> None:
        self._architecture_at, self._sizes_of = architecture_at, sizes_of
        self._sizes: list[np.ndarray] = []
        self._number_of: dict[bytes, int] = {}
        # For each iteration the column of a label, and for each architecture the
        # columns that it has and their counts.
        n = MAX_ITERATIONS + 1
        self._columns: list[dict[str, int]] = [{} for _ in range(n)]
        self._rows: list[list[dict[int, int]]] = [[] for _ in range(n)]

    def __call__(self, points: np.ndarray, levels: float | np.ndarray) -> np.ndarray:
        numbers = [self._number(point) for point in points]
        levels = np.broadcast_to(np.asarray(levels, dtype=float), (len(points),))
        return np.column_stack([numbers, levels])

    def _number(self, point: np.ndarray) -> int:
        key = point.tobytes()
        if key not in self._number_of:
            self._number_of[key] = len(self._number_of)
            architecture = self._architecture_at(point)
            if self._sizes_of is not None:
                self._sizes.append(self._sizes_of(architecture))
            features = wl_features(architecture, MAX_ITERATIONS)
            for columns, rows, counts in zip(
                self._columns, self._rows, features, strict=True
            ):
                rows.append(
                    {columns.setdefault(k, len(columns)): n for k, n in counts.items()}
                )
        return self._number_of[key]

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        """Forget the architectures that are first seen meanwhile."""
        n_known, n_columns = len(self._number_of), [len(c) for c in self._columns]
        yield
        self._number_of = dict(islice(self._number_of.items(), n_known))
        self._rows = [rows[:n_known] for rows in self._rows]
        self._sizes = self._sizes[:n_known]
        self._columns = [
            dict(islice(columns.items(), n))
            for columns, n in zip(self._columns, n_columns, strict=True)
        ]

    @property
    def has_sizes(self) -> bool:
        """Whether sizes of architectures are known."""
        return self._sizes_of is not None

    def sizes(self, numbers: np.ndarray) -> np.ndarray:
        """Return the sizes, a row for each architecture."""
        return np.array([self._sizes[int(number)] for number in numbers])

    def counts(self, iteration: int, numbers: np.ndarray) -> csr_matrix:
        """Return the features of an iteration, a row for each architecture."""
        rows = [self._rows[iteration][int(number)] for number in numbers]
        data = [count for row in rows for count in row.values()]
        columns = [column for row in rows for column in row]
        starts = np.cumsum([0, *(len(row) for row in rows)])
        shape = len(rows), len(self._columns[iteration])
        return csr_matrix((data, columns, starts), shape=shape, dtype=float)


class GraphProcess(GaussianPosterior):
    """A Gaussian process with mean zero and variance one, and observation noise.

    The covariance of two architectures is Matern 5/2 of their distance in the space of
    their features, which have unit length. A share of it can be Matern 5/2 of the
    distance of their sizes instead. It is multiplied by that of the resources.

    x, y : the observations
    graphs : what the first column of x numbers
    theta : number of iterations, length scale, noise's variance, scale of the resource,
        share of the sizes, their length scale
    """

    def __init__(
        self,
        x: np.ndarray,
        y: np.ndarray,
        graphs: GraphInputs,
        theta: Theta = (1, 1.2, 1e-2, 1.0, 0.0, 1.0),
    ) -> None:
        self._x, self._y, self._graphs = x, y, graphs
        self._set(theta)

    def fit(self) -> None:
        """Find the hyperparameters of the largest marginal likelihood."""
        levels = self._x[:, 1]
        scales = _RESOURCE_SCALES if len(np.unique(levels)) > 1 else (1.0,)
        best, found = -math.inf, self.theta
        similarities = self._similarities(self._x, self._x)
        distances = self._squared_sizes(self._x, self._x)
        shares = _SIZES if self._graphs.has_sizes else _SIZES[:1]
        for h, length_scale, resource_scale, (share, size_scale) in product(
            range(MAX_ITERATIONS + 1), _LENGTH_SCALES, scales, shares
        ):
            kernel = _matern(2 - 2 * similarities[h], length_scale)
            kernel = _mixed(kernel, distances, share, size_scale)
            kernel *= _matern(_squared_differences(levels, levels), resource_scale)
            for noise in _NOISES:
                value = _log_marginal_likelihood(kernel, noise, self._y)
                value -= _COST_OF_SIZES if share else 0
                if value > best:
                    own = (h, length_scale, noise, resource_scale, share, size_scale)
                    best, found = value, own
        self._set(found)

    def believe(self, inputs: np.ndarray) -> None:
        """Take the predicted means for observations: only the variance changes."""
        self._x = np.vstack([self._x, inputs])
        self._factorize()

    def _set(self, theta: Theta) -> None:
        self.theta = theta
        self._factorize()
        self._alpha = cho_solve((self._chol, True), self._y, check_finite=False)

    def _factorize(self) -> None:
        kernel = self._kernel(self._x, self._x)
        kernel[np.diag_indices_from(kernel)] += self.theta[2]
        self._chol = cholesky(kernel, lower=True, check_finite=False)

    def _kernel(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        h, length_scale, _, resource_scale, share, size_scale = self.theta
        kernel = _matern(2 - 2 * self._similarities(a, b)[h], length_scale)
        kernel = _mixed(kernel, self._squared_sizes(a, b), share, size_scale)
        return kernel * _matern(_squared_differences(a[:, 1], b[:, 1]), resource_scale)

    def _squared_sizes(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        if not self._graphs.has_sizes:
            return np.zeros((len(a), len(b)))
        sizes = self._graphs.sizes(a[:, 0]), self._graphs.sizes(b[:, 0])
        return cdist(*sizes, "sqeuclidean")

    def _similarities(self, a: np.ndarray, b: np.ndarray) -> list[np.ndarray]:
        """Return the normalised kernel of each number of iterations, from 0 on."""
        products: float | np.ndarray = 0.0
        squares_a: float | np.ndarray = 0.0
        squares_b: float | np.ndarray = 0.0
        similarities = []
        # The kernel of h iterations is the sum of the products of all counts up to h.
        for i in range(MAX_ITERATIONS + 1):
            counts_a = self._graphs.counts(i, a[:, 0])
            counts_b = self._graphs.counts(i, b[:, 0])
            products = products + (counts_a @ counts_b.T).toarray()
            squares_a = squares_a + _squared_lengths(counts_a)
            squares_b = squares_b + _squared_lengths(counts_b)
            # Features have unit length, because graphs differ in size.
            lengths = np.sqrt(np.multiply.outer(squares_a, squares_b))
            similarities.append(products / lengths)
        return similarities


def _mixed(
    graphs: np.ndarray, squared_sizes: np.ndarray, share: float, size_scale: float
) -> np.ndarray:
    """Return a kernel of graphs and of sizes."""
    if share == 0:
        return graphs
    return (1 - share) * graphs + share * _matern(squared_sizes, size_scale)


def _squared_lengths(rows: csr_matrix) -> np.ndarray:
    return np.asarray(rows.multiply(rows).sum(axis=1)).ravel()


def _squared_differences(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a[:, None] - b[None, :]) ** 2


def _matern(squares: np.ndarray, scale: float) -> np.ndarray:
    """Return Matern 5/2 of squared distances."""
    r = _SQRT_5 * np.sqrt(np.maximum(squares, 0)) / scale
    kernel: np.ndarray = (1 + r + r**2 / 3) * np.exp(-r)
    return kernel


def _log_marginal_likelihood(kernel: np.ndarray, noise: float, y: np.ndarray) -> float:
    """Return it up to a constant; -inf if it is not positive definite to rounding."""
    try:
        chol = cholesky(kernel + noise * np.eye(len(y)), lower=True, check_finite=False)
    except LinAlgError:
        return -math.inf
    z = solve_triangular(chol, y, lower=True, check_finite=False)
    return float(-0.5 * z @ z - np.log(np.diag(chol)).sum())
