"""Shared weights say who is worth a training."""

from sklearn_automl._options import check_integer
from sklearn_automl.nas.estimation._base import Estimation, Training
from sklearn_automl.nas.strategies import Strategy
from sklearn_automl.nas.supernet.options import SupernetOptions
from sklearn_automl.schedulers import Scheduler, Screening

__all__ = ["OneShot"]


class OneShot(Estimation):
    """Score architectures with weights that all of them share, and train a few.

    One supernet holds all architectures; each step of its training is for one of them,
    drawn at random [1]_ [2]_. Then every architecture that is proposed is scored with
    the shared weights, which takes as long as to predict. The best of them are trained,
    and some others to compare them with.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_best : int, default=3
        Architectures that are trained because of their score with shared weights.

    n_random : int, default=2
        Others that are trained: the first ones that were proposed, which every strategy
        draws at random.

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

    n_parallel : int, default=4
        How many trials of a strategy that learns may run at once, as in :class:`Full`.

    mixed_precision : bool, default=False
        Whether the supernet computes in bfloat16 where torch does so automatically.

    See Also
    --------
    Full : Trains every architecture.

    Notes
    -----
    In the results, what was scored with shared weights has had 0 epochs. It costs next
    to nothing, so `n_trials` can be hundreds. The order of architectures by shared
    weights is only roughly that by weights of their own.

    References
    ----------
    .. [1] L. Li and A. Talwalkar, "Random search and reproducibility for neural
       architecture search", UAI 2019. :arxiv:`1902.07638`

    .. [2] Z. Guo et al., "Single path one-shot neural architecture search with uniform
       sampling", ECCV 2020. :arxiv:`1904.00420`

    Examples
    --------
    >>> from sklearn_automl.nas.estimation import OneShot
    >>> OneShot(n_best=5)
    OneShot(n_best=5)
    """

    def __init__(
        self,
        *,
        n_best: int = 3,
        n_random: int = 2,
        n_epochs: int | None = None,
        optimizer: str = "adamw",
        lr: float | None = None,
        weight_decay: float = 3e-4,
        n_parallel: int = 4,
        mixed_precision: bool = False,
    ) -> None:
        self.n_best = n_best
        self.n_random = n_random
        self.n_epochs = n_epochs
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.n_parallel = n_parallel
        self.mixed_precision = mixed_precision

    def supernet_options(self) -> SupernetOptions:
        """Return how the shared weights are trained."""
        return SupernetOptions(
            self.n_epochs,
            self.optimizer,
            self.lr,
            self.weight_decay,
            mixed_precision=self.mixed_precision,
        )

    def make_scheduler(
        self, strategy: Strategy, n_trials: int, training: Training
    ) -> Scheduler:
        """Return the scheduler of a search, as :class:`Estimation` says."""
        self._check()
        n_unknown = int(self.n_parallel) if strategy.learns else None
        return Screening(
            strategy,
            n_trials,
            self.largest(training),
            int(self.n_best),
            int(self.n_random),
            n_unknown,
        )

    def _check(self) -> None:
        owner = type(self).__name__
        self.supernet_options().check(owner)
        for name, least in (("n_best", 1), ("n_random", 0), ("n_parallel", 1)):
            check_integer(name, getattr(self, name), least, owner=owner)
