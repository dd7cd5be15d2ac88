"""Tables and the plot of ``bench_race.py``, from the lines that it wrote."""

from collections import defaultdict

import numpy as np
from race_tasks import CLIMB_TASKS

__all__ = ["ABLATIONS", "GRID", "OURS", "RANDOM", "show"]

TOLERANCE = 0.002
RANDOM = "RandomizedSearchCV(81)"
GRID = "GridSearchCV"
OURS = ("HyperbandSearchCV", "BOHBSearchCV", "SuccessiveHalvingSearchCV(81)")
SHORT = dict(
    zip(
        (*OURS, RANDOM),
        ("Hyperband", "BOHB", "halving (81)", "random (81)"),
        strict=True,
    )
)
# The share of the CPU time of others that is asked of ours.
ASKED = {
    RANDOM: (1 / 12, "median"),
    "HalvingRandomSearchCV(81)": (0.4, "each"),
    "OptunaSearchCV(40)": (1 / 5, "each"),
    "BayesSearchCV(40)": (1 / 5, "each"),
}
ABLATIONS = {
    "folds": ("svc", "loans"),
    "prefix": ("text", "loans"),
    "failures": tuple(task.name for task in CLIMB_TASKS),
}


def show(records, plot):
    """Print the tables and save the plot.

    ``records`` has a dict for each part, task, seed and search.
    """
    race, grid, ablation = (
        of_part(records, part) for part in ("race", "grid", "ablation")
    )
    if race:
        show_race(race)
        show_ends(race, RANDOM)
        plot_race(race, plot)
    if grid:
        show_grid(grid)
    if ablation:
        show_ablation(ablation)


def error_of_difference(scores, others):
    """Return the jackknife's standard error of the difference of two scores.

    Each has the score on all held-out rows, then those without each part of them.
    """
    differences = np.subtract(scores[1:], others[1:])
    return np.sqrt((len(differences) - 1) * differences.var())


# ---- tables --------------------------------------------------------------------------


def of_part(records, part):
    """Return the records of a part: task, then seed, then search."""
    found = defaultdict(lambda: defaultdict(dict))
    for (its_part, task, seed, search), record in records.items():
        if its_part == part:
            found[task][seed][search] = record
    return found


def share_needed(record, other):
    """Return the share of the other's CPU that the incumbent needs to be as good.

    Infinite if it never is. The second number is the same for an incumbent after which
    all others are as good too.
    """
    first, lasting = np.inf, np.inf
    for at, _, scores in record["curve"]:
        least = max(TOLERANCE, error_of_difference(scores, other["held_out"]))
        if scores[0] >= other["held_out"][0] - least:
            first = min(first, at / other["cpu"])
            lasting = min(lasting, at / other["cpu"])
        else:
            lasting = np.inf
    return first, lasting


def pairs(by_seed, name, other):
    """Return the records of two searches, of the seeds where both have ended well."""
    both = [
        (searches[name], searches[other])
        for _, searches in sorted(by_seed.items())
        if name in searches and other in searches
    ]
    return [(a, b) for a, b in both if "error" not in b]


def shares(by_seed, name, other):
    """Return both shares of every seed; a search that failed is never as good."""
    return [
        (np.inf, np.inf) if "error" in a else share_needed(a, b)
        for a, b in pairs(by_seed, name, other)
    ]


