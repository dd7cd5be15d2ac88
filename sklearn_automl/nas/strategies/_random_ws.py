"""Random search with weight sharing (Li and Talwalkar, "Random search and
reproducibility for neural architecture search", UAI 2019, section 3.2).
"""

from collections.abc import Iterator

from sklearn_automl._options import check_integer
from sklearn_automl.nas.strategies._one_shot import OneShotStrategy, best_shared
from sklearn_automl.nas.supernet.training import (
    SupernetLearner,
    SupernetTraining,
    UniformPaths,
)
from sklearn_automl.space import Configuration

__all__ = ["RandomWS"]


class RandomWS(OneShotStrategy):
    """Compare random architectures with the weights that they share.

    Each step of the supernet trains the weights of one random architecture. Then many
    are scored with these weights, a few of them on more rows, and the best are compared
    with a new random one by short trainings [1]_.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_samples : int, default=200
        Architectures that are scored with shared weights, on `n_score_batches` batches.

    n_finalists : int, default=10
        How many of them are scored on all rows of their half.

    n_score_batches : int, default=10
        Batches that an architecture is scored on in the beginning.

    n_epochs : int, default=None
        Epochs of the supernet. None for about 1,000 steps: at least 5 and at most 100
        epochs.

    optimizer : {"adamw", "sgd"}, default="adamw"
        Of the weights; "sgd" has a momentum of 0.9.

    lr : float, default=None
        Its largest learning rate, which falls as a cosine. None for 0.02 with "adamw"
        and 0.025 with "sgd".

    weight_decay : float, default=0.0003
        Of the weights.

    n_derived : int, default=2
        The best with shared weights that are compared by short trainings.

    n_random : int, default=1
        Random architectures that are compared with them.

    mixed_precision : bool, default=False
        Whether the supernet computes in bfloat16 where torch does so automatically.

    Attributes
    ----------
    n_proposals : Counter
        How many candidates were derived and how many are random.

    See Also
    --------
    DARTS : All operations at once, with weights that are learned.
    ENAS : The architectures that share weights are learned too.

    Notes
    -----
    Not recommended on a CPU: in small measurements it was better than a random
    architecture, but not than the best of as many as can be trained in its time, where
    :class:`DARTS` was.

    Differences from [1]_: 200 architectures and not 1,000; AdamW, because every weight
    sees but one step in as many as there are operations, and with SGD the shared
    weights came to less than random architectures trained by themselves; one round,
    whose best are trained anew. Batch normalisation uses the statistics of each batch:
    those of a moving average would be of other architectures.

    References
    ----------
    .. [1] L. Li and A. Talwalkar, "Random search and reproducibility for neural
       architecture search", UAI 2019. :arxiv:`1902.07638`

    Examples
    --------
    >>> from sklearn_automl.nas.strategies import RandomWS
    >>> RandomWS(n_samples=1000)
    RandomWS(n_samples=1000)
    """

    def __init__(
        self,
        *,
        n_samples: int = 200,
        n_finalists: int = 10,
        n_score_batches: int = 10,
        n_epochs: int | None = None,
        optimizer: str = "adamw",
        lr: float | None = None,
        weight_decay: float = 3e-4,
        n_derived: int = 2,
        n_random: int = 1,
        mixed_precision: bool = False,
    ) -> None:
        self.n_samples = n_samples
        self.n_finalists = n_finalists
        self.n_score_batches = n_score_batches
        self.n_epochs = n_epochs
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.n_derived = n_derived
        self.n_random = n_random
        self.mixed_precision = mixed_precision

    def _check_options(self) -> None:
        super()._check_options()
        for name in ("n_samples", "n_finalists", "n_score_batches"):
            self._check_option(check_integer, name, 1)

    def make_learner(self) -> SupernetLearner:
        """Return what draws an architecture for each step."""
        return UniformPaths()

    def _derive(
        self,
        training: SupernetTraining,
        learner: SupernetLearner,  # noqa: ARG002
    ) -> Iterator[Configuration]:
        rng, sample = training.new_rng(), training.space.decisions.sample
        drawn = self._acceptable(
            sample(rng) for _ in range(self.n_samples) if not training.must_stop()
        )
        rows = training.some_rows(rng, self.n_score_batches)
        first = best_shared(training, drawn, rows)[: self.n_finalists]
        yield from best_shared(training, first, slice(None))
