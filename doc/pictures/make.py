"""Draw the pictures of the user guide that no example of the gallery draws.

python doc/pictures/make.py             all of them, in some minutes
python doc/pictures/make.py hyperband   one

Each function draws the picture of its name, from a run or a plan of a real search. The
files lie beside this one and are committed, so that a build of the pages draws nothing.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from joblib import parallel_config
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from PIL import Image
from scipy.stats import loguniform, randint, uniform
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import sklearn_automl
from sklearn_automl.inspection import TimelineDisplay
from sklearn_automl.nas import (
    CellSpace,
    ChainSpace,
    MultiBranchSpace,
    plot_architecture,
)

FOLDER = Path(__file__).parent
# As in sklearn_automl.inspection: colours that colour-blind readers tell apart.
BLUE, ORANGE, RED, GREY = "#0072B2", "#E69F00", "#D55E00", "0.8"
# A phone shows a picture at half of this size: larger letters than on a screen alone.
STYLE = {"font.size": 12, "axes.titlesize": 12, "figure.dpi": 150}
COLUMNS = ["n_candidates", "n_resources", "n_folds"]  # of a plan
# Two parameters with a good region that is easy to see.
SVC_SPACE = {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-6, 1e-1)}


def canvas(height, n_panels=1, **options):
    """Return a figure as wide as a page of the guide, and its axes."""
    return plt.subplots(
        1, n_panels, figsize=(6.4, height), layout="constrained", **options
    )


def bare(ax):
    """Leave the data only: neither a frame nor ticks."""
    ax.spines[:].set_visible(False)
    ax.set(xticks=[], yticks=[])


def dots_of_svc(ax, table, scores):
    """Draw configurations of ``SVC_SPACE`` as dots, coloured by their scores."""
    dots = ax.scatter(
        table["param_C"].astype(float),
        table["param_gamma"].astype(float),
        c=scores,
        cmap="cividis",
        vmin=0.1,
        vmax=1,
        s=60,
        edgecolors="0.3",
        linewidths=0.6,
    )
    ax.set(xscale="log", yscale="log", xlabel="C")
    ax.set(xlim=(5e-3, 2e3), ylim=(5e-7, 2e-1))
    ax.spines[["top", "right"]].set_visible(False)
    return dots


def in_threads(search, X, y, n_jobs=2):
    """Fit with workers that are threads."""
    with parallel_config(backend="threading", n_jobs=n_jobs):
        return search.fit(X, y)


def getting_started():
    """Draw which share of each fold 25 configurations are fitted on."""
    search = sklearn_automl.SuccessiveHalvingSearchCV(
        SVC(), {"C": range(1, 6), "gamma": range(1, 6)}, sampler="grid", cv=5
    )
    plan = search.plan(1797, np.arange(1797) % 10)
    fig, axes = plt.subplots(2, figsize=(6.4, 3.6), layout="constrained")
    n, n_folds, most = plan["n_candidates"][0], 5, plan["n_resources"][-1]
    shares, cost, n_done = np.zeros((n, n_folds)), 0, 0
    for row in zip(*(plan[name] for name in COLUMNS), strict=True):
        n_candidates, amount, folds = row
        shares[:n_candidates, :folds] = amount / most
        cost += n_candidates * amount * (folds - n_done)
        n_done = folds if amount == most else 0  # these are not run again
    cost /= most * shares.size
    panels = {
        "GridSearchCV": np.ones_like(shares),
        f"SuccessiveHalvingSearchCV: {cost:.0%} of these rows": shares,
    }
    for ax, (name, filled) in zip(axes, panels.items(), strict=True):
        for (x, fold), share in np.ndenumerate(filled):
            ax.bar(x, 0.86, 0.86, fold, color="0.93")
            ax.bar(x, 0.86 * share, 0.86, fold, color=BLUE)
        bare(ax)
        ax.set_yticks(np.arange(n_folds) + 0.43, range(1, n_folds + 1))
        ax.tick_params(length=0)
        ax.margins(x=0.01)
        ax.set_ylabel("fold")
        ax.set_title(name, loc="left")
    axes[1].set_xlabel("configurations, the best at the left")
    return fig


def successive_halving():
    """Draw every evaluation of a search as a square, rung above rung."""
    X, y = load_digits(return_X_y=True)
    search = sklearn_automl.SuccessiveHalvingSearchCV(
        SVC(), SVC_SPACE, n_iter=27, random_state=0
    ).fit(X, y)
    table = search.to_frame()
    fig, ax = canvas(3.6)
    top = table["rung"].max()
    for rung, rows in table.groupby("rung"):
        scores = np.sort(rows["mean_test_score"])[::-1]
        n_up = (table["rung"] == rung + 1).sum()
        colors = [BLUE if i < n_up else GREY for i in range(len(scores))]
        colors = [ORANGE] if rung == top else colors
        ax.scatter(np.arange(len(scores)), [rung] * len(scores), 40, colors, "s")
        n_rows, n_folds = rows[["n_resources", "n_folds"]].iloc[0]
        ax.text(
            *(-1, rung, f"{n_rows:,} rows\n{n_folds} fold{'s' if n_folds > 1 else ''}"),
            ha="right",
            va="center",
        )
        ax.text(len(scores), rung, f"{len(scores)}, best {scores[0]:.3f}", va="center")
    ax.set(xlim=(-7, 35), ylim=(-0.6, top + 0.6))
    bare(ax)
    kinds = {"goes up": BLUE, "stopped": GREY, "winner": ORANGE}
    handles = [Patch(color=color, label=label) for label, color in kinds.items()]
    ax.legend(handles=handles, loc="center right", frameon=False)
    ax.set_title("A square is a configuration, the best at the left", loc="left")
    return fig


def hyperband():
    """Draw the plan of the page's forest: brackets side by side."""
    search = sklearn_automl.HyperbandSearchCV(
        RandomForestClassifier(n_estimators=81),
        {"max_depth": randint(2, 30), "max_features": uniform(0.1, 0.9)},
        resource="n_estimators",
    )
    plan = search.plan(n_samples=1000)
    n_brackets = len(np.unique(plan["bracket"]))
    fig, axes = canvas(4.0, n_brackets, sharey=True)
    costs = plan["n_resources"] * plan["n_folds"]
    levels = sorted(set(costs))
    names = {
        cost: f"{n} trees\n{k} fold{'s' if k > 1 else ''}"
        for cost, n, k in zip(costs, plan["n_resources"], plan["n_folds"], strict=True)
    }
    for bracket, ax in enumerate(axes):
        mine = plan["bracket"] == bracket
        for n, cost in zip(plan["n_candidates"][mine], costs[mine], strict=True):
            height = levels.index(cost)
            color = mpl.colormaps["cividis_r"](0.1 + 0.8 * height / len(levels))
            text = "white" if height > 1 else "black"
            ax.barh(height, np.sqrt(n), 0.8, left=-np.sqrt(n) / 2, color=color)
            ax.text(0, height + 0.02, n, ha="center", va="center", color=text)
        bare(ax)
        ax.tick_params(length=0)
        ax.set(title=f"bracket {bracket}", xlim=(-4.8, 4.8))
        total = (plan["n_candidates"] * costs)[mine].sum()
        ax.set_xlabel(f"{total:,}\ntrees")
    axes[0].set_yticks(range(len(levels)), [names[level] for level in levels])
    fig.suptitle("How many configurations get how much", fontsize=13)
    return fig


