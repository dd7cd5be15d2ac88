"""Shared weights say who is worth a training."""

from sklearn_automl._options import check_integer
from sklearn_automl.nas.estimation._base import Estimation, Training
from sklearn_automl.nas.strategies import Strategy
from sklearn_automl.nas.supernet.options import SupernetOptions
from sklearn_automl.schedulers import Scheduler, Screening

__all__ = ["OneShot"]


class OneShot(Estimation):
    """Score architectures with weights that all of them share, and train a few of them.

    One supernet contains all architectures. Each step of its training trains one of
    them, which is drawn at random [1]_ [2]_. Then every architecture that is proposed
    is scored with the shared weights. This takes only as long as a prediction. The best
    architectures are trained, and so are some others for comparison.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_best : int, default=3
        Number of architectures that are trained because of their score with shared
        weights.

    n_random : int, default=2
        Number of other architectures that are trained. They are the first proposals,
        which every strategy draws at random.

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

    n_parallel : int, default=4
        How many trials of a strategy that learns may run at once, as in :class:`Full`.

    mixed_precision : bool, default=False
        Whether the supernet computes in bfloat16 where torch does so automatically.

    See Also
    --------
    Full : Trains every architecture.

    Notes
    -----
    In the results, an architecture that was scored with shared weights has 0 epochs.
    Such a score takes hardly any time, so `n_trials` can be several hundred. Shared
    weights rank architectures only roughly as separate trainings do.

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
