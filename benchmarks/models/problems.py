"""The problems: what is searched, what an evaluation shows and costs, what is best."""

import json
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from scipy.stats import loguniform, randint, rv_discrete, uniform

__all__ = [
    "LCBENCH_TASKS",
    "Axis",
    "CountingOnes",
    "Hartmann6",
    "LCBench",
    "Problem",
    "load_surrogate",
]

Config = dict[str, Any]

#: OpenML tasks on which the model in Hyperband was chosen.
LCBENCH_TASKS = (
    *("167104", "167161", "167168", "168329"),
    *("168331", "126029", "189873", "189906"),
)


@dataclass(frozen=True)
class Axis:
    """One hyperparameter, for every library to translate into its own words."""

    name: str
    low: float = 0
    high: float = 1
    log: bool = False
    integer: bool = False
    choices: tuple[str, ...] = ()

    def distribution(self) -> Any:
        """Return it as ``param_distributions`` has it."""
        if self.choices:
            return list(self.choices)
        if self.integer and self.log:
            k = np.arange(self.low, self.high + 1).astype(int)
            p = np.log((k + 1) / k)
            return rv_discrete(values=(k, p / p.sum()))
        if self.integer:
            return randint(self.low, self.high + 1)
        if self.log:
            return loguniform(self.low, self.high)
        return uniform(self.low, self.high - self.low)

    def from_unit(self, u: np.ndarray) -> np.ndarray:
        """Return the values of a numeric axis at places of the unit interval."""
        if self.integer and self.log:
            values = np.floor(self.low * ((self.high + 1) / self.low) ** u)
            return np.minimum(values, self.high)
        if self.integer:
            values = np.floor(self.low + u * (self.high + 1 - self.low))
            return np.minimum(values, self.high)
        if self.log:
            return self.low * (self.high / self.low) ** u
        return self.low + u * (self.high - self.low)


class Problem(ABC):
    """Something to minimise, on a resource that grows by the factor ``eta``."""

    name: str
    axes: tuple[Axis, ...]
    min_resource: float
    max_resource: float
    eta: ClassVar[int] = 3
    #: The lowest loss; None if it has to be found out.
    optimum: float | None

    def start(self, seed: int) -> None:  # noqa: B027  (most have no state)
        """Forget the last run, and seed the noise of the next."""

    @abstractmethod
    def evaluate(self, config: Config, resource: float) -> float:
        """Return the loss that an evaluation shows."""

    @abstractmethod
    def true_loss(self, config: Config) -> float:
        """Return the loss at the largest resource, without noise."""

    @abstractmethod
    def cost(self, resource: float, previous_resource: float) -> float:
        """Return what an evaluation costs, in units of the resource."""