class Sleeper(BaseEstimator):
    """Sleep instead of computing, so that four workers fit on any machine."""

    def __init__(self, quality=0.5, size=0.5, n_units=27):
        self.quality = quality
        self.size = size
        self.n_units = n_units

    def fit(self, X, y=None):  # noqa: ARG002
        """Take longer for more units, and up to six times as long for a large size."""
        time.sleep(self.n_units * 0.012 * 6 ** (self.size**4))
        return self

    def score(self, X, y=None):  # noqa: ARG002
        """Return the quality, with noise that becomes less with more units."""
        rng = np.random.default_rng(int(self.quality * 1e6) + self.n_units)
        return self.quality + rng.normal() / 5 / self.n_units


def asha():
    """Draw what four workers do in both searches."""
    common = {
        "param_distributions": {"quality": uniform(), "size": uniform()},
        "n_iter": 81,
        "resource": "n_units",
        "min_resources": 1,
        "cv": [([0], [0])],
        "refit": False,
        "random_state": 2,
    }
    fig, axes = plt.subplots(2, figsize=(6.4, 4.6), sharex=True, layout="constrained")
    for ax, name in zip(axes, ["SuccessiveHalving", "ASHA"], strict=True):
        search = getattr(sklearn_automl, f"{name}SearchCV")(Sleeper(), **common)
        in_threads(search, [[0]], None, n_jobs=4)
        display = TimelineDisplay.from_search(search, ax=ax, color="resource")
        share = ax.get_title(loc="left").split("idle for ")[-1]
        ax.get_legend().remove()
        ax.set_title("")
        ax.set_title(f"{name}SearchCV: workers idle for {share}", loc="left")
        ax.set(xlabel="", ylabel="worker")
        table = search.to_frame()
        full = table[table["n_resources"] == 27]
        ax.axvline(full["end_time"].min() - table["start_time"].min(), color=RED, lw=2)
    bars = [bar for bar in display.ax_.patches if bar.get_width()]
    colors = list(dict.fromkeys(bar.get_facecolor() for bar in bars))
    labels = ["1 unit", *(f"{n} units" for n in (3, 9, 27))]
    handles = [Patch(color=c, label=t) for c, t in zip(colors, labels, strict=False)]
    handles.append(Line2D([], [], color=RED, lw=2, label="first full result"))
    options = {"ncols": 5, "frameon": False, "fontsize": 10, "columnspacing": 1}
    fig.legend(handles=handles, loc="outside lower center", handlelength=1, **options)
    axes[1].set_xlabel("seconds since the search began")
    return fig


