"""Formulas as MathML, which browsers draw themselves: no script and no fonts to load."""

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

# What docutils does not know, and what says the same.
INSTEAD = {
    r"\dots": r"\ldots",
    r"\big/": "/",
    r"\textbf": r"\text",
    r"\begin{align}": r"\begin{aligned}",
    r"\end{align}": r"\end{aligned}",
}

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer, which conf.py chooses."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula of a line."""
    translator.body.append(as_mathml(node, as_block=False))
    raise nodes.SkipNode


def block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula of its own."""
    translator.body.append(
        f'<div class="workbook-formula" tabindex="0">{as_mathml(node, as_block=True)}</div>'
    )
    raise nodes.SkipNode


def as_mathml(node: nodes.Element, *, as_block: bool) -> str:
    """Return a formula as MathML. What cannot be translated is a warning, and appears as its source."""
    formula = node.astext()
    for unknown, known in INSTEAD.items():
        formula = formula.replace(unknown, known)
    try:
        return tex2mathml(formula, as_block=as_block)
    except MathError as error:
        logger.warning("the formula %r cannot be translated: %s", node.astext(), error, location=node)
        return f"<code>{nodes.Text(node.astext())}</code>"
