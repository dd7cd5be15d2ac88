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

from sklearn_automl.nas.strategies._base import Strategy
from sklearn_automl.samplers import Observation
from sklearn_automl.samplers._options import check_between, check_positive
from sklearn_automl.space import Configuration

__all__ = ["Reinforce"]

# So many draws in a row that cannot be proposed: the policy is sure of itself.
_MAX_REPEATS = 50

# By so much the temperature of the policy rises after each of them.
_FLATTER = 0.1

# A result is ranked among so many last ones.
_WINDOW = 100

_REWARDS = ("rank", "loss")

_INITIAL_SD = 1e-3  # of the logits


class Reinforce(Strategy):
    """Make decisions with probabilities that rewards change.

    The policy is one categorical distribution for each decision, independent of the
    others; a reward that is better than usual makes the decisions that led to it more
    probable [1]_. It needs more trials than the other strategies.

    .. versionadded:: 0.1

    Parameters
    ----------
    learning_rate : float, default=0.1
        Of Adam, which moves the logits after every result.

    baseline_decay : float, default=0.9
        Decay of the moving average of rewards that a reward is compared with.

    entropy_weight : float, default=0.0
        Weight of the entropy of the decisions, which keeps the policy from being sure
        too early.

    rewards : {"rank", "loss"}, default="rank"
        What is rewarded: the share of the results with the same resource that are
        worse, or the negative loss.

    Attributes
    ----------
    n_proposals : Counter
        How many proposals came from the policy and how many not, by reason.

    See Also
    --------
    Evolution : Needs fewer trials.

    Notes
    -----
    Ranks make the scale of the loss irrelevant, which for regression has no bounds, and
    need no rule for outliers: a failure is the worst of all, and among the last 100
    results there are always good and bad ones. With ``rewards="loss"`` a failure has
    the worst reward that was seen with its resource, and is skipped if there is none.
    The gradient's scale does not matter to Adam, but that of ``entropy_weight`` is
    relative to it.

    Each resource has a baseline of its own, corrected for its beginning at zero; the
    first reward is its own baseline, later ones are compared with those before them. A
    decision that was not made has no gradient. Differences from [1]_ and [2]_: nothing
    is proposed twice, so that a policy that is sure of itself is drawn from up to 50
    times, and made flatter each time; only proposals of the policy change it, each with
    the gradient at the policy of the moment, also if its result is late. The learning
    rate is ten times that of [2]_, for searches of a hundred trials.

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
        """Return the decisions that are the most probable ones, each by itself."""
        return self._config(self._policy.logits.argmax(axis=1))

    def draw(self, rng: Generator) -> Configuration:
        """Return decisions of the policy, which may have been drawn before.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        config : dict
            A configuration; :meth:`learn` takes its result.
        """
        return self._config(self._policy.sample(rng))

    def _check_options(self) -> None:
        self._check_option(check_positive, "learning_rate")
        self._check_option(check_between, "baseline_decay", 0, 1)
        if self.baseline_decay == 1:
            raise self._refuse("baseline_decay", "less than 1")
        self._check_option(check_between, "entropy_weight", 0, math.inf)
        self._check_one_of("rewards", _REWARDS)

    def _start(self) -> None:
        super()._start()
        self._policy = Policy(self._cube.n_levels, self._rng)
        self._adam = Adam(self._policy.logits.shape, self.learning_rate)
        self._own: set[Hashable] = set()  # what the policy has proposed
        self._losses: dict[float, deque[float]] = {}
        self._baselines: dict[float, MovingAverage] = {}

    # ---- what it has learned ---------------------------------------------------------

    def probabilities(self) -> dict[str, dict[str, float]]:
        """Return what the policy would decide.

        Returns
        -------
        dict of str to dict
            For each decision the probability of each of its values, as text.
        """
        rows = self._policy.probabilities()
        return {
            parameter.name: {
                str(value): float(p)
                for value, p in zip(parameter.domain.values(), row, strict=False)
            }
            for parameter, row in zip(self._space.columns, rows, strict=True)
        }

    def state_dict(self) -> dict[str, Any]:
        """Return what was learned, as numbers and lists.

        Returns
        -------
        dict
            For :meth:`load_state_dict` of a strategy that is bound to the same space.
        """
        return {
            "logits": self._policy.logits.tolist(),
            "adam": self._adam.state_dict(),
            "losses": {r: list(losses) for r, losses in self._losses.items()},
            "baselines": {r: b.state_dict() for r, b in self._baselines.items()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what another one has learned.

        Parameters
        ----------
        state : dict
            Of the other's :meth:`state_dict`.
        """
        self._policy.logits = np.array(state["logits"])
        self._adam.load_state_dict(state["adam"])
        for resource, losses in state["losses"].items():
            self._losses[resource] = deque(losses, maxlen=_WINDOW)
            baseline = MovingAverage(self.baseline_decay)
            baseline.load_state_dict(state["baselines"][resource])
            self._baselines[resource] = baseline

    # ---- ask -------------------------------------------------------------------------

    def _propose(self) -> Configuration:
        for i in range(_MAX_REPEATS):
            levels = self._policy.sample(self._rng, 1 + i * _FLATTER)
            config = self._config(levels)
            if self._can_be_proposed(config):
                self._origin = "policy"
                return config
        return self._random("nothing new")

    def _config(self, levels: np.ndarray) -> Configuration:
        return self._cube.decode((levels + 0.5) / self._cube.n_levels)

    def _note_asked(self, config: Configuration) -> None:
        super()._note_asked(config)
        if self._origin == "policy":
            self._own.add(self._space.key(config))

    # ---- tell ------------------------------------------------------------------------

    def tell(self, observation: Observation) -> None:
        """Take note of the result of an evaluation.

        Parameters
        ----------
        observation : Observation
            Of a configuration of the space, which need not have been asked for.
        """
        super().tell(observation)
        is_own = self._space.key(observation.config) in self._own
        self._take(observation, is_own)

    def learn(self, observation: Observation) -> None:
        """Take in the result of what :meth:`draw` has returned.

        Parameters
        ----------
        observation : Observation
            The same configuration may come again, with another loss.
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
        key = self._space.key(observation.config)
        baseline = self._baselines[resource]
        advantage = reward - baseline.value if baseline.n else 0.0
        baseline.update(reward)
        levels, is_active = self._decisions(self._point_of(key, observation.config))
        gradient = advantage * self._policy.score(levels, is_active)
        if self.entropy_weight:
            gradient += self.entropy_weight * self._policy.entropy_gradient(is_active)
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


class Policy:
    """Independent categorical distributions, as rows of logits.

    A row ends with -inf where a decision has fewer values than another one.
    """

    def __init__(self, n_levels: np.ndarray, rng: Generator) -> None:
        self._last = n_levels - 1
        exists = np.arange(n_levels.max()) < n_levels[:, None]
        noise = _INITIAL_SD * rng.standard_normal(exists.shape)
        self.logits = np.where(exists, noise, -np.inf)

    def probabilities(self, temperature: float = 1.0) -> np.ndarray:
        """Return the softmax of each row; the higher the temperature, the flatter."""
        logits = self.logits / temperature
        unnormalized = np.exp(logits - logits.max(axis=1, keepdims=True))
        probabilities: np.ndarray = unnormalized / unnormalized.sum(
            axis=1, keepdims=True
        )
        return probabilities

    def sample(self, rng: Generator, temperature: float = 1.0) -> np.ndarray:
        """Draw the number of a value for each decision."""
        bounds = self.probabilities(temperature).cumsum(axis=1)
        levels = (rng.random((len(bounds), 1)) >= bounds).sum(axis=1)
        # Where the sum of a row is rounded to less than 1.
        return np.minimum(levels, self._last)

    def score(self, levels: np.ndarray, is_active: np.ndarray) -> np.ndarray:
        """Return the gradient of the logarithm of the probability of decisions."""
        score = -self.probabilities()
        score[np.arange(len(levels)), levels] += 1
        return np.where(is_active[:, None], score, 0)

    def entropy_gradient(self, is_active: np.ndarray) -> np.ndarray:
        """Return the gradient of the sum of the entropies of decisions."""
        p = self.probabilities()
        log_p = np.log(np.where(p > 0, p, 1))
        entropy = -(p * log_p).sum(axis=1, keepdims=True)
        return np.where(is_active[:, None], -p * (log_p + entropy), 0)


class MovingAverage:
    """An exponential moving average, corrected for its beginning at zero."""

    def __init__(self, decay: float) -> None:
        self._decay, self._sum, self.n = decay, 0.0, 0

    @property
    def value(self) -> float:
        """The average, of one number at least."""
        return self._sum / (1 - self._decay**self.n)

    def update(self, number: float) -> None:
        """Take in a number."""
        self._sum = self._decay * self._sum + (1 - self._decay) * number
        self.n += 1

    def state_dict(self) -> dict[str, Any]:
        """Return its state."""
        return {"sum": self._sum, "n": self.n}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._sum, self.n = state["sum"], state["n"]


class Adam:
    """Steps uphill (Kingma and Ba, ICLR 2015, Algorithm 1)."""

    _BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8

    def __init__(self, shape: tuple[int, ...], learning_rate: float) -> None:
        self._m, self._v, self._t = np.zeros(shape), np.zeros(shape), 0
        self._learning_rate = learning_rate

    def step(self, gradient: np.ndarray) -> np.ndarray:
        """Return the step for this gradient."""
        self._t += 1
        self._m = self._BETA_1 * self._m + (1 - self._BETA_1) * gradient
        self._v = self._BETA_2 * self._v + (1 - self._BETA_2) * gradient**2
        m = self._m / (1 - self._BETA_1**self._t)
        v = self._v / (1 - self._BETA_2**self._t)
        step: np.ndarray = self._learning_rate * m / (np.sqrt(v) + self._EPSILON)
        return step

    def state_dict(self) -> dict[str, Any]:
        """Return its state."""
        return {"m": self._m.tolist(), "v": self._v.tolist(), "t": self._t}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        self._m, self._v = np.array(state["m"]), np.array(state["v"])
        self._t = state["t"]
