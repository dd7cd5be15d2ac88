"""Configuration of the documentation (sphinx-build; `make doc`)."""

import os

# An example uses HalvingRandomSearchCV. Without this line sphinx-gallery cannot look
# that name up where the example itself does not run.
from sklearn.experimental import enable_halving_search_cv  # noqa: F401

import sklearn_automl

project = "sklearn_automl"
author = "The sklearn_automl developers"
copyright = f"2026, {author}"
version = release = sklearn_automl.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.extlinks",
    "sphinx.ext.mathjax",
    "numpydoc",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
# Fragments are not pages, and of the examples sphinx-gallery makes them.
exclude_patterns = ["_build", "examples", "whats_new/upcoming"]

# Links into other projects' documentation need their inventories from the network, so
# they are made only where it is known to be there; a build must not depend on it.
if os.environ.get("SKLEARN_AUTOML_INTERSPHINX"):
    extensions.append("sphinx.ext.intersphinx")
    intersphinx_mapping = {
        "python": ("https://docs.python.org/3", None),
        "numpy": ("https://numpy.org/doc/stable", None),
        "scipy": ("https://docs.scipy.org/doc/scipy", None),
        "sklearn": ("https://scikit-learn.org/stable", None),
        "joblib": ("https://joblib.readthedocs.io/en/stable", None),
    }

# :arxiv:`1603.06560` and :doi:`10.1023/A:1010933404324` in References.
extlinks = {
    "arxiv": ("https://arxiv.org/abs/%s", "arXiv:%s"),
    "doi": ("https://doi.org/%s", "doi:%s"),
}

# The API pages list what the modules' __all__ has, which is imported from elsewhere.
autosummary_ignore_module_all = False
autosummary_imported_members = True
autodoc_typehints = "none"  # numpydoc shows the types of the docstrings
numpydoc_show_class_members = False  # the templates list them

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "doc_module": ("sklearn_automl",),
    "backreferences_dir": "generated/backreferences",
    "show_memory": False,
    # Several examples at a time take less time, but the seconds that they print are
    # then not comparable: so by default it is one.
    "parallel": int(os.environ.get("SKLEARN_AUTOML_GALLERY_JOBS", "1")),
    # What an example prints and draws, not the repr of its last line.
    "capture_repr": (),
}

html_theme = "pydata_sphinx_theme"
html_title = f"sklearn_automl {version}"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_show_sourcelink = False


def _miss_no_pictures(app, config):  # noqa: ARG001  (Sphinx passes both)
    """Accept pages without pictures where no example draws them (plot_gallery=0)."""
    if config.plot_gallery in (False, "0", "False"):
        config.suppress_warnings.append("image.not_readable")


def setup(app):
    """Let Sphinx call what is above."""
    app.connect("config-inited", _miss_no_pictures)
