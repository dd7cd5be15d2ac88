"""Put built pages into a folder that has the pages of every version.

python .ci/publish_doc.py doc/_build/html SITE [ADDRESS]

`make doc SPHINX_ARGS="-t site"` builds the pages. They name their version, and replace
the pages of that version in SITE. Other versions stay as they are:

    dev/ 0.1/ 0.2/   what was published; a folder of two numbers is a release
    stable/          a copy of the newest release
    switcher.json    the list of versions for the header of every page
    index.html       leads to stable/, or to dev/ before the first release

ADDRESS is where SITE is served, by default the Documentation of pyproject.toml.
"""

import json
import re
import shutil
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RELEASE = re.compile(r"(\d+)\.(\d+)")

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>sklearn_automl</title>
<meta http-equiv="refresh" content="0; url={folder}/">
<link rel="canonical" href="{address}{folder}/">
</head>
<body><p>The documentation is in <a href="{folder}/">{folder}</a>.</p></body>
</html>
"""


def version_of(built):
    """Return the version that built pages look for in the list of versions."""
    page = (built / "index.html").read_text(encoding="utf-8")
    found = re.search(r"theme_switcher_version_match = '(.*?)'", page)
    if not found:
        raise SystemExit(
            f"The pages in {built} have no version switcher. Build them with "
            '`make doc SPHINX_ARGS="-t site"`.'
        )
    version = found[1]
    if version != "dev" and not RELEASE.fullmatch(version):
        raise SystemExit(
            f"The pages in {built} are of version {version!r}, but a version must be "
            "'dev' or two numbers such as '0.1'. Look at doc/conf.py."
        )
    return version


def replace(folder, pages):
    """Let a folder have the pages of another one, and no page of an earlier build."""
    if folder.exists():
        shutil.rmtree(folder)
    not_pages = shutil.ignore_patterns(".doctrees", ".buildinfo*")
    shutil.copytree(pages, folder, ignore=not_pages)


def releases_in(site):
    """Return the releases that have a folder, the newest one first."""
    found = [path.name for path in site.iterdir() if RELEASE.fullmatch(path.name)]
    return sorted(found, key=lambda name: [int(n) for n in name.split(".")])[::-1]


def entries(site, address):
    """Return what the theme reads from switcher.json."""
    listed = ["dev"] if (site / "dev").exists() else []
    listed = [{"version": name, "url": f"{address}{name}/"} for name in listed]
    for i, name in enumerate(releases_in(site)):
        if i == 0:
            stable = {"name": f"{name} (stable)", "url": f"{address}stable/"}
            listed.append({"version": name, **stable, "preferred": True})
        else:
            listed.append({"version": name, "url": f"{address}{name}/"})
    return listed


def main(built, site, address=None):
    """Publish built pages."""
    built, site = Path(built), Path(site)
    if address is None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        address = project["urls"]["Documentation"]
    version = version_of(built)
    site.mkdir(parents=True, exist_ok=True)
    replace(site / version, built)
    releases = releases_in(site)
    if releases:
        replace(site / "stable", site / releases[0])
    listed = json.dumps(entries(site, address), indent=2)
    (site / "switcher.json").write_text(listed + "\n", encoding="utf-8")
    first = INDEX.format(folder="stable" if releases else "dev", address=address)
    (site / "index.html").write_text(first, encoding="utf-8")
    # Without this file, GitHub Pages leaves out the folders that begin with "_".
    (site / ".nojekyll").touch()
    print(f"{version} is published; stable is {releases[0] if releases else 'nothing'}")


if __name__ == "__main__":
    main(*sys.argv[1:])
