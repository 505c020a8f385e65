"""Files of the relations that heads are known for."""

from unittest.mock import patch

from support.places import TINY

from attncli.analysis.relations import DIRECTIONS
from attncli.recipes import known_relations

MODEL = TINY / "bert"
KNOWN = known_relations.KnownRelation("en.conllu", "obj", 1, 0, "dependent", 0.69, 0.33, 1200)


def seeds(folder):
    """A file with two relations."""
    with patch.object(known_relations, "relations_folder", lambda: folder):
        known_relations.keep_relations(MODEL, [KNOWN, KNOWN])
    (path,) = folder.glob("*.json")
    yield path.read_bytes()


def read(folder, data):
    """Remarks of one line, whatever the file has."""
    (path,) = folder.glob("*.json")
    path.write_bytes(data)
    with patch.object(known_relations, "relations_folder", lambda: folder):
        for known in known_relations.known_relations(MODEL):
            assert known.direction in DIRECTIONS
            assert 0 <= known.accuracy <= 1
            assert all(len(each) < 600 for each in known_relations.relations_said(MODEL, known.layer, known.head))
