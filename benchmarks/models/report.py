"""Tables and plots of what the runs have found."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from benchmarks.models.problems import Problem
from benchmarks.models.run import Run

__all__ = ["OFFSET", "Regrets", "markdown", "plot"]

Runs = dict[tuple[str, str, int], Run]

#: Added to regrets before ratios are taken: many end at zero.
OFFSET = 0.01


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, the first column to the left."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


class Regrets:
    """The regrets of runs: how far their incumbents are from the best known loss."""

    def __init__(
        self, runs: Runs, problems: Sequence[Problem], optima: dict[str, float]
    ) -> None:
        self._runs = runs
        self._problems = [problem.name for problem in problems]
        self._unit = {problem.name: problem.max_resource for problem in problems}
        self._optima = optima
        self.methods = list(dict.fromkeys(method for _, method, _ in runs))

    def at(self, n_trainings: float) -> dict[str, dict[tuple[str, int], float]]:
        """Return the regrets after a budget: by method, and by problem and seed."""
        regrets: dict[str, dict[tuple[str, int], float]] = {}
        for (problem, method, seed), run in self._runs.items():
            if problem in self._unit:
                loss = run.loss_at(n_trainings * self._unit[problem])
                if not np.isnan(loss):
                    place = regrets.setdefault(method, {})
                    place[problem, seed] = max(loss - self._optima[problem], 0.0)
        return regrets

    def median_curve(
        self, method: str, problem: str, costs: np.ndarray
    ) -> np.ndarray | None:
        """Return the median over seeds, infinite before the first result."""
        optimum = self._optima[problem]
        curves = [
            [run.loss_at(cost) - optimum for cost in costs]
            for (p, m, _), run in self._runs.items()
            if (p, m) == (problem, method)
        ]
        if not curves:
            return None
        return np.median(np.nan_to_num(curves, nan=np.inf), axis=0)

    def summary(self, n_trainings: float, references: Sequence[str]) -> str:
        """Return the table of methods over all problems, after a budget."""
        regrets = self.at(n_trainings)
        methods = [m for m in self.methods if m in regrets]
        if not methods:
            return "Nothing has run."
        # Ranks are over what all have; who has run little would leave little.
        most = max(len(own) for own in regrets.values())
        ranked = [m for m in methods if 2 * len(regrets[m]) >= most]
        means, n_pairs = _mean_ranks([regrets[m] for m in ranked])
        ranks = dict(zip(ranked, means, strict=True))
        header = ["method", "runs", "median regret", f"mean rank ({n_pairs} pairs)"]
        references = [r for r in references if r in regrets]
        for reference in references:
            header += [f"ratio to {reference}", "better", "pairs"]
        rows = []
        for method in methods:
            own = regrets[method]
            median = np.median(list(own.values()))
            rank = f"{ranks[method]:.2f}" if method in ranks else ""
            row = [method, f"{len(own)}", f"{median:.3g}", rank]
            for reference in references:
                row += _paired(own, regrets[reference])
            rows.append(row)
        return markdown(header, rows)

    def against(self, n_trainings: float, references: Sequence[str]) -> str:
        """Return the ratios of all methods to the references, with the pairs."""
        regrets = self.at(n_trainings)
        references = [r for r in references if r in regrets]
        rows = []
        for method in self.methods:
            row = [method]
            for reference in references:
                ratio, _, n = _paired(regrets.get(method, {}), regrets[reference])
                row.append(f"{ratio} ({n})" if ratio else "")
            rows.append(row)
        return markdown(["ratio (pairs)", *references], rows)

    def by_problem(self, n_trainings: float) -> str:
        """Return the table of each method's median regret on each problem."""
        regrets = self.at(n_trainings)
        header = ["method", *(name.removeprefix("lcbench-") for name in self._problems)]
        rows = []
        for method in self.methods:
            row = [method]
            for problem in self._problems:
                own = [
                    r for (p, _), r in regrets.get(method, {}).items() if p == problem
                ]
                row.append(f"{np.median(own):.3g}" if own else "")
            rows.append(row)
        return markdown(header, rows)

    def ratio_by_problem(self, reference: str, n_trainings: float) -> str:
        """Return median regrets over that of the reference, on each problem."""
        regrets = self.at(n_trainings)
        rows = []
        for method in self.methods:
            row = [method]
            for problem in self._problems:
                own, other = (
                    [r for (p, _), r in regrets.get(m, {}).items() if p == problem]
                    for m in (method, reference)
                )
                has_both = own and other
                row.append(
                    f"{np.median(own) / np.median(other):.2f}" if has_both else ""
                )
            rows.append(row)
        return markdown(["method", *self._problems], rows)

    def speed_up(self, reference: str, n_trainings: float) -> str:
        """Return by how much less each method costs for the same regret.

        The reference's median regret after a budget is the aim, reached where a
        method's median stays at it or below. One that does not reach it within its own
        budget is marked as lower than it could have shown.
        """
        header = ["method", *self._problems]
        rows = [[method] for method in self.methods]
        for problem in self._problems:
            unit = self._unit[problem]
            end = np.array([n_trainings * unit])
            aim = self.median_curve(reference, problem, end)[0]
            header[1 + self._problems.index(problem)] += f" (aim {aim:.3g})"
            for row in rows:
                row.append(self._ratio(row[0], problem, aim, n_trainings))
        return markdown(header, rows)

    def _ratio(self, method: str, problem: str, aim: float, n_trainings: float) -> str:
        budgets = [
            run.budget
            for (p, m, _), run in self._runs.items()
            if (p, m) == (problem, method)
        ]
        if not budgets:
            return ""
        unit = self._unit[problem]
        costs = np.geomspace(unit / 27, min(budgets), 400)
        above = np.flatnonzero(self.median_curve(method, problem, costs) > aim)
        start = above[-1] + 1 if len(above) else 0
        if start < len(costs):
            return f"{n_trainings * unit / costs[start]:.1f}"
        return f"< {n_trainings * unit / min(budgets):.1f}"