def median(values):
    """Return the median, also of infinite values; NaN of none."""
    values = sorted(values)
    if not values:
        return np.nan
    low, high = values[(len(values) - 1) // 2], values[len(values) // 2]
    return low if low == high else (low + high) / 2


def number(value, width=9):
    """Return a share as text."""
    text = "never" if value == np.inf else "-" if np.isnan(value) else f"{value:.3f}"
    return f"{text:>{width}}"


def show_race(found):
    """Print how soon the incumbents are as good as the winners of other searches."""
    names = [*OURS, RANDOM]
    for other, (most, of) in ASKED.items():
        table = {
            task: [shares(by_seed, name, other) for name in names]
            for task, by_seed in found.items()
        }
        if not any(column for row in table.values() for column in row):
            continue
        print(
            f"\nShare of the CPU time of {other} until the incumbent is as good "
            f"(median over seeds; in brackets: and stays so)"
        )
        print(f"{'task':<12}{'seeds':>6}" + "".join(f"{SHORT[n]:>21}" for n in names))
        medians = []
        for task, row in table.items():
            medians.append([median(first for first, _ in column) for column in row])
            cells = [
                f"{number(m, 11)} ({number(median(last for _, last in column), 7)})"
                for m, column in zip(medians[-1], row, strict=True)
            ]
            print(f"{task:<12}{len(row[0]):>6} " + " ".join(cells))
        columns = list(zip(*medians, strict=True))
        print(
            f"{'median':<18}" + "".join(f"{number(median(c), 12):<21}" for c in columns)
        )
        if of == "median":
            above = [sum(m > 1 / 6 for m in column) for column in columns]
            print(f"{'above 1/6':<18}" + "".join(f"{n:>12}{'':<9}" for n in above))
        print(
            f"(asked of ours: at most {most:.3f}"
            + (
                " in the median, and 0.167 on each task but one)"
                if of == "median"
                else ")"
            )
        )


def show_ends(found, first):
    """Print each search at its end, beside the first one."""
    print(
        f"\nAt the end, beside {first}: CPU share (median over seeds), difference of "
        "the held-out scores (mean), in brackets that of the worst seed"
    )
    names = list(
        dict.fromkeys(n for by in found.values() for s in by.values() for n in s)
    )
    print(f"{'search':<38}{'CPU share':>10}{'wall share':>11}  held-out, by task")
    for name in names:
        cells, cpu, wall = [], [], []
        for task, by_seed in found.items():
            both = [(a, b) for a, b in pairs(by_seed, name, first) if "error" not in a]
            n_failed = len(pairs(by_seed, name, first)) - len(both)
            if both:
                cpu.append(median(a["cpu"] / b["cpu"] for a, b in both))
                wall.append(median(a["wall"] / b["wall"] for a, b in both))
                gains = [a["held_out"][0] - b["held_out"][0] for a, b in both]
                cells.append(f"{task} {np.mean(gains):+.4f} ({min(gains):+.4f})")
            if n_failed:
                cells.append(f"{task} FAILED {n_failed}x")
        print(
            f"{name:<38}{number(median(cpu), 10)}{number(median(wall), 11)}  "
            f"{', '.join(cells)}"
        )


def show_grid(found):
    """Print each search beside GridSearchCV: time, held-out score, same winner."""
    show_ends(found, GRID)
    names = list(
        dict.fromkeys(n for by in found.values() for s in by.values() for n in s)
    )
    print(
        f"\n{'search':<38}{'CPU share':>10}{'largest':>9}{'held-out':>10}"
        f"{'same best':>11}{'within 1 SE':>13}{'runs':>6}"
    )
    for name in names:
        runs = [
            (task, a, b)
            for task, by_seed in found.items()
            for a, b in pairs(by_seed, name, GRID)
        ]
        ended = [(task, a, b) for task, a, b in runs if "error" not in a]
        if not ended:
            continue
        by_task = defaultdict(list)
        for task, a, b in ended:
            by_task[task].append(a["cpu"] / b["cpu"])
        ratios = [median(values) for values in by_task.values()]
        gain = np.mean([a["held_out"][0] - b["held_out"][0] for _, a, b in ended])
        same = [a["params"] == b["params"] for _, a, b in ended]
        near = [is_near(a, b) for _, a, b in ended]
        print(
            f"{name:<38}{number(median(ratios), 10)}{max(ratios):>9.3f}{gain:>+10.4f}"
            f"{np.sum(same) / len(runs):>11.0%}{np.sum(near) / len(runs):>13.0%}"
            f"{len(runs):>6}"
        )
    print(
        "(asked: 0.25 of SuccessiveHalvingSearchCV, held-out mean not below -0.001; "
        '0.45 and 95 % within one standard error of "n_folds")'
    )


def is_near(record, full):
    """Tell whether the winner is within one standard error of the best of the grid."""
    score, error = full["candidates"].get(record["params"], (-np.inf, 0))
    best, error = full["candidates"][full["params"]]
    return score >= best - error


def show_ablation(found):
    """Print each pair of an ablation."""
    print(
        f"\n{'ablation':<12}{'task':<18}{'seeds':>6}{'CPU ratio':>11}{'held-out':>10}"
        f"{'its error':>11}  same scores"
    )
    for ablation, tasks in ABLATIONS.items():
        for task in tasks:
            by_seed = found.get(task, {})
            names = [n for s in by_seed.values() for n in s if n.startswith(ablation)]
            if not names:
                continue
            ours, without = dict.fromkeys(names)
            runs = [(s[ours], s[without]) for s in by_seed.values() if without in s]
            both = [(a, b) for a, b in runs if "error" not in a and "error" not in b]
            failed = [sum("error" in r for r in c) for c in zip(*runs, strict=True)]
            if any(failed):
                print(
                    f"{ablation:<12}{task:<18} failed: {ours} {failed[0]}, "
                    f"{without} {failed[1]}"
                )
            if both:
                ratio = median(a["cpu"] / b["cpu"] for a, b in both)
                gains = [a["held_out"][0] - b["held_out"][0] for a, b in both]
                error = (
                    np.std(gains, ddof=1) / np.sqrt(len(gains))
                    if len(gains) > 1
                    else np.nan
                )
                same = sum(a["scores"] == b["scores"] for a, b in both)
                print(
                    f"{ablation:<12}{task:<18}{len(both):>6}{ratio:>11.3f}{np.mean(gains):>+10.4f}"
                    f"{error:>11.4f}  {same} of {len(both)}"
                )


# ---- plot ----------------------------------------------------------------------------


def plot_race(found, path):
    """Plot the held-out score of the incumbents over the CPU time, a panel a task."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    n_columns = min(3, len(found))
    n_rows = -(-len(found) // n_columns)
    fig, axes = plt.subplots(
        n_rows,
        n_columns,
        figsize=(4.6 * n_columns, 3.2 * n_rows + 0.9),
        squeeze=False,
        layout="constrained",
    )
    for ax, (task, by_seed) in zip(axes.flat, found.items(), strict=False):
        _plot_task(ax, by_seed)
        ax.set_title(task)
    for ax in axes.flat[len(found) :]:
        ax.axis("off")
    handles = {}
    for ax in axes.flat:
        handles.update(zip(*reversed(ax.get_legend_handles_labels()), strict=True))
    fig.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5)
    for ax in axes[-1]:
        ax.set_xlabel(f"CPU time / that of {RANDOM}")
    fig.supylabel(f"held-out score - that of {RANDOM}, mean of seeds")
    fig.savefig(path, dpi=110)
    print(f"The plot is {path}.")


def _plot_task(ax, by_seed):
    shown = []
    grid = np.logspace(-3, np.log10(1.3), 300)
    for i, name in enumerate([*OURS, RANDOM]):
        both = [(a, b) for a, b in pairs(by_seed, name, RANDOM) if "error" not in a]
        if not both:
            continue
        mean = np.mean([_steps(a, b, grid) for a, b in both], axis=0)
        end = np.mean([a["cpu"] / b["cpu"] for a, b in both])
        mean[grid > end] = np.nan
        ax.plot(grid, mean, color=f"C{i}", label=name, drawstyle="steps-post")
        gain = np.mean([a["held_out"][0] - b["held_out"][0] for a, b in both])
        ax.plot(end, gain, "o", color=f"C{i}", markersize=5)
        shown.append(gain)
    for marker, name in zip(
        "osDv^*",
        [
            *("HalvingRandomSearchCV(81)", "HalvingRandomSearchCV(81, exhaust)"),
            *("OptunaSearchCV(40)", "BayesSearchCV(40)"),
            *("RandomizedSearchCV(12)", "defaults"),
        ],
        strict=True,
    ):
        both = [(a, b) for a, b in pairs(by_seed, name, RANDOM) if "error" not in a]
        if both:
            x = np.mean([a["cpu"] / b["cpu"] for a, b in both])
            gain = np.mean([a["held_out"][0] - b["held_out"][0] for a, b in both])
            ax.plot(x, gain, marker, color="0.35", markersize=6, label=name)
            shown.append(gain)
    ax.axhline(0, color="0.8", zorder=0)
    ax.axvline(1 / 12, color="0.8", linestyle=":", zorder=0)
    ax.set_xscale("log")
    # The first incumbents may be anything; what matters is the end.
    low, high = np.percentile(shown, 15), max(0.0, *shown)
    height = max(high - low, 0.004)
    ax.set_ylim(low - 0.6 * height, high + 0.3 * height)


def _steps(record, other, grid):
    """Return the incumbent's held-out difference at shares of the other's CPU time."""
    values = np.full(len(grid), np.nan)
    for at, _, scores in record["curve"]:
        values[grid >= at / other["cpu"]] = scores[0] - other["held_out"][0]
    return values
