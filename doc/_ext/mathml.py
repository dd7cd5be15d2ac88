"""Formulas as MathML, which every browser draws by itself: no script, no network."""

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml


def mathml_of(node, as_block):
    """Return the formula of a node. Many fonts lack the bar that docutils writes."""
    return tex2mathml(node.astext(), as_block=as_block).replace("\u02c9", "\u00af")


def visit_math(translator, node):
    """Write a formula within a line."""
    formula = mathml_of(node, as_block=False)
    translator.body.append(f'<span class="math">{formula}</span>')
    raise nodes.SkipNode  # its text is LaTeX


def visit_displaymath(translator, node):
    """Write a formula with a line to itself."""
    formula = mathml_of(node, as_block=True)
    translator.body.append(f'<div class="math">{formula}</div>')
    raise nodes.SkipNode


def depart(translator, node):
    """Do nothing: Sphinx wants a second function."""


def setup(app):
    """Register the renderer, as `html_math_renderer = "mathml"`."""
    app.add_html_math_renderer(
        "mathml", (visit_math, depart), (visit_displaymath, depart)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
