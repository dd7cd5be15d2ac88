"""Write doc/_inventories: where other projects document their public names.

Links to their pages then resolve without a network. The names are those of the
installed packages, the addresses follow the scheme of each project. Run it again when
a page refers to a name that is newer: python .ci/make_inventories.py
"""

import importlib
import inspect
import pkgutil
import warnings
import zlib
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "doc" / "_inventories"


def public_names(module):
    """Yield the public classes and functions of a module, and objects such as norm."""
    names = getattr(module, "__all__", None) or dir(module)
    for name in sorted(set(names)):
        value = getattr(module, name, None)
        if not name.startswith("_") and not inspect.ismodule(value):
            yield name, value


def role_of(value):
    """Return the role under which Sphinx looks for it."""
    if inspect.isclass(value):
        return "class"
    return "function" if callable(value) and hasattr(value, "__name__") else "data"


def entries(module_name, address):
    """Yield the lines of the names of a module."""
    module = importlib.import_module(module_name)
    for name, value in public_names(module):
        full = f"{module_name}.{name}"
        yield f"{full} py:{role_of(value)} 1 {address.format(full)} -"


def sklearn():
    """Yield the lines for scikit-learn."""
    import sklearn
    from sklearn.experimental import enable_halving_search_cv  # noqa: F401

    for info in pkgutil.iter_modules(sklearn.__path__, "sklearn."):
        if info.name.split(".")[1].startswith("_") or info.name.endswith("conftest"):
            continue
        if info.name in {"sklearn.tests", "sklearn.externals"}:
            continue
        yield f"{info.name} py:module 0 api/{info.name}.html#module-{info.name} -"
        yield from entries(info.name, "modules/generated/{0}.html#{0}")


def scipy():
    """Yield the lines for the parts of SciPy that pages refer to."""
    for part in ("optimize", "sparse", "stats"):
        name = f"scipy.{part}"
        yield f"{name} py:module 0 reference/{part}.html#module-{name} -"
        yield from entries(name, "reference/generated/{0}.html#{0}")


def numpy():
    """Yield the lines for NumPy."""
    yield from entries("numpy", "reference/generated/{0}.html#{0}")
    for name, page in (
        ("Generator", "generator"),
        ("default_rng", "generator"),
        ("RandomState", "legacy"),
    ):
        full = f"numpy.random.{name}"
        role = "function" if name == "default_rng" else "class"
        yield f"{full} py:{role} 1 reference/random/{page}.html#{full} -"


def pandas():
    """Yield the lines for pandas."""
    yield from entries("pandas", "reference/api/{0}.html#{0}")


def joblib():
    """Yield the lines for joblib."""
    yield from entries("joblib", "generated/{0}.html#{0}")


def python():
    """Yield the lines for what pages refer to of the standard library."""
    yield "datetime.timedelta py:class 1 library/datetime.html#$ -"
    yield "multiprocessing py:module 0 library/multiprocessing.html#module-$ -"


def write(project):
    """Write the inventory of a project, in the format of Sphinx."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are deprecated
        lines = sorted(set(project()))
    header = (
        "# Sphinx inventory version 2\n"
        f"# Project: {project.__name__}\n"
        "# Version: \n"
        "# The remainder of this file is compressed using zlib.\n"
    )
    body = zlib.compress("".join(f"{line}\n" for line in lines).encode(), 9)
    (FOLDER / f"{project.__name__}.inv").write_bytes(header.encode() + body)
    print(f"{project.__name__}: {len(lines)} names")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for project in (joblib, numpy, pandas, python, scipy, sklearn):
        write(project)