class LCBench(Problem):
    """Training of neural networks: the validation error of a surrogate of LCBench.

    The surrogate is that of YAHPO Gym (Pfisterer et al., AutoML-Conf 2022). The
    resource is the number of epochs, 52/27 to 52, rounded; to go
    on costs the difference.
    """

    axes = (
        Axis("batch_size", 16, 512, log=True, integer=True),
        Axis("learning_rate", 1e-4, 1e-1, log=True),
        Axis("momentum", 0.1, 0.99),
        Axis("weight_decay", 1e-5, 1e-1),
        Axis("num_layers", 1, 5, integer=True),
        Axis("max_units", 64, 1024, log=True, integer=True),
        Axis("max_dropout", 0, 1),
    )
    min_resource = 52 / 27
    max_resource = 52.0
    optimum = None
    # The rungs of ours, and where Optuna's differ from them.
    EPOCHS = (2, 6, 17, 18, 52)

    def __init__(self, task: str, data: Path) -> None:
        self.name = f"lcbench-{task}"
        self._model, codes = load_surrogate(data)
        self._code = codes[task]
        self._curves: dict[tuple[float, ...], list[float]] = {}

    def start(self, seed: int) -> None:  # noqa: ARG002
        """Forget what was evaluated, and seed the noise."""
        self._curves = {}

    def evaluate(self, config: Config, resource: float) -> float:
        """Return the loss that an evaluation shows."""
        values = tuple(float(config[axis.name]) for axis in self.axes)
        if values not in self._curves:
            losses = self.losses(np.array([values] * len(self.EPOCHS)), self.EPOCHS)
            self._curves[values] = losses.tolist()
        return self._curves[values][self.EPOCHS.index(round(resource))]

    def true_loss(self, config: Config) -> float:
        """Return the loss at the largest resource, without noise."""
        return self.evaluate(config, self.max_resource)

    def cost(self, resource: float, previous_resource: float) -> float:
        """Return what an evaluation costs."""
        return round(resource) - round(previous_resource)

    def losses(self, values: np.ndarray, epochs: Any) -> np.ndarray:
        """Return the validation errors (%) of configurations, as rows of values."""
        x = np.column_stack([np.broadcast_to(epochs, len(values)), values])
        task = np.full((len(x), 1), self._code, dtype=np.int32)
        inputs = {"x_cont": x.astype(np.float32), "x_cat": task}
        accuracy = self._model.run(None, inputs)[0][:, 1]
        return 100 - accuracy.astype(float)

    def best_of_random(self, n: int = 100_000, seed: int = 0) -> float:
        """Return the lowest loss of random configurations at the last epoch.

        Half of the coordinates of every second batch are at an edge, because most
        optima of the surrogate are in corners.
        """
        rng = np.random.default_rng(seed)
        best = math.inf
        for batch in range(n // 10_000):
            u = rng.random((10_000, len(self.axes)))
            if batch % 2:
                at_edge = rng.random(u.shape) < 0.5
                u = np.where(at_edge, u.round(), u)
            columns = [a.from_unit(u[:, j]) for j, a in enumerate(self.axes)]
            best = min(best, self.losses(np.column_stack(columns), 52).min())
        return best


@cache
def load_surrogate(data: Path) -> tuple[Any, dict[str, int]]:
    """Return the surrogate of LCBench and its codes of the tasks."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model = onnxruntime.InferenceSession(
        data / "model.onnx", options, providers=["CPUExecutionProvider"]
    )
    encoding = json.loads((data / "encoding.json").read_text())
    return model, encoding["OpenML_task_id"]


class CountingOnes(Problem):
    """Count ones (Falkner et al., ICML 2018, section 5.1): what more samples show.

    The loss is minus the sum of n bits and of the means of draws from n Bernoulli
    distributions, whose probabilities are searched. The resource is the number of draws
    from each; to go on adds to those that were made.
    """

    min_resource = 9
    max_resource = 729

    def __init__(self, n: int = 8) -> None:
        self.name = "counting-ones" if n == 8 else f"counting-ones-{n}"
        self.axes = (
            *(Axis(f"bit_{i}", choices=("zero", "one")) for i in range(n)),
            *(Axis(f"p_{i}") for i in range(n)),
        )
        self.optimum = -2.0 * n
        self._n = n

    def start(self, seed: int) -> None:
        """Forget what was evaluated, and seed the noise."""
        self._rng = np.random.default_rng([seed, 1])
        self._drawn: dict[tuple[Any, ...], tuple[int, np.ndarray]] = {}

    def evaluate(self, config: Config, resource: float) -> float:
        """Return the loss that an evaluation shows."""
        key = tuple(config[axis.name] for axis in self.axes)
        n, ones = self._drawn.get(key, (0, np.zeros(self._n)))
        if n < resource:
            ones = ones + self._rng.binomial(int(resource) - n, key[self._n :])
            self._drawn[key] = (int(resource), ones)
            n = int(resource)
        return float(-key.count("one") - (ones / n).sum())

    def true_loss(self, config: Config) -> float:
        """Return the loss at the largest resource, without noise."""
        key = [config[axis.name] for axis in self.axes]
        return float(-key.count("one") - sum(key[self._n :]))

    def cost(self, resource: float, previous_resource: float) -> float:
        """Return what an evaluation costs."""
        return resource - previous_resource


class Hartmann6(Problem):
    """The multi-fidelity Hartmann function in six dimensions, with a bias to choose.

    Its weights alpha are lowered by ``bias * (1 - z)`` at the fidelity z (Kandasamy et
    al., ICML 2017, with a bias of 0.1, which leaves the order of configurations as it
    is). An evaluation costs 27 z, whatever was evaluated before.
    """

    axes = tuple(Axis(f"x_{i}") for i in range(6))
    min_resource = 1
    max_resource = 27
    optimum = -3.32236801141551
    _ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
    _A = np.array(
        [
            [10, 3, 17, 3.5, 1.7, 8],
            [0.05, 10, 17, 0.1, 8, 14],
            [3, 3.5, 1.7, 10, 17, 8],
            [17, 8, 0.05, 10, 0.1, 14],
        ]
    )
    _P = 1e-4 * np.array(
        [
            [1312, 1696, 5569, 124, 8283, 5886],
            [2329, 4135, 8307, 3736, 1004, 9991],
            [2348, 1451, 3522, 2883, 3047, 6650],
            [4047, 8828, 8732, 5743, 1091, 381],
        ]
    )

    def __init__(self, bias: float) -> None:
        self.name = f"hartmann6-bias-{bias:g}"
        self._bias = bias

    def evaluate(self, config: Config, resource: float) -> float:
        """Return the loss that an evaluation shows."""
        x = np.array([config[axis.name] for axis in self.axes])
        alpha = self._ALPHA - self._bias * (1 - resource / self.max_resource)
        return float(-alpha @ np.exp(-(self._A * (x - self._P) ** 2).sum(axis=1)))

    def true_loss(self, config: Config) -> float:
        """Return the loss at the largest resource, without noise."""
        return self.evaluate(config, self.max_resource)

    def cost(self, resource: float, previous_resource: float) -> float:  # noqa: ARG002
        """Return what an evaluation costs."""
        return resource