def learning_curves():
    """Draw which curves were stopped, and where."""
    X, y = load_breast_cancer(return_X_y=True)
    search = sklearn_automl.LearningCurveSearchCV(
        GradientBoostingClassifier(n_estimators=60, random_state=0),
        {"learning_rate": loguniform(1e-4, 1), "max_depth": randint(1, 4)},
        resource="n_estimators",
        scoring="neg_log_loss",
        n_iter=16,
        cv=3,
        random_state=3,
    )
    table = search.fit(X, y).to_frame()
    table = table[table["n_folds"] == 1]
    fig, ax = canvas(3.6)
    full = table[table["n_resources"] == table["n_resources"].max()]
    best = full.loc[full["mean_test_score"].idxmax(), "trial_id"]
    n_full = full["trial_id"].nunique()
    kinds = {
        "stopped": ("0.55", 1.2, table["trial_id"].nunique() - n_full),
        "ran in full": (BLUE, 1.6, n_full - 1),
        "the best": (ORANGE, 3, 1),
    }
    for trial, rows in table.groupby("trial_id"):
        in_full = trial in set(full["trial_id"])
        kind = "the best" if trial == best else "ran in full" if in_full else "stopped"
        color, width, _ = kinds[kind]
        steps, losses = rows["n_resources"], -rows["mean_test_score"]
        ax.plot(steps, losses, color=color, lw=width, zorder=width)
        if kind == "stopped":
            ax.plot(steps.iloc[-1], losses.iloc[-1], "x", color=RED, mew=2, zorder=4)
    for kind, (color, width, n) in kinds.items():
        mark = {"marker": "x", "mec": RED, "mew": 2} if kind == "stopped" else {}
        ax.plot([], [], color=color, lw=width, label=f"{kind} ({n})", **mark)
    ax.legend(frameon=False, fontsize=11)
    ax.set(xscale="log", yscale="log", xlabel="trees", ylabel="log loss")
    ax.set_xticks([1, 3, 10, 30, 60], [1, 3, 10, 30, 60])
    ax.set_yticks([0.1, 0.2, 0.5], [0.1, 0.2, 0.5])
    ax.minorticks_off()
    ax.spines[["top", "right"]].set_visible(False)
    return fig


