"""Check that constraints-oldest.txt pins the very minimums of pyproject.toml."""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
# These extras are for those who work on the package: any recent version will do.
FOR_DEVELOPERS = {"doc", "test-core", "test-oldest", "test", "dev"}
# pyproject.toml says how its minimum was found instead.
NOT_TESTED = {"torch"}

project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
pins = dict(
    line.split("==")
    for line in (ROOT / "constraints-oldest.txt").read_text().splitlines()
    if "==" in line
)
requirements = list(project["dependencies"])
for extra, its_requirements in project["optional-dependencies"].items():
    if extra not in FOR_DEVELOPERS:
        requirements += its_requirements

wrong, n_right = [], 0
for requirement in requirements:
    name, minimum = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()
    if name in NOT_TESTED:
        continue
    if pins.get(name) == minimum:
        n_right += 1
    else:
        wrong.append(f"{requirement} in pyproject.toml, but {name}=={pins.get(name)}")
if wrong:
    sys.exit("\n".join(wrong) + " in constraints-oldest.txt")
print(f"constraints-oldest.txt pins the {n_right} minimums of pyproject.toml")
