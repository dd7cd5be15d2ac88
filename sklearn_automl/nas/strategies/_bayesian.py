"""Bayesian optimisation of architectures (Kandasamy et al., "Neural architecture search
with Bayesian optimisation and optimal transport", NeurIPS 2018; with the kernel of Ru,
Wan, Dong and Osborne, "Interpretable neural architecture search via Bayesian
optimisation with Weisfeiler-Lehman kernels", ICLR 2021, Algorithm 1).
"""

import copy
from contextlib import nullcontext

import numpy as np

from sklearn_automl._options import check_between, check_integer
from sklearn_automl.nas.architecture import INPUT, Architecture
from sklearn_automl.nas.strategies._base import Strategy
from sklearn_automl.nas.strategies._sizes import SizedInputs, SizeScale
from sklearn_automl.nas.strategies._weisfeiler_lehman import (
    GraphInputs,
    GraphProcess,
    Theta,
)
from sklearn_automl.samplers import GaussianProcessSampler, Surrogate

__all__ = ["Bayesian"]

_ENCODINGS = ("auto", "wl", "one_hot")

# Candidates are mutations of this many best architectures.
_N_PARENTS = 5

# A candidate is more than n steps away with probability 2**-n, and at most this many.
_MAX_STEPS = 4

# The graph kernel's hyperparameters are chosen again after this many new results.
_REFIT_AFTER = 5

# This many random architectures show whether all of a space are chains, and how large
# they are.
_N_LOOKED_AT = 20


