"""Make the portfolios that the package ships."""
import argparse
from pathlib import Path
import sys
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from portfolio_runs import Runs
def main():
    p = argparse.ArgumentParser()
    p.add_argument("--runs", type=Path, default=Path(__file__).with_name("results") / "portfolios.jsonl")
    p.add_argument("--n-each", type=int, default=50)
    p.add_argument("--cpu-seconds", type=float, default=5400)
    a = p.parse_args()
    a.runs.parent.mkdir(exist_ok=True)
    Runs(a.runs).fill(a.n_each, a.cpu_seconds)
if __name__ == "__main__":
    main()
