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
ENTRY = re.compile(r"^    (\w+) : .*\n((?:        .*\n|\n(?=        ))+)", re.MULTILINE)


def main(source: str) -> None:
    """Copy the descriptions of class ``source``."""
    files = {path: path.read_text() for path in PACKAGE.rglob("*.py")}
    origin = next(p for p, text in files.items() if f"\nclass {source}(" in text)
    docstring = files[origin].split(f"\nclass {source}(")[1].split('"""')[1]
    shared = {n: d for n, d in ENTRY.findall(docstring) if n not in OWN_WORDS}

    def renew(entry: re.Match[str]) -> str:
        name, description = entry.groups()
        return entry.group().replace(description, shared.get(name, description))

    family = r"\w+SearchCV" if source.endswith("SearchCV") else r"NAS\w+"
    for path, text in files.items():
        found = re.search(rf'\nclass ({family})\(.*?"""(.*?)"""', text, re.DOTALL)
        if found is None or found[1] == source or not ENTRY.search(found[2]):
            continue
        new = text.replace(found[2], ENTRY.sub(renew, found[2]))
        if new != text:
            path.write_text(new)
            print(f"{path.relative_to(PACKAGE.parent)}: {found[1]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
