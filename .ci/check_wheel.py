"""Check that the installed wheel holds what the checkout does, and no more."""

import sys
from importlib.metadata import files, version
from pathlib import Path

import sklearn_automl

ROOT = Path(__file__).parent.parent
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
print(f"The wheel {sklearn_automl.__version__} has all {len(installed)} files")
