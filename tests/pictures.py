"""The README's pictures, made by the program: python tests/pictures.py writes them to .github/."""

import io
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI

from attncli import explain
from attncli.views.explain import explain_lines
from attncli.views.screen import Screen

FOLDER = Path(__file__).parent.parent / ".github"
WIDTH = 84
# Rich's own frame links fonts from the network; this one takes the reader's monospace font.
FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">
{matrix}
</g>
</g>
</svg>
"""


def explain_svg(sentence, **settings):
    """The page of `attn explain` as an SVG."""
    lines = explain_lines(explain(sentence, **settings), Screen(WIDTH, "truecolor"))
    return svg(lines, f'attn explain "{sentence}"')


def svg(lines, title):
    """Lines of the screen as an SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system="truecolor", force_terminal=True)
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)
    return console.export_svg(title=title, theme=DIMMED_MONOKAI, code_format=FRAME, unique_id="attn")


def minilm_svg(sentence):
    """The page of `attn explain --model` as an SVG."""
    from models.minilm_folder import cached_minilm

    from attncli.model_explaining import explain_model
    from attncli.views.model import model_lines

    with tempfile.TemporaryDirectory() as hub:
        explanation = explain_model(sentence, cached_minilm(Path(hub)))
    lines = model_lines(explanation, Screen(WIDTH, "truecolor"))
    return svg(lines, f'attn explain "{sentence}" --model all-MiniLM-L6-v2')


PICTURES = {
    "explain.svg": lambda: explain_svg("Bark is very cute and he is a dog"),
    "minilm.svg": lambda: minilm_svg("Bark is very cute and he is a dog"),
}

if __name__ == "__main__":
    for name, make in PICTURES.items():
        (FOLDER / name).write_text(make())
