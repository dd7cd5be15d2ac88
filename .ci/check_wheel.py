"""Check that the installed wheel holds every module of the checkout, and no more."""

import sys
from importlib.metadata import files, version
from pathlib import Path

import sklearn_automl

ROOT = Path(__file__).parent.parent
installed = {
    str(file) for file in files("sklearn-automl") if ".dist-info" not in str(file)
}
installed = {file for file in installed if file.endswith(".py")}
checkout = {
    str(file.relative_to(ROOT)) for file in (ROOT / "sklearn_automl").rglob("*.py")
}

if Path(sklearn_automl.__file__).is_relative_to(ROOT / "sklearn_automl"):
    sys.exit("sklearn_automl was imported from the checkout, not from the wheel")
if installed != checkout:
    sys.exit(f"The wheel and the checkout differ in {sorted(installed ^ checkout)}")
if version("sklearn-automl") != sklearn_automl.__version__:
    sys.exit("The wheel's version is not sklearn_automl.__version__")
print(f"The wheel {sklearn_automl.__version__} has all {len(installed)} modules")