def resources():
    """Draw how much of each fold the rungs get, with three resources."""
    kinds = {"n_samples": "rows", "n_folds": "rows", "n_estimators": "trees"}
    fig, axes = canvas(4.0, len(kinds))
    for ax, (resource, unit) in zip(axes, kinds.items(), strict=True):
        search = sklearn_automl.SuccessiveHalvingSearchCV(
            RandomForestClassifier(), {"max_depth": randint(2, 100)}, resource=resource
        )
        plan = search.plan(10_000)
        rungs = list(zip(*(plan[k] for k in COLUMNS), strict=True))
        for rung, (n_candidates, amount, n_folds) in enumerate(rungs):
            share = 1 if resource == "n_folds" else amount / rungs[-1][1]
            for fold in range(5):
                ax.bar(fold, 0.72, 0.86, rung, color="0.93", align="center")
                if fold < n_folds:
                    ax.bar(fold, 0.72 * share, 0.86, rung, color=BLUE)
            amount = 8000 if resource == "n_folds" else amount
            text = f"{n_candidates} x {amount:,} {unit}"
            ax.text(-0.45, rung + 0.74, text, fontsize=11, va="bottom")
        ax.set(ylim=(0, 4.1), title=f'"{resource}"')
        bare(ax)
        ax.set_xticks(range(5), range(1, 6))
        ax.tick_params(length=0)
        ax.set_xlabel("fold")
    axes[0].set_ylabel("rungs, from the lowest")
    return fig


def bohb():
    """Draw where the configurations lie that the brackets begin with."""
    X, y = load_digits(return_X_y=True)
    search = sklearn_automl.BOHBSearchCV(
        SVC(), SVC_SPACE, n_iterations=2, cv=3, random_state=0
    )
    table = search.fit(X[:800], y[:800]).to_frame()
    fig, axes = canvas(3.4, 2, sharex=True, sharey=True)
    first = table.sort_values("n_resources").drop_duplicates("trial_id")
    last = table.drop_duplicates("trial_id", keep="last")
    scores = last.set_index("trial_id")["mean_test_score"]
    panels = {
        "first bracket: at random": first["bracket"] == 0,
        "later brackets: the model": first["bracket"] > 0,
    }
    for ax, (title, chosen) in zip(axes, panels.items(), strict=True):
        rows = first[chosen]
        dots = dots_of_svc(ax, rows, scores.loc[rows["trial_id"]])
        ax.set_title(title)
    axes[0].set_ylabel("gamma")
    fig.colorbar(dots, ax=axes, label="accuracy, last rung")
    return fig


def bayesian():
    """Draw in which order random search and the model try configurations."""
    X, y = load_digits(return_X_y=True)
    fig, axes = canvas(3.5, 2, sharex=True, sharey=True)
    for ax, name in zip(axes, ["random", "gp"], strict=True):
        common = {"n_iter": 30, "cv": 3, "random_state": 1}
        if name == "gp":
            search = sklearn_automl.BayesianSearchCV(SVC(), SVC_SPACE, **common)
        else:
            search = RandomizedSearchCV(SVC(), SVC_SPACE, **common)
        table = search.fit(X[:700], y[:700]).cv_results_
        dots = dots_of_svc(ax, table, table["mean_test_score"])
        good = (table["mean_test_score"] > 0.9).sum()
        title = {"random": "random search", "gp": "Bayesian"}[name]
        ax.set_title(f"{title}: {good} of 30\nabove 0.9")
    axes[0].set_ylabel("gamma")
    fig.colorbar(dots, ax=axes, label="accuracy")
    return fig