class Bayesian(Strategy, GaussianProcessSampler):
    """Propose the architecture that a Gaussian process expects to improve most.

    The process sees an architecture as a graph. Two architectures are similar if they
    connect the same operations in the same way [1]_. For chains, the process sees the
    decisions instead.

    .. versionadded:: 0.1

    Parameters
    ----------
    encoding : {"auto", "wl", "one_hot"}, default="auto"
        What the process sees: "wl" counts the subgraphs that Weisfeiler-Lehman labels
        stand for, and "one_hot" uses the decisions. "auto" is "one_hot" if all
        architectures of the space are chains, and "wl" otherwise.

    n_initial : int, default=8
        Number of observations before the first model. Until then, decisions come from a
        Sobol sequence.

    random_fraction : float, default=0.1
        Share of the later proposals that are drawn at random.

    n_candidates : int, default=100
        Number of candidates for the largest expected improvement. A quarter of them is
        random. Half are mutations of the best observed architectures. The others are
        mutations of the best candidates.

    Attributes
    ----------
    n_proposals : Counter
        How many proposals came from the model, and how many did not for each reason.

    See Also
    --------
    Evolution : Tries mutations without asking a model.

    Notes
    -----
    The improvement is measured against the best predicted mean at the highest resource.
    Its logarithm is maximised. The process learns from the results of all resources,
    and the resource is one of its inputs. A running trial counts as observed, with its
    predicted mean as the result. Bad losses are clipped: they are at most as far above
    the median as the best loss is below it. A failure counts as the worst of these
    losses.

    Features of a graph are the counts of labels after 0, 1 or 2 iterations of
    relabelling [2]_. After every 5 results, the marginal likelihood chooses the number
    of iterations, the noise and the length scales. There are some differences from
    [1]_. Operations are labels, and their options (width, kernel and others) are
    counted in addition. The kernel is Matern 5/2 of the distance of the normalised
    features, not their product. One architecture is proposed at a time.

    With decisions, the kernel is Matern 5/2 with a length scale for each decision.
    Numbers in ascending order are inputs as numbers, and other values as indicators.
    The process also sees the size of networks: their parameters, depth and number of
    multiplications. With graphs, it sees the size only if this makes the results more
    likely. Networks of your own modules have no such sizes.

    References
    ----------
    .. [1] B. Ru, X. Wan, X. Dong and M. Osborne, "Interpretable neural architecture
       search via Bayesian optimisation with Weisfeiler-Lehman kernels", ICLR 2021.
       :arxiv:`2006.07556`

    .. [2] N. Shervashidze, P. Schweitzer, E. J. van Leeuwen, K. Mehlhorn and K. M.
       Borgwardt, "Weisfeiler-Lehman graph kernels", JMLR 12, 2539-2561, 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.nas import ChainSpace
    >>> from sklearn_automl.nas.strategies import Bayesian
    >>> from sklearn_automl.samplers import Observation
    >>> space = ChainSpace(n_layers=(1, 6), widths=[8, 16]).bind((4,))
    >>> strategy = Bayesian(random_fraction=0)
    >>> strategy = strategy.bind_architectures(space, np.random.default_rng(0))
    >>> for _ in range(20):
    ...     config = strategy.ask()
    ...     strategy.tell(Observation(config, loss=-config["n_layers"], resource=1))
    >>> strategy.ask()["n_layers"]
    6
    """

    # In `benchmarks/bench_nas_sizes.py` (78 chains, vehicle, 12 seeds) the regret of
    # decisions after 15 trials is 0.25 points of accuracy, and 0.59 with False; that of
    # random search is 1.18. After 25 trials it is nil with and without sizes.
    sees_sizes = True

    acquisition = "log_ei"
    max_points = 250

    def __init__(
        self,
        *,
        encoding: str = "auto",
        n_initial: int = 8,
        random_fraction: float = 0.1,
        n_candidates: int = 100,
    ) -> None:
        self.encoding = encoding
        self.n_initial = n_initial
        self.random_fraction = random_fraction
        self.n_candidates = n_candidates

    def _check_options(self) -> None:
        self._check_one_of("encoding", _ENCODINGS)
        self._check_option(check_integer, "n_initial", 2)
        self._check_option(check_between, "random_fraction", 0, 1)
        self._check_option(check_integer, "n_candidates", 4)

    def start(self) -> None:
        super().start()
        rng = copy.deepcopy(self.rng)  # what is looked at is no part of the sequence
        drawn = (self.space.sample(rng) for _ in range(_N_LOOKED_AT))
        examples = [self._architectures.architecture(config) for config in drawn]
        self._sizes: SizeScale | None = None
        # The size of a module of the user's is known when it is made.
        if self.sees_sizes and not self._architectures.makes_own_modules:
            scale = SizeScale(self._architectures.input_shape, examples)
            self._sizes = scale if scale.is_known else None
        self._graphs: GraphInputs | None = None
        has_graphs = not all(_is_chain(architecture) for architecture in examples)
        if self.encoding == "wl" or (self.encoding == "auto" and has_graphs):
            self._graphs = GraphInputs(self._architecture_at, self._sizes)
            self._inputs = self._graphs  # type: ignore[assignment]  # called alike
        elif self._sizes is not None:
            self._inputs = SizedInputs(self._inputs, self._sizes_at)  # type: ignore[assignment]
        self._graph_theta: Theta | None = None

    def _architecture_at(self, point: np.ndarray) -> Architecture:
        return self._architectures.architecture(self._cube.decode(point))

    def _sizes_at(self, point: np.ndarray) -> np.ndarray:
        if self._sizes is None:
            raise RuntimeError("There are no sizes.")
        return self._sizes(self._architecture_at(point))

    def _fit(  # type: ignore[override]  # any surrogate will do
        self, inputs: np.ndarray, scores: np.ndarray
    ) -> Surrogate:
        if self._graphs is None:
            return super()._fit(inputs, scores)
        n_told = sum(seen.n for seen in self._seen.values())
        if self._graph_theta is not None and n_told - self._n_fitted < _REFIT_AFTER:
            return GraphProcess(inputs, scores, self._graphs, self._graph_theta)
        process = GraphProcess(inputs, scores, self._graphs)
        process.fit()
        self._graph_theta, self._n_fitted = process.theta, n_told
        return process

    # ---- candidates ------------------------------------------------------------------

    def _candidates(self, surrogate: Surrogate) -> tuple[np.ndarray, np.ndarray]:
        """Return points, and the acquisition there."""
        with nullcontext() if self._graphs is None else self._graphs.forgetting():
            return self._valued(surrogate)

    def _valued(self, surrogate: Surrogate) -> tuple[np.ndarray, np.ndarray]:
        observed, best = self._best_observed(surrogate)
        n = self.n_candidates // 4
        points = np.vstack(
            [
                self._cube.encode([self.space.sample(self.rng) for _ in range(n)]),
                self._mutated(observed, 2 * n),
            ]
        )
        values = self._acquisition(surrogate, points, best)
        closer = self._mutated(points[np.argsort(-values, kind="stable")], n)
        new_values = self._acquisition(surrogate, closer, best)
        return np.vstack([points, closer]), np.concatenate([values, new_values])

    def _mutated(self, points: np.ndarray, n: int) -> np.ndarray:
        """Return n mutations of the first points."""
        parents = [self._cube.decode(point) for point in points[:_N_PARENTS]]
        children = []
        for i in range(n):
            child = parents[i % len(parents)]
            for _ in range(min(int(self.rng.geometric(0.5)), _MAX_STEPS)):
                child = self._architectures.mutate(child, self.rng)
            children.append(child)
        return self._cube.encode(children)


def _is_chain(architecture: Architecture) -> bool:
    """Tell whether every node reads the one before it, and nothing else."""
    names = [INPUT, *(node.name for node in architecture.nodes)]
    return all(
        node.inputs == (before,)
        for before, node in zip(names, architecture.nodes, strict=False)
    )
