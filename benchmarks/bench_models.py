"""Which model proposes best: searches of ours and of others on the same problems.

The parts are

lcbench
    Multi-fidelity searches on a surrogate of the training of neural networks.
counting-ones, hartmann6
    The same on two synthetic problems: what a search saves against random search.
full
    Searches that evaluate everything with all of the resource, on the surrogate.
xgboost
    The same on real evaluations of XGBoost: six data sets of 5,000 configurations.
mixed
    The same where half of the hyperparameters are lists: counting-ones with 8, 16 and
    32 hyperparameters, all draws at once.
many
    As "full", with 500 evaluations.
speed
    What one proposal takes.

Runs are remembered in the folder ``--results``, so that they can be done in pieces; to
have a method run again, delete its file there. The tables are made of what is there.

The surrogate is LCBench's of YAHPO Gym (``config_space.json``, ``encoding.json`` and
``model.onnx`` of the folder ``lcbench`` in https://github.com/slds-lmu/yahpo_data),
whose folder is given by ``--data`` or SKLEARN_AUTOML_BENCHMARK_DATA. The table of
XGBoost is that of Salinas, Shen and Perrone (ICML 2020), as the file
``xgboost_quantile.npz`` that ``--xgboost`` names. Install
``benchmarks/models/requirements.txt`` and run, from the root of the repository,
``OMP_NUM_THREADS=1 python benchmarks/bench_models.py``, with the names of some parts or
with none for all.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

# Not a package that is installed; run as a script, only this folder is on the path.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.models import ours, peers, speed
from benchmarks.models.problems import (
    LCBENCH_TASKS,
    CountingOnes,
    Hartmann6,
    LCBench,
    Problem,
)
from benchmarks.models.report import OFFSET, Regrets, plot
from benchmarks.models.run import Method, Results, drive, run_missing
from benchmarks.models.tables import (
    TABLE_ABLATION,
    TABLE_METHODS,
    XGBOOST_TASKS,
    XGBoostTable,
)

DATA_VARIABLE = "SKLEARN_AUTOML_BENCHMARK_DATA"

#: Full trainings after which the searches are compared; the last one is the budget.
BUDGETS = {
    "lcbench": (20, 60),
    "counting-ones": (20, 60),
    "hartmann6": (20, 60),
    "full": (20, 50, 75, 100),
    "xgboost": (20, 50, 75, 100),
    "mixed": (20, 50, 100),
    "many": (100, 200, 500),
}

FULL_FIDELITY_PARTS = ("full", "xgboost", "mixed", "many")

SYNTHETIC = ("counting-ones", "hartmann6")

# There random search goes on for longer, to see where it gets to what others have.
LONG_RANDOM = 480


def parse() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "parts", nargs="*", metavar="part", help="all if none", type=_part
    )
    parser.add_argument("--data", type=Path, default=os.environ.get(DATA_VARIABLE))
    parser.add_argument(
        "--xgboost", type=Path, default=Path("xgboost_quantile.npz"), metavar="FILE"
    )
    parser.add_argument(
        "--results", type=Path, default=Path(__file__).with_name("results")
    )
    parser.add_argument("--methods", nargs="*", metavar="NAME", help="run some only")
    parser.add_argument("--seeds", default="20", help="a number, or from-to")
    parser.add_argument("--tasks", nargs="*", default=LCBENCH_TASKS)
    parser.add_argument("--ablation", action="store_true", help="variants as well")
    parser.add_argument("--table", action="store_true", help="run nothing")
    parser.add_argument("--list", action="store_true", help="print the methods' names")
    return parser.parse_args()


def _part(name: str) -> str:
    if name not in (*BUDGETS, "speed"):
        parts = ", ".join([*BUDGETS, "speed"])
        raise argparse.ArgumentTypeError(f"{name!r} is none of {parts}")
    return name


def methods_of(part: str, ablation: bool) -> dict[str, Method]:
    """Return the methods of a part by name."""
    if part == "xgboost":
        return TABLE_METHODS | (TABLE_ABLATION if ablation else {})
    own, others = ours.METHODS, peers.PEERS
    if part in ("full", "mixed", "many"):
        own, others = ours.FULL_FIDELITY, peers.PEERS_FULL_FIDELITY
        if ablation:
            own = own | ours.FULL_FIDELITY_ABLATION
    elif ablation:
        own = own | ours.ABLATION
    return {name: drive(make) for name, make in own.items()} | others


def problems_of(part: str, arguments: argparse.Namespace) -> list[Problem]:
    """Return the problems of a part; exit if their data is not there."""
    if part == "counting-ones":
        return [CountingOnes()]
    if part == "mixed":
        return [CountingOnes(n) for n in (4, 8, 16)]
    if part == "hartmann6":
        return [Hartmann6(bias) for bias in (1, 2.5, 4)]
    if part == "xgboost":
        if not arguments.xgboost.exists():
            sys.exit(
                f"The part 'xgboost' needs the table of XGBoost, and there is no file "
                f"{arguments.xgboost}. Pass its path by --xgboost."
            )
        return [XGBoostTable(task, arguments.xgboost) for task in XGBOOST_TASKS]
    data = arguments.data and Path(arguments.data)
    if not data or not (data / "model.onnx").exists():
        sys.exit(
            f"The part {part!r} needs the surrogate of LCBench (model.onnx, "
            f"encoding.json), and {data or 'no folder'} was given. Pass its folder by "
            f"--data or {DATA_VARIABLE}; --help tells where it comes from."
        )
    if not find_spec("onnxruntime"):
        sys.exit(f"The part {part!r} needs onnxruntime: pip install onnxruntime.")
    return [LCBench(task, data) for task in arguments.tasks]


def optima_of(problems: Sequence[Problem], results: Results) -> dict[str, float]:
    """Return the lowest loss that is known of each problem."""
    path = results.folder / "best_of_random.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    optima = {}
    for problem in problems:
        if problem.optimum is not None:
            optima[problem.name] = problem.optimum
            continue
        if problem.name not in known:
            known[problem.name] = problem.best_of_random()
            path.write_text(json.dumps(known, indent=1))
        found = results.all_best(problem.name)
        optima[problem.name] = min(known[problem.name], found)
    return optima


def seeds_of(text: str) -> range:
    """Return the seeds of "20" (0 to 19) or "20-40" (20 to 39)."""
    start, _, stop = text.rpartition("-")
    return range(int(start or 0), int(stop))


def report(
    part: str, regrets: Regrets, problems: Sequence[Problem], results: Results
) -> None:
    """Print the tables of a part, and draw its plot."""
    references = ["HpBandSter", "Optuna"]
    if part in FULL_FIDELITY_PARTS:
        references = ["random", "gp"]
    for budget in BUDGETS[part]:
        print(f"\n### {part}: after {budget} full trainings\n")
        if len(problems) > 1:
            print(regrets.summary(budget, references) + "\n")
        if part in FULL_FIDELITY_PARTS:
            print(regrets.against(budget, [*peers.PEERS_FULL_FIDELITY]) + "\n")
        print("Median regrets:\n")
        print(regrets.by_problem(budget))
    print(f"\nRatios are geometric means of paired (regret + {OFFSET}).")
    if part in SYNTHETIC and "random" in regrets.methods:
        for n in (20, 60, LONG_RANDOM):
            print(f"\nBudget of {n} full trainings of random search over the budget")
            print("with which a method has the same median regret:\n")
            print(regrets.speed_up("random", n))
        for budget in BUDGETS[part]:
            print(f"\nFinal regret over random search's after {budget} trainings:\n")
            print(regrets.ratio_by_problem("random", budget))
    path = results.folder / f"bench_models_{part}.png"
    plot(regrets, problems, BUDGETS[part][-1], path)
    print(f"\nPlot: {path}")


def run_part(part: str, arguments: argparse.Namespace) -> None:
    """Run what is missing of a part, and print its tables."""
    methods = methods_of(part, arguments.ablation)
    chosen = {n: methods[n] for n in arguments.methods or methods if n in methods}
    problems = problems_of(part, arguments)
    results = Results(arguments.results, part)
    if not arguments.table:
        seeds = seeds_of(arguments.seeds)
        budget = BUDGETS[part][-1]
        if part in SYNTHETIC and "random" in chosen:
            random = {"random": chosen["random"]}
            run_missing(results, problems, random, seeds, LONG_RANDOM)
        run_missing(results, problems, chosen, seeds, budget)
    runs = results.load(methods)
    if runs:
        regrets = Regrets(runs, problems, optima_of(problems, results))
        report(part, regrets, problems, results)


def main() -> None:
    """Go through the parts."""
    arguments = parse()
    parts = arguments.parts or [*BUDGETS, "speed"]
    names = {part: [*methods_of(part, arguments.ablation)] for part in BUDGETS}
    if arguments.list:
        for part, methods in names.items():
            print(f"{part}: {', '.join(repr(m) for m in methods)}")
        return
    unknown = set(arguments.methods or ()) - set().union(*names.values())
    if unknown:
        sys.exit(f"Unknown methods {sorted(unknown)}; --list names what there is.")
    for part in parts:
        if part == "speed":
            speed.report()
        else:
            run_part(part, arguments)


if __name__ == "__main__":
    main()