def continuation():
    """Draw what the trees of one winner cost with and without continuing."""
    search = sklearn_automl.SuccessiveHalvingSearchCV(
        RandomForestClassifier(n_estimators=90),
        {"max_depth": randint(2, 100)},
        resource="n_estimators",
        folds="all",
        n_iter=9,
    )
    amounts = search.plan(1000)["n_resources"].tolist()
    fig, ax = canvas(2.3)
    shades = ["#56B4E9", BLUE, "#003f63"]
    for y, continued in enumerate([True, False]):
        left = 0
        for amount, before, color in zip(
            amounts, [0, *amounts[:-1]], shades, strict=True
        ):
            new = amount - before if continued else amount
            ax.barh(y, new, 0.6, left=left, color=color, edgecolor="white")
            text = f"+{new}" if continued and before else str(new)
            ax.text(left + new / 2, y, text, ha="center", va="center", color="white")
            left += new
        ax.text(left + 1, y, f"{left} trees", va="center")
    ax.set_yticks([0, 1], ["continued", "from\nscratch"])
    ax.set(xlim=(0, 1.25 * sum(amounts)), xticks=[])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    labels = [f"rung {i}: {n} trees" for i, n in enumerate(amounts)]
    handles = [Patch(color=c, label=t) for c, t in zip(shades, labels, strict=True)]
    fig.legend(
        handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=11
    )
    return fig


def grid_search():
    """Draw which folds of which candidates a race ran."""
    X, y = load_digits(return_X_y=True)
    grid = {"C": [0.1, 1, 10, 100], "gamma": np.logspace(-5, -1, 5)}
    search = sklearn_automl.GridSearchCV(SVC(), grid, cv=5).fit(X[:800], y[:800])
    results = search.cv_results_
    scores = np.array([results[f"split{k}_test_score"] for k in range(5)]).T
    order = np.argsort(np.isfinite(scores).sum(axis=1), kind="stable")
    scores = np.ma.masked_invalid(scores[order])
    colors = mpl.colormaps["cividis"].with_extremes(bad="0.94")
    fig, ax = canvas(3.0)
    image = ax.pcolormesh(scores.T, cmap=colors, edgecolors="white", lw=2)
    n_run = scores.count()
    ax.set_title(f"{n_run} of {scores.size} fits were run", loc="left")
    ax.set(xlabel="candidates of the grid", ylabel="fold", xticks=[])
    ax.set_yticks(np.arange(5) + 0.5, range(1, 6))
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    fig.colorbar(image, label="accuracy")
    return fig


def search_spaces():
    """Draw what a list and two distributions propose for one parameter."""
    kinds = {
        "a list": [0.01, 0.1, 1, 10, 100],
        "uniform": uniform(0.01, 100),
        "loguniform": loguniform(0.01, 100),
    }
    fig, ax = canvas(2.4)
    for row, values in enumerate(kinds.values()):
        if not isinstance(values, list):
            values = values.rvs(40, random_state=0)
        ax.scatter(values, np.full(len(values), -row), 60, BLUE, alpha=0.5, lw=0)
    ax.set_yticks([0, -1, -2], kinds)
    ax.set(xscale="log", xlabel="values of C", ylim=(-2.6, 0.6))
    ax.set_xticks([0.01, 0.1, 1, 10, 100], [0.01, 0.1, 1, 10, 100])
    ax.minorticks_off()
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    return fig


