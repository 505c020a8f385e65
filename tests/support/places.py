"""Paths: the checkout, its package and tests, and the small checkpoints."""

from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
PACKAGE = ROOT / "attncli"
TINY = TESTS / "oracles" / "tiny"
