"""Write the sentences of one class's docstring into those of the classes like it.

Usage: share_docstrings.py HyperbandSearchCV. Parameters and attributes of the same name
get the same description; their types, whose defaults may differ, stay.
"""

import re
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "sklearn_automl"
# What is said of these two depends on the class; tests/test_public_api.py says so too.
OWN_WORDS = {"resource", "sampler"}
# These two have scikit-learn's parameters and table, and folds as their resource.
AS_IN_SKLEARN = {"GridSearchCV", "RandomizedSearchCV"}
WORDS_OF_THEIRS = {
    "best_index_",
    "best_params_",
    "brackets_",
    "cv_results_",
    "error_score",
    "factor",
    "max_resources_",
    "min_resources_",
    "promotion_metric",
    "param_distributions",
    "random_state",
    "sampler_",
    "total_resources_",
}
ENTRY = re.compile(r"^    (\w+) : .*\n((?:        .*\n|\n(?=        ))+)", re.MULTILINE)


def main(source: str) -> None:
    """Copy the descriptions of class ``source``."""
    files = {path: path.read_text() for path in PACKAGE.rglob("*.py")}
    origin = next(p for p, text in files.items() if f"\nclass {source}(" in text)
    docstring = files[origin].split(f"\nclass {source}(")[1].split('"""')[1]
    descriptions = dict(ENTRY.findall(docstring))
    family = r"\w+SearchCV" if source.endswith("SearchCV") else r"NAS\w+"
    for path, text in files.items():
        pattern = rf'\nclass ({family})\([^"]*?"""(.*?)"""'
        for name, old in re.findall(pattern, text, re.DOTALL):
            if name == source or not ENTRY.search(old):
                continue
            left_out = own_words(source, name)
            shared = {n: d for n, d in descriptions.items() if n not in left_out}
            new = text.replace(old, renewed(old, shared))
            if new != text:
                path.write_text(new)
                print(f"{path.relative_to(PACKAGE.parent)}: {name}")


def own_words(source: str, name: str) -> set[str]:
    """Return what two classes do not say in the same words."""
    are_like_both = (source in AS_IN_SKLEARN) == (name in AS_IN_SKLEARN)
    return OWN_WORDS if are_like_both else OWN_WORDS | WORDS_OF_THEIRS


def renewed(docstring: str, shared: dict[str, str]) -> str:
    """Return a docstring with the shared descriptions."""

    def renew(entry: re.Match[str]) -> str:
        name, description = entry.groups()
        return entry.group().replace(description, shared.get(name, description))

    return ENTRY.sub(renew, docstring)


if __name__ == "__main__":
    main(*sys.argv[1:])