def history():
    """Draw the mean best score so far with and without earlier searches."""
    X, y = load_wine(return_X_y=True)
    kinds = {"with a history": (BLUE, "-"), "without": (RED, "--")}
    curves = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        past = Path(folder, "past.db")
        for load in (load_breast_cancer, load_digits, load_iris):
            old_X, old_y = load(return_X_y=True)
            search_scaled_svc(0, 30, history=past).fit(old_X[:300], old_y[:300])
        for seed in range(1, 21):
            copy = shutil.copy(past, f"{folder}/{seed}.db")  # a search would add to it
            for kind, path in zip(kinds, (copy, None), strict=True):
                search = search_scaled_svc(seed, 20, history=path).fit(X, y)
                scores = search.cv_results_["mean_test_score"]
                curves[kind].append(np.maximum.accumulate(scores))
    fig, ax = canvas(3.2)
    for kind, (color, line) in kinds.items():
        mean = np.mean(curves[kind], axis=0)
        steps = range(1, len(mean) + 1)
        ax.plot(steps, mean, line, color=color, lw=2.5, label=kind)
    ax.legend(loc="lower right", frameon=False)
    ax.set(xlabel="configurations that were tried", ylabel="best accuracy so far")
    ax.set_xticks([1, 5, 10, 15, 20])
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="0.9")
    return fig


def search_scaled_svc(seed, n_iter, **options):
    """Return a random search of the pipeline of the page on histories."""
    return sklearn_automl.ASHASearchCV(
        make_pipeline(StandardScaler(), SVC()),
        {"svc__C": loguniform(1e-3, 1e4), "svc__gamma": loguniform(1e-6, 1e2)},
        resource=None,
        cv=3,
        n_iter=n_iter,
        random_state=seed,
        refit=False,
        **options,
    )


def early_stopping():
    """Draw where boosting stops that looks at rows which it is not fitted on."""
    X, y = load_breast_cancer(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(y))
    parts = {"rows it is fitted on": rows[114:], "rows set aside": rows[:114]}
    n_trees, patience = 100, 5
    model = GradientBoostingClassifier(
        learning_rate=0.35, n_estimators=n_trees, random_state=0
    ).fit(X[rows[114:]], y[rows[114:]])
    fig, ax = canvas(3.2)
    for (name, part), color in zip(parts.items(), ["0.55", BLUE], strict=True):
        losses = [
            log_loss(y[part], proba) for proba in model.staged_predict_proba(X[part])
        ]
        ax.plot(range(1, n_trees + 1), losses, color=color, lw=2, label=name)
    waits = (n - 1 - np.argmin(losses[:n]) for n in range(1, n_trees + 1))
    end = next(n for n, wait in enumerate(waits, 1) if wait == patience)
    best = end - patience
    ax.plot(best, losses[best - 1], "*", color=ORANGE, ms=16, mec="black", zorder=5)
    ax.annotate(
        *(f"best: {best} trees", (best, losses[best - 1])),
        xytext=(best + 8, losses[best - 1] + 0.08),
        arrowprops={"arrowstyle": "-", "color": "0.4"},
    )
    ax.axvline(end, color=RED, ls="--", label=f"stops: no better for {patience} trees")
    ax.axvspan(end, n_trees, color="0.95", zorder=0)
    ax.legend(frameon=False)
    ax.set(xlabel="trees", ylabel="log loss", xlim=(0, n_trees), ylim=(0, None))
    ax.spines[["top", "right"]].set_visible(False)
    return fig


def nas():
    """Draw accuracy against size of the architectures of a search."""
    X, y = load_digits(return_X_y=True)
    search = sklearn_automl.NASClassifier(
        strategy="random", n_trials=24, max_epochs=10, batch_size=64, random_state=0
    ).fit(X[:900] / 16, y[:900])
    fig, ax = canvas(3.6)
    search.plot("architectures", ax=ax)
    ax.set_ylabel("validation accuracy")
    return fig


