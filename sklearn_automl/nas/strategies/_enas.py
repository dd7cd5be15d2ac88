"""A policy that is learned with shared weights (Pham, Guan, Zoph, Le and Dean,
"Efficient neural architecture search via parameter sharing", ICML 2018).
"""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from sklearn_automl._options import check_integer, check_positive
from sklearn_automl.nas.space import ArchitectureSpace
from sklearn_automl.nas.space._supergraph import Path
from sklearn_automl.nas.strategies._one_shot import OneShotStrategy, best_shared
from sklearn_automl.nas.strategies._reinforce import Reinforce
from sklearn_automl.nas.supernet.training import SupernetLearner, SupernetTraining
from sklearn_automl.samplers import Observation
from sklearn_automl.space import Configuration

__all__ = ["ENAS"]


class ENAS(OneShotStrategy):
    """Learn which architectures do well with the weights that they share.

    Two trainings alternate. For an epoch, the shared weights are trained with
    architectures that a policy draws. Then the policy learns from the scores that its
    architectures have with these weights [1]_.

    .. versionadded:: 0.1

    Parameters
    ----------
    n_policy_steps : int, default=30
        Number of results that the policy learns from after each epoch.

    policy_lr : float, default=0.1
        Learning rate of Adam, which changes the policy.

    n_samples : int, default=50
        Number of architectures that the policy draws at the end. Those with the best
        scores with shared weights are derived.

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
        Number of derived architectures that short trainings compare.

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
    RandomWS : Does the same without a policy.
    Reinforce : Has the same policy, and trains each architecture separately.

    Notes
    -----
    This strategy is not recommended on a CPU. In small measurements it was better than
    one random architecture. But it was not better than the best of the random
    architectures that can be trained in the same time. :class:`DARTS` was.

    There are some differences from [1]_. The optimizer is AdamW, as in
    :class:`RandomWS`. There is no reward for entropy. Architectures that are drawn at
    the end are scored on all rows of the other half, not on a batch. The policy is that
    of :class:`Reinforce`, with one distribution for each decision. It is not a
    recurrent network, because hundreds of results could not train one. The reward is
    the rank among the last hundred results, so any score can be used. A result is the
    score on one batch, not a mean of several. Scores use the estimator's `scoring`.

    References
    ----------
    .. [1] H. Pham, M. Y. Guan, B. Zoph, Q. V. Le and J. Dean, "Efficient neural
       architecture search via parameter sharing", ICML 2018. :arxiv:`1802.03268`

    Examples
    --------
    >>> from sklearn_automl.nas.strategies import ENAS
    >>> ENAS(n_policy_steps=50)
    ENAS(n_policy_steps=50)
    """

    def __init__(
        self,
        *,
        n_policy_steps: int = 30,
        policy_lr: float = 0.1,
        n_samples: int = 50,
        n_epochs: int | None = None,
        optimizer: str = "adamw",
        lr: float | None = None,
        weight_decay: float = 3e-4,
        n_derived: int = 2,
        n_random: int = 1,
        mixed_precision: bool = False,
    ) -> None:
        self.n_policy_steps = n_policy_steps
        self.policy_lr = policy_lr
        self.n_samples = n_samples
        self.n_epochs = n_epochs
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.n_derived = n_derived
        self.n_random = n_random
        self.mixed_precision = mixed_precision

    def _check_options(self) -> None:
        super()._check_options()
        for name in ("n_policy_steps", "n_samples"):
            self._check_option(check_integer, name, 1)
        self._check_option(check_positive, "policy_lr")

    def make_learner(self) -> "PolicyOfPaths":
        """Return what draws architectures, and learns which do well."""
        return PolicyOfPaths(self)

    def _derive(
        self, training: SupernetTraining, learner: "PolicyOfPaths"
    ) -> Iterator[Configuration]:
        # Section 2.2, deriving architectures: samples of the policy, scored.
        rng = training.new_rng()
        drawn = [learner.policy.draw(rng) for _ in range(self.n_samples)]
        drawn.append(learner.policy.mode())
        yield from best_shared(training, self._acceptable(drawn), slice(None))


class PolicyOfPaths(SupernetLearner):
    """Draws architectures from a policy, which learns after each epoch."""

    #: The policy, bound to the space of the training.
    policy: Reinforce

    def __init__(self, options: ENAS) -> None:
        self._options = options

    def start(self, training: SupernetTraining) -> None:
        """Make the policy."""
        self._space: ArchitectureSpace = training.space
        policy = Reinforce(learning_rate=self._options.policy_lr)
        self.policy = policy.bind_architectures(training.space, training.new_rng())

    def choose(self, training: SupernetTraining) -> tuple[None, Path]:
        """Return the path of an architecture of the policy."""
        return None, self._space.path(self.policy.draw(training.rng))

    def end_epoch(self, training: SupernetTraining) -> dict[str, Any]:
        """Let the policy learn; return its probabilities and the mean of its scores."""
        # Section 2.2, the second phase: the policy learns from scores with shared
        # weights on the other half.
        scores = []
        for _ in range(self._options.n_policy_steps):
            if training.must_stop():
                break
            config = self.policy.draw(training.rng)
            rows = training.some_rows(training.rng, 1)
            score = training.score(self._space.path(config), rows=rows)
            self.policy.learn(
                Observation(config, -score if math.isfinite(score) else math.inf, 1)
            )
            scores.append(score)
        finite = [score for score in scores if math.isfinite(score)]
        return {
            "mean_score": float(np.mean(finite)) if finite else None,
            "weights": self.policy.probabilities(),
        }

    def state_dict(self) -> dict[str, Any]:
        """Return what the policy has learned."""
        return self.policy.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self.policy.load_state_dict(state)
