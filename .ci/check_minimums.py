"""Check that constraints-oldest.txt pins the very minimums of pyproject.toml.

Extras of which it pins nothing are not tested on their oldest versions.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTED_EXTRAS = ["pandas", "plot", "progress"]

project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
pins = dict(
    line.split("==")
    for line in (ROOT / "constraints-oldest.txt").read_text().splitlines()
    if "==" in line
)
requirements = list(project["dependencies"])
for extra in TESTED_EXTRAS:
    requirements += project["optional-dependencies"][extra]

wrong = []
for requirement in requirements:
    name, minimum = re.fullmatch(r"([\w-]+)>=([\d.]+)", requirement).groups()
    if pins.get(name) != minimum:
        wrong.append(f"{requirement} in pyproject.toml, but {name}=={pins.get(name)}")
if wrong:
    sys.exit("\n".join(wrong) + " in constraints-oldest.txt")
print(f"constraints-oldest.txt pins the {len(requirements)} minimums of pyproject.toml")