def nas_spaces():
    """Draw an architecture that each space can propose for images of 8 x 8."""
    short = {"kernels": [3], "activations": ["relu"], "dropouts": [0.0]}
    spaces = {
        '"chain"': ChainSpace(n_layers=(3, 3), widths=[16, 32], **short),
        '"multi_branch"': MultiBranchSpace(n_layers=(4, 4), widths=[16], **short),
        '"cell"': CellSpace(n_nodes=2, n_cells=1, width=8),
    }
    fig = plt.figure(figsize=(7.2, 4.6), layout="constrained")
    axes = fig.subplots(1, 3, width_ratios=[1, 1.6, 2.8])
    for ax, (name, space), seed in zip(axes, spaces.items(), [3, 1, 1], strict=True):
        space = space.bind((1, 8, 8))
        config = space.decisions.sample(np.random.default_rng(seed))
        plot_architecture(space.architecture(config), ax=ax)
        ax.set_title(name)
    return fig


def nas_strategies():
    """Draw a parent and two children, each of which differs in one step."""
    space = ChainSpace(
        n_layers=(2, 4), kernels=[3, 5], activations=["relu"], dropouts=[0.0]
    ).bind((1, 8, 8))
    rng = np.random.default_rng(3)
    parent = space.decisions.sample(rng)
    children = [space.mutate(parent, rng) for _ in range(100)]
    longer = next(c for c in children if c["n_layers"] > parent["n_layers"])
    equal = [c for c in children if c["n_layers"] == parent["n_layers"]]
    operation = "layer_1_operation"
    other = next(c for c in equal if c[operation] != parent[operation])
    panels = {"parent": parent, "child: one more layer": longer}
    panels["child: another operation"] = other
    fig, axes = canvas(4.6, 3)
    for ax, (name, config) in zip(axes, panels.items(), strict=True):
        plot_architecture(space.architecture(config), ax=ax)
        ax.set_title(name, fontsize=11)
    return fig


def portfolio():
    """Draw the table of the page on portfolios."""
    page = (FOLDER.parent / "user_guide" / "history.rst").read_text(encoding="utf-8")
    rows = [
        [cell.strip().removeprefix("-").strip() for cell in row.splitlines()]
        for row in page.split("   * - estimator")[1].split("   * - ")[1:]
    ]
    # Of each row: its name, the number of tables, the portfolio, as many random ones.
    values = {name: (float(p), float(r)) for name, _, p, r, *_ in rows}
    fig, ax = canvas(5.2)
    names = sorted(values, key=lambda name: values[name])
    for y, name in enumerate(names):
        ax.plot(values[name], [y, y], color=GREY, lw=3, zorder=1)
    good, bad = zip(*(values[name] for name in names), strict=True)
    ax.scatter(good, range(len(names)), 70, BLUE, label="4 of the portfolio")
    ax.scatter(bad, range(len(names)), 70, ORANGE, "D", label="4 random ones")
    ax.set_yticks(range(len(names)), names, fontsize=10)
    ax.set_xlabel("regret: 0 is the best random one, 1 the median one")
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    fig.legend(loc="outside upper center", ncols=2, frameon=False)
    return fig


PICTURES = [
    getting_started,
    *(successive_halving, hyperband, asha, learning_curves, resources, bohb),
    *(bayesian, continuation, grid_search, search_spaces, history, early_stopping, nas),
    nas_spaces,
    nas_strategies,
    portfolio,
]


def save(fig, path):
    """Write a picture with few colours, which needs a third of the bytes."""
    fig.savefig(path)
    with Image.open(path) as image:
        small = image.convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def main(*names):
    """Draw the pictures that are named, or all."""
    for draw in PICTURES:
        if not names or draw.__name__ in names:
            with mpl.rc_context(STYLE):
                fig = draw()
            save(fig, FOLDER / f"{draw.__name__}.png")
            plt.close(fig)


if __name__ == "__main__":
    main(*sys.argv[1:])