def _paired(
    own: dict[tuple[str, int], float], other: dict[tuple[str, int], float]
) -> list[str]:
    """Return the geometric mean of ratios, the share that is better, and the pairs."""
    pairs = sorted(own.keys() & other.keys())
    if not pairs:
        return ["", "", "0"]
    a = np.array([own[pair] for pair in pairs]) + OFFSET
    b = np.array([other[pair] for pair in pairs]) + OFFSET
    ratio = np.exp(np.mean(np.log(a / b)))
    better = np.mean(a < b) + 0.5 * np.mean(a == b)
    return [f"{ratio:.3f}", f"{better:.0%}", f"{len(pairs)}"]


def _mean_ranks(
    regrets: Sequence[dict[tuple[str, int], float]],
) -> tuple[np.ndarray, int]:
    """Return mean ranks over the pairs of problem and seed that all methods have."""
    pairs = sorted(set.intersection(*(set(own) for own in regrets)))
    if not pairs:
        return np.full(len(regrets), np.nan), 0
    table = np.array([[own[pair] for own in regrets] for pair in pairs])
    return rankdata(table, axis=1).mean(axis=0), len(pairs)


def plot(
    regrets: Regrets, problems: Sequence[Problem], n_trainings: float, path: Path
) -> None:
    """Draw the median regret over the budget, a panel for each problem."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    n_columns = min(4, len(problems))
    n_rows = -(-len(problems) // n_columns)
    figure, axes = plt.subplots(
        n_rows,
        n_columns,
        figsize=(4.5 * n_columns, 3.5 * n_rows + 0.8),
        squeeze=False,
        layout="constrained",
    )
    trainings = np.geomspace(1, n_trainings, 200)
    for ax, problem in zip(axes.flat, problems, strict=False):
        for i, method in enumerate(regrets.methods):
            costs = trainings * problem.max_resource
            curve = regrets.median_curve(method, problem.name, costs)
            if curve is None:
                continue
            style = "--" if i >= 10 else "-"
            curve = np.where(np.isfinite(curve), np.maximum(curve, 1e-3), np.nan)
            ax.plot(trainings, curve, style, color=f"C{i % 10}", label=method)
        ax.set(title=problem.name, xscale="log", yscale="log")
        ax.set(xlabel="budget (full trainings)", ylabel="median regret")
    for ax in axes.flat[len(problems) :]:
        ax.remove()
    drawn = {
        label: handle
        for ax in figure.axes
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        drawn.values(), drawn, loc="outside lower center", ncols=5, fontsize=8
    )
    figure.savefig(path, dpi=110)
    plt.close(figure)
