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
    architectures are scored with these weights, and a few of them on more rows. Short
    trainings compare the best with a new random architecture [1]_.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_samples : int, default=200
        Number of architectures that are scored with shared weights, on
        `n_score_batches` batches.

    n_finalists : int, default=10
        Number of architectures that are then scored on all rows of this half.

    n_score_batches : int, default=10
        Number of batches that an architecture is scored on first.

    n_epochs : int, default=None
        Epochs of the supernet. None for about 1,000 steps, but at least 5 and at most
        100 epochs.

    optimizer : {"adamw", "sgd"}, default="adamw"
        Optimizer of the weights. "sgd" has a momentum of 0.9.

    lr : float, default=None
        The largest learning rate of the weights. The rate falls along half a cosine.
        None for 0.02 with "adamw" and 0.025 with "sgd".

    weight_decay : float, default=0.0003
        Weight decay of the weights.

    n_derived : int, default=2
        Number of the best architectures with shared weights that short trainings
        compare.

    n_random : int, default=1
        Number of random architectures that are compared with the derived ones.

    mixed_precision : bool, default=False
        Whether the supernet computes in bfloat16 where torch does so automatically.

    Attributes
    ----------
    n_proposals : Counter
        How many candidates were derived, and how many are random.

    See Also
    --------
    DARTS : Trains all operations at once, with weights that are learned.
    ENAS : Learns which architectures to train, too.

    Notes
    -----
    This strategy is not recommended on a CPU. In small measurements it was better than
    one random architecture. But it was not better than the best of the random
    architectures that can be trained in the same time. :class:`DARTS` was.

    There are some differences from [1]_. There are 200 architectures, not 1,000. The
    optimizer is AdamW: if a place has n operations, each weight is trained in only one
    of n steps. With SGD, the result was worse than separate trainings of random
    architectures. There is one round, and its best architectures are trained again.
    Batch normalisation uses the statistics of each batch, because a moving average
    would mix different architectures.

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
