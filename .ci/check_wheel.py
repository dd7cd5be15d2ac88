"""Check that what `make wheel` has built holds what the checkout does, and no more.

The wheel, which is installed, has the package. The source distribution also has the
tests, the documentation and all that they need.
"""

import subprocess
import sys
import tarfile
from importlib.metadata import files, version
from pathlib import Path

import sklearn_automl

ROOT = Path(__file__).parent.parent
# What only a checkout needs.
NOT_IN_SOURCES = (".github/", ".gitignore", ".pre-commit-config.yaml", ".editorconfig")
IS_OURS = {".json", ".py", ".typed"}
# pip notes things of its own beside the package.
installed = {
    file.as_posix()
    for file in files("sklearn-automl")
    if file.suffix in IS_OURS and file.parts[0] == "sklearn_automl"
}
checkout = {
    file.relative_to(ROOT).as_posix()
    for file in (ROOT / "sklearn_automl").rglob("*")
    if file.suffix in IS_OURS
}

if Path(sklearn_automl.__file__).is_relative_to(ROOT / "sklearn_automl"):
    sys.exit("sklearn_automl was imported from the checkout, not from the wheel")
if installed != checkout:
    sys.exit(f"The wheel and the checkout differ in {sorted(installed ^ checkout)}")
if version("sklearn-automl") != sklearn_automl.__version__:
    sys.exit("The wheel's version is not sklearn_automl.__version__")

tracked = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
)
wanted = {n for n in tracked.stdout.splitlines() if not n.startswith(NOT_IN_SOURCES)}
(archive,) = (ROOT / "dist").glob("*.tar.gz")
with tarfile.open(archive) as sources:
    packed = {name.partition("/")[2] for name in sources.getnames()}
if missing := wanted - packed:
    sys.exit(f"The source distribution lacks {sorted(missing)}")
print(f"The wheel {sklearn_automl.__version__} has all {len(installed)} files")
print(f"The source distribution has all {len(wanted)} files")
