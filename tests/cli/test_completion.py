"""`attn completion`: scripts that the shells take, and what Tab gives in them."""

import shlex
import shutil
import subprocess

import pytest
from oracles.checkpoints import copy_of
from support.command import BARE, COMMAND, attn

from attncli.cli.commands.completion import SET_UP
from attncli.vectors import keeping
from attncli.vectors.places import embedded_sets

SHELLS = ("bash", "zsh", "fish")


def needs(shell):
    return pytest.mark.skipif(not shutil.which(shell), reason=f"{shell} is not installed")


EACH = [pytest.param(shell, marks=needs(shell)) for shell in SHELLS]


@pytest.fixture
def on_path(tmp_path, attn_home):
    """The variables of a shell that finds an `attn`."""
    command = tmp_path / "bin" / "attn"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    command.chmod(0o755)
    home = {"HOME": str(tmp_path), "ATTN_HOME": str(attn_home), "TERM": "xterm"}
    return BARE | home | {"PATH": f"{command.parent}:{BARE['PATH']}"}


@pytest.mark.parametrize("shell", EACH)
def test_the_script_is_one_that_the_shell_takes(shell, tmp_path):
    script = tmp_path / "script"
    script.write_text(attn("completion", shell).stdout)
    done = subprocess.run([shell, "-n", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", SET_UP)
def test_its_last_line_says_how_to_keep_it(shell):
    assert attn("completion", shell).stdout.splitlines()[-1] == f"#   {SET_UP[shell]}"


LINES = [
    ("attn tou", ["tour"]),
    ("attn vectors li", ["list"]),
    ("attn explain --meth", ["--method"]),
    ("attn explain --method k", ["kernel"]),
    ("attn align --links g", ["grow-diag-final"]),
    ("attn align --vectors my", ["my-set"]),
    ("attn similar --le", ["--leave-one-out"]),
    ("attn similar --model my", ["my-model"]),
    ("attn schema sim", ["similar"]),
    ("attn schema sea", ["search"]),
    ("attn similar --i", ["--in"]),
    ("attn compare 'a dog' --format p", ["pdf", "png"]),
    ("attn explain --vectors my", ["my-set"]),
    ("attn vectors info ", [*embedded_sets(), "my-set"]),
    ("attn models info my", ["my-model"]),
    ("attn explain --model my", ["my-model"]),
    ("attn completion f", ["fish"]),
    ("attn --install", []),
]
ASK = {
    "bash": 'eval "$(attn completion bash)"; COMP_WORDS=({words}); COMP_CWORD={last}; _attn_completion attn; '
    'printf "%s\\n" "${{COMPREPLY[@]}}"',
    "fish": "attn completion fish | source; complete -C {line}",
}


def ask(shell, line, env):
    """What a shell would offer behind `line`."""
    words = shlex.split(line, posix=False) + [""] * line.endswith(" ")  # bash keeps the quotes of a word
    quoted = " ".join(shlex.quote(word) for word in words)
    script = ASK[shell].format(words=quoted, last=len(words) - 1, line=shlex.quote(line))
    done = subprocess.run([shell, "-c", script], env=env, capture_output=True, text=True, check=True)
    return [offered.split("\t")[0] for offered in done.stdout.splitlines() if offered]


@pytest.mark.parametrize("shell", [each for each in EACH if each.values[0] in ASK])
@pytest.mark.parametrize(("line", "offered"), LINES)
def test_tab_gives_commands_options_values_and_names(shell, line, offered, on_path, write, attn_home):
    keeping.add(str(write(b"dog 1 2 3\ncat 2 1 3\n")), name="my-set")
    copy_of("bert", attn_home / "models" / "my-model")
    assert ask(shell, line, on_path) == offered


ZSH = """
zmodload zsh/zpty; zpty z zsh -f -i
zpty -w z 'PS1=; autoload -Uz compinit; compinit -u -D; eval "$(attn completion zsh)"'; sleep 4
zpty -w -n z $'{typed}\\t'; sleep 4; while zpty -r -t z out; do print -r -- "$out"; done
"""


@needs("zsh")
@pytest.mark.parametrize(("typed", "whole"), [("attn explain --meth", "--method"), ("attn vectors li", "vectors list")])
def test_tab_in_zsh(typed, whole, on_path):
    done = subprocess.run(["zsh", "-f", "-c", ZSH.format(typed=typed)], env=on_path, capture_output=True, text=True)
    assert whole in done.stdout


def test_without_a_name_it_is_the_shell_around(tmp_path):
    script = f"{shlex.join([*COMMAND, 'completion'])}; true"  # `true`, so that bash does not give its place away
    done = subprocess.run(["bash", "-c", script], env=BARE, capture_output=True, text=True)
    assert done.stdout == attn("completion", "bash").stdout


@pytest.mark.parametrize(("shell", "quoted"), [("/bin/tcsh", "'tcsh'"), ("", "cannot tell")])
def test_a_shell_that_cannot_be_told_is_asked_for(shell, quoted, monkeypatch, capfd):
    import shellingham

    from attncli.cli.app import run

    def fail():
        raise shellingham.ShellDetectionFailure

    monkeypatch.setattr(shellingham, "detect_shell", fail)
    monkeypatch.setenv("SHELL", shell)
    assert run(["completion"]) == 2
    error, hint = capfd.readouterr().err.splitlines()
    assert quoted in error
    assert "attn completion bash" in hint
