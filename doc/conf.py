"""Configuration of the documentation (sphinx-build; `make doc`)."""

import os
import re
import sys
import tomllib
from pathlib import Path

# An example uses HalvingRandomSearchCV. Without this line sphinx-gallery cannot look
# that name up where the example itself does not run.
from sklearn.experimental import enable_halving_search_cv  # noqa: F401

import sklearn_automl

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "sklearn_automl"
author = "The sklearn_automl developers"
copyright = f"2026, {author}"
version = release = sklearn_automl.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.intersphinx",
    "mathml",
    "numpydoc",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
# Fragments are not pages, and of the examples sphinx-gallery makes them.
exclude_patterns = ["_build", "examples", "whats_new/upcoming"]

# Links to the pages of other projects. A build must not depend on the network, so what
# these projects document is in files: .ci/make_inventories.py.
_others = {
    "joblib": "https://joblib.readthedocs.io/en/stable",
    "numpy": "https://numpy.org/doc/stable",
    "pandas": "https://pandas.pydata.org/docs",
    "python": "https://docs.python.org/3",
    "scipy": "https://docs.scipy.org/doc/scipy",
    "sklearn": "https://scikit-learn.org/stable",
}
intersphinx_mapping = {
    name: (address, f"_inventories/{name}.inv") for name, address in _others.items()
}

# :arxiv:`1603.06560` and :doi:`10.1023/A:1010933404324` in References.
extlinks = {
    "arxiv": ("https://arxiv.org/abs/%s", "arXiv:%s"),
    "doi": ("https://doi.org/%s", "doi:%s"),
}

autodoc_typehints = "none"  # numpydoc shows the types of the docstrings
autodoc_preserve_defaults = True  # a class as its name, not as "<class ...>"
numpydoc_show_class_members = False  # the templates list them

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "doc_module": ("sklearn_automl",),
    "backreferences_dir": "generated/backreferences",
    # What to copy comes first, what is long and measures comes last.
    "subsection_order": [
        "examples/recipes",
        "examples/results",
        "examples/networks",
        "examples/comparisons",
    ],
    "within_subsection_order": "ExampleTitleSortKey",
    "filename_pattern": r"/plot_|/recipes/",
    "show_memory": False,
    "write_computation_times": False,  # its page loads scripts from the network
    # Several examples at a time take less time, but the seconds that they print are
    # then not comparable: so by default it is one.
    "parallel": int(os.environ.get("SKLEARN_AUTOML_GALLERY_JOBS", "1")),
    # What an example prints and draws, not the repr of its last line.
    "capture_repr": (),
}

html_theme = "pydata_sphinx_theme"
html_title = f"sklearn_automl {version}"
html_theme_options = {
    "logo": {"text": "sklearn_automl"},  # with the version it is too long for a phone
    "show_prev_next": True,
    "navigation_with_keys": False,
    "navbar_align": "left",  # so that the versions fit into one row at 1,280 pixels
}
# These pages have no pages below them: their side bar would be empty.
html_sidebars = {name: [] for name in ("glossary", "installation")}
# The side bar "On this page" has no room for the class before each method.
toc_object_entries_show_parents = "hide"
# .ci/publish_doc.py puts the pages of each release beside those of the others. Only
# pages that are built for it (`-t site`) have the list of versions and the banner of
# old ones. A local build stands alone, and browsers do not let a page that is opened
# from a file load the list.
if "site" in tags:  # noqa: F821  (Sphinx defines it)
    # Bug fixes replace the pages of their release. Release candidates count as
    # development versions.
    _is_release = re.fullmatch(r"[\d.]+", release)
    html_theme_options |= {
        "switcher": {
            "json_url": "../switcher.json",  # seen from the first page of a version
            "version_match": ".".join(release.split(".")[:2]) if _is_release else "dev",
        },
        "check_switcher": False,  # the file is on the site, not here
        "show_version_warning_banner": True,
        "navbar_end": ["version-switcher", "theme-switcher", "navbar-icon-links"],
    }
    # Search engines show the page of the latest release.
    _file = Path(__file__).parents[1] / "pyproject.toml"
    _addresses = tomllib.loads(_file.read_text("utf-8"))["project"]["urls"]
    html_baseurl = _addresses["Documentation"] + "stable/"

html_show_sourcelink = False
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_math_renderer = "mathml"

# What is copied is the code without its prompts and without what it prints.
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def _miss_no_pictures(app, config):  # noqa: ARG001  (Sphinx passes both)
    """Accept pages without pictures where no example draws them (plot_gallery=0)."""
    if config.plot_gallery in (False, "0", "False"):
        config.suppress_warnings.append("image.not_readable")


def setup(app):
    """Let Sphinx call what is above."""
    app.connect("config-inited", _miss_no_pictures)
