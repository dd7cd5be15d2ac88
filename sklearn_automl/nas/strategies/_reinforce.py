"""Policy gradient over independent decisions (Williams, "Simple statistical
gradient-following algorithms for connectionist reinforcement learning", Machine
Learning 8, 1992; the episodic REINFORCE algorithm, with a reinforcement baseline).
"""

import math
from collections import deque
from collections.abc import Hashable
from typing import Any

import numpy as np
from numpy.random import Generator

from sklearn_automl._options import check_between, check_positive
from sklearn_automl.nas.strategies._base import Strategy
from sklearn_automl.nas.strategies._policy import Adam, MovingAverage, Policy
from sklearn_automl.samplers import Observation, Proposal
from sklearn_automl.space import Configuration

__all__ = ["Reinforce"]

# After so many draws in a row that cannot be proposed, an architecture is drawn at
# random: the policy is sure of itself.
_MAX_REPEATS = 50

# The temperature of the policy rises by this after each of these draws.
_FLATTER = 0.1

# A result is ranked among this many last ones.
_WINDOW = 100

_REWARDS = ("rank", "loss")


class Reinforce(Strategy):
    """Draw decisions with probabilities that change with rewards.

    The policy has one categorical distribution for each decision, which does not depend
    on other decisions. A reward that is better than usual makes the decisions that led
    to it more probable [1]_. This strategy needs more trials than the others.

    .. versionadded:: 0.1

    Parameters
    ----------
    learning_rate : float, default=0.1
        Learning rate of Adam, which changes the logits after every result.

    baseline_decay : float, default=0.9
        Decay of the moving average of rewards that a reward is compared with.

    entropy_weight : float, default=0.0
        Weight of the entropy of the decisions. It keeps the policy from being sure too
        early.

    rewards : {"rank", "loss"}, default="rank"
        The reward of a result: "rank" is the share of worse results with the same
        resource, and "loss" is the negative loss.

    Attributes
    ----------
    n_proposals : Counter
        How many proposals came from the policy, and how many did not for each reason.

    See Also
    --------
    Evolution : Needs fewer trials.

    Notes
    -----
    With ranks, the scale of the loss does not matter. (For regression, it has no
    bounds.) Ranks also need no rule for outliers: a failure is the worst result, and
    the last 100 results always contain good and bad ones. With ``rewards="loss"``, a
    failure has the worst reward that was seen with its resource. It is skipped if there
    is no such reward. The scale of the gradient does not matter to Adam, but
    ``entropy_weight`` is relative to it.

    Each resource has a separate baseline. It begins at zero and is corrected for this.
    The first reward is its own baseline, and each later reward is compared with the
    rewards before it. A decision that was not made has no gradient.

    There are some differences from [1]_ and [2]_. Nothing is proposed twice. So if a
    policy is nearly certain, decisions are drawn up to 50 times, and the policy is made
    flatter each time. Only proposals of the policy change it. The gradient is that of
    the policy at the time of the result, even if the result is late. The learning rate
    is ten times the rate of [2]_, for searches with a hundred trials.

    References
    ----------
    .. [1] R. J. Williams, "Simple statistical gradient-following algorithms for
       connectionist reinforcement learning", Machine Learning 8, 229-256, 1992.

    .. [2] X. Dong and Y. Yang, "NAS-Bench-201: Extending the scope of reproducible
       neural architecture search", ICLR 2020. :arxiv:`2001.00326`

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_automl.nas import ChainSpace
    >>> from sklearn_automl.nas.strategies import Reinforce
    >>> from sklearn_automl.samplers import Observation
    >>> space = ChainSpace(n_layers=(1, 6), widths=[8, 16]).bind((4,))
    >>> strategy = Reinforce()
    >>> strategy = strategy.bind_architectures(space, np.random.default_rng(0))
    >>> for _ in range(100):
    ...     config = strategy.ask()
    ...     strategy.tell(Observation(config, loss=-config["n_layers"], resource=1))
    >>> strategy.mode()["n_layers"]
    6
    """

    def __init__(
        self,
        *,
        learning_rate: float = 0.1,
        baseline_decay: float = 0.9,
        entropy_weight: float = 0.0,
        rewards: str = "rank",
    ) -> None:
        self.learning_rate = learning_rate
        self.baseline_decay = baseline_decay
        self.entropy_weight = entropy_weight
        self.rewards = rewards

    def mode(self) -> Configuration:
        """Return the most probable value of each decision."""
        return self._config(self._policy.logits.argmax(axis=1))

    def draw(self, rng: Generator) -> Configuration:
        """Draw decisions from the policy. They may have been drawn before.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        config : dict
            A configuration. Pass its result to :meth:`learn`.
        """
        return self._config(self._policy.sample(rng))

    def _check_options(self) -> None:
        self._check_option(check_positive, "learning_rate")
        self._check_option(check_between, "baseline_decay", 0, 1)
        if self.baseline_decay == 1:
            raise self._refuse("baseline_decay", "less than 1")
        self._check_option(check_between, "entropy_weight", 0, math.inf)
        self._check_one_of("rewards", _REWARDS)

    def start(self) -> None:
        super().start()
        for parameter, n in zip(self.space.columns, self._cube.n_levels, strict=True):
            if n == 0:
                raise ValueError(
                    "Reinforce has a probability for each value, but "
                    f"{parameter.name!r} ({parameter.describe()}) has no list of "
                    "values. Pass a list, or another strategy."
                )
        self._policy = Policy(self._cube.n_levels, self.rng)
        self._adam = Adam(self._policy.logits.shape, self.learning_rate)
        self._own: set[Hashable] = set()  # what the policy has proposed
        self._losses: dict[float, deque[float]] = {}
        self._baselines: dict[float, MovingAverage] = {}

    # ---- what it has learned ---------------------------------------------------------

    def probabilities(self) -> dict[str, dict[str, float]]:
        """Return the probabilities of the policy.

        Returns
        -------
        dict of str to dict
            For each decision, the probability of each of its values. Values are text.
        """
        rows = self._policy.probabilities()
        return {
            parameter.name: {
                str(value): float(p)
                for value, p in zip(parameter.domain.values(), row, strict=False)
            }
            for parameter, row in zip(self.space.columns, rows, strict=True)
        }

    def state_dict(self) -> dict[str, Any]:
        """Return what the policy has learned, as numbers and lists.

        Returns
        -------
        dict
            The argument of :meth:`load_state_dict` for a strategy that is bound to the
            same space.
        """
        return {
            "logits": self._policy.logits.tolist(),
            "adam": self._adam.state_dict(),
            "losses": {r: list(losses) for r, losses in self._losses.items()},
            "baselines": {r: b.state_dict() for r, b in self._baselines.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from what another strategy has learned.

        Parameters
        ----------
        state : dict
            The result of :meth:`state_dict` of the other strategy.
        """
        self._policy.logits = np.array(state["logits"])
        self._adam.load_state_dict(state["adam"])
        for resource, losses in state["losses"].items():
            self._losses[resource] = deque(losses, maxlen=_WINDOW)
            baseline = MovingAverage(self.baseline_decay)
            baseline.load_state_dict(state["baselines"][resource])
            self._baselines[resource] = baseline

    # ---- ask -------------------------------------------------------------------------

    def propose(self, resource: float) -> Proposal:  # noqa: ARG002
        for i in range(_MAX_REPEATS):
            levels = self._policy.sample(self.rng, 1 + i * _FLATTER)
            config = self._config(levels)
            if self.is_new(config):
                return Proposal(config, "policy")
        return self._random("nothing new")

    def _config(self, levels: np.ndarray) -> Configuration:
        return self._cube.decode((levels + 0.5) / self._cube.n_levels)

    def note_asked(self, proposal: Proposal) -> None:
        super().note_asked(proposal)
        if proposal.how == "policy":
            self._own.add(self.space.key(proposal.config))

    # ---- tell ------------------------------------------------------------------------

    def tell(self, observation: Observation) -> None:
        """Take note of the result of an evaluation.

        Parameters
        ----------
        observation : Observation
            Result of a configuration of the space. The configuration may come from
            elsewhere.
        """
        super().tell(observation)
        is_own = self.space.key(observation.config) in self._own
        self._take(observation, is_own)

    def learn(self, observation: Observation) -> None:
        """Learn from the result of a configuration that :meth:`draw` returned.

        Parameters
        ----------
        observation : Observation
            The result. The same configuration may come again with another loss.
        """
        self._take(observation, is_own=True)

    def _take(self, observation: Observation, is_own: bool) -> None:
        """Rank a result among others; learn from it if it is the policy's."""
        resource = observation.resource
        if resource not in self._losses:
            self._losses[resource] = deque(maxlen=_WINDOW)
            self._baselines[resource] = MovingAverage(self.baseline_decay)
        loss = observation.loss if math.isfinite(observation.loss) else math.inf
        self._losses[resource].append(loss)
        reward = self._reward(self._losses[resource])
        if not is_own or reward is None:
            return
        key = self.space.key(observation.config)
        baseline = self._baselines[resource]
        advantage = reward - baseline.value if baseline.n else 0.0
        baseline.update(reward)
        levels, is_active = self._decisions(self._point_of(key, observation.config))
        # The REINFORCE rule: (reward - baseline) times the characteristic eligibility.
        gradient = advantage * self._policy.score(levels, is_active)
        if self.entropy_weight:
            gradient += self.entropy_weight * self._policy.entropy_gradient(is_active)
        # Deviation: Adam instead of a constant step, because the scale of rewards then
        # does not matter.
        self._policy.logits += self._adam.step(gradient)

    def _reward(self, losses: deque[float]) -> float | None:
        """Return the reward of the last one."""
        seen = np.array(losses)
        if self.rewards == "rank":
            return float(np.mean((seen > seen[-1]) + 0.5 * (seen == seen[-1])))
        if seen[-1] < math.inf:
            return -float(seen[-1])
        finite = seen[seen < math.inf]
        return -float(finite.max()) if len(finite) else None

    def _decisions(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the number of each value that was decided for, and which were made."""
        is_active = ~np.isnan(point)
        levels = np.where(is_active, point, 0) * self._cube.n_levels
        return levels.astype(int), is_active
