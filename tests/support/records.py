"""The JSON that a command prints, held against its schema."""

import json

import jsonschema
import pytest
from support.command import attn

from attncli.views.records.schemas import schema_of


def records(*arguments, **how):
    """The JSON objects that the command prints, once they have kept to its schema, and nothing else was said."""
    done = attn(*arguments, "--json", **how)
    assert (done.returncode, done.stderr) == (0, "")
    found = [json.loads(line, parse_constant=pytest.fail) for line in done.stdout.splitlines()]
    for each in found:
        jsonschema.validate(each, schema_of(arguments[0]), jsonschema.Draft202012Validator)
    return found


def record(*arguments, **how):
    """The one JSON object that the command prints."""
    (found,) = records(*arguments, **how)
    return found
