"""`attn vectors info`: everything a set says of itself."""

from attncli.cli.commands.vectors.options import Json, NameOrFile
from attncli.cli.grouping import options
from attncli.cli.options import AnswerOptions

EXAMPLES = """attn vectors info attn-en
attn vectors info attn-en --json"""
SHOWN = 10  # words, the first of the set


@options(AnswerOptions)
def command(answers: AnswerOptions, name: NameOrFile, json: Json = False) -> None:
    """Show all that a set says of itself."""
    from attncli.cli.answer import answer, answer_json, opened  # NumPy comes with these: not for help
    from attncli.vectors.keeping import kept_as
    from attncli.views.records.vectors_json import info_json
    from attncli.views.terminal.vectors import info_lines

    vectors = opened(name, answers)
    kept, examples = kept_as(name, vectors), vectors.text(range(min(SHOWN, vectors.words)))
    if json:
        answer_json([info_json(kept, vectors, examples)])
    else:
        answer(lambda screen: info_lines(kept, vectors, examples, screen), answers)
