"""Output: its stream, its encoding and colours, and its time."""

import json
import signal
import subprocess
import time

import pytest
from support.command import BARE, COMMAND, attn, on_terminal
from support.places import TINY

BERT = str(TINY / "bert")

SENTENCE = "Bark is very cute and he is a dog"


def strict(line):
    def refuse(name):
        raise ValueError(name)

    return json.loads(line, parse_constant=refuse)


def test_json_goes_out_and_remarks_go_beside():
    done = attn("explain", "the qwzx cat", "--json")
    record = strict(done.stdout)
    assert [token["text"] for token in record["tokens"]] == ["the", "cat"]
    assert done.stderr.count("qwzx") == 1
    assert all(each in done.stderr for each in record["unknown"][0]["suggestions"])
    assert done.returncode == 0


def test_a_sentence_in_place_of_a_command_is_explained():
    assert attn("the river bank", "--json").stdout == attn("explain", "the river bank", "--json").stdout
    assert attn("river").returncode == 2


def test_quiet_leaves_remarks_out():
    assert attn("explain", "the qwzx cat", "--json", "-q").stderr == ""


@pytest.mark.parametrize("arguments", [["--json"], []])
@pytest.mark.parametrize("env", [{}, {"GITHUB_ACTIONS": "true"}, {"TERM": "xterm-256color"}])
def test_a_pipe_gets_no_escape_codes(arguments, env):
    assert "\x1b" not in attn("explain", SENTENCE, *arguments, env=env).stdout


@pytest.mark.parametrize(
    ("arguments", "env", "escapes"),
    [
        (["--json"], {"FORCE_COLOR": "1"}, False),
        (["--json", "--color", "always"], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),  # the option beats the variable
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_what_was_asked_for(arguments, env, escapes):
    assert ("\x1b" in attn("explain", SENTENCE, *arguments, env=env).stdout) == escapes


@pytest.mark.parametrize(
    ("arguments", "env", "escapes"),
    [
        ([], {}, True),
        (["--color", "never"], {}, False),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        ([], {"ACCESSIBLE": "1"}, False),
    ],
)
def test_a_terminal_gets_colour_unless_told_otherwise(arguments, env, escapes):
    shown = on_terminal("explain", *arguments, env=env)  # no sentence: the example, and a line on stderr about it
    assert ("\x1b" in shown) == escapes
    assert "example" in shown


@pytest.mark.parametrize("command", [["explain", "dog"], ["compare", "dog"], ["vectors", "near", "dog"]])
@pytest.mark.parametrize(
    ("options", "env"), [(["--color", "never"], {}), ([], {"ACCESSIBLE": "1"}), ([], {"TERM": "dumb"})]
)
def test_nothing_is_drawn_while_a_file_is_read(command, options, env, write, tmp_path):
    file = write(b"dog 1 2 3\ncat 2 1 3\nbird 3 1 1\n")
    shown = on_terminal(*command, "--vectors", str(file), *options, env=env | {"ATTN_HOME": str(tmp_path / "home")})
    assert "dog" in shown
    assert "\x1b" not in shown


def test_each_record_appears_as_soon_as_its_line_was_read():
    with subprocess.Popen(
        [*COMMAND, "explain", "-", "--json"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=BARE, text=True
    ) as process:
        for sentence in ("a dog", "a cat"):
            process.stdin.write(sentence + "\n")
            process.stdin.flush()
            assert strict(process.stdout.readline())["sentence"] == sentence  # would hang if it came only at the end


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["--json"], [], ["--model", BERT, "--json"], ["--model", BERT]])
def test_a_reader_that_has_seen_enough_is_no_error(arguments, unbuffered):
    command = [*COMMAND, "explain", "-", *arguments]
    env = BARE | ({"PYTHONUNBUFFERED": unbuffered} if unbuffered else {})
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
    ) as process:
        process.stdout.close()
        try:
            process.stdin.write(b"a dog\n" * 3000)
            process.stdin.close()
        except BrokenPipeError:
            process.stdin = None
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_a_full_disk_is_one_line(arguments):
    with open("/dev/full", "w") as full:
        done = attn("explain", SENTENCE, *arguments, stdout=full)
    assert done.returncode == 1
    assert done.stderr == "error: cannot write the output: No space left on device\n"


@pytest.mark.parametrize("closing", [">&-", "<&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_cause_no_traceback(closing):
    command = f"{' '.join(COMMAND)} explain 'a dog' {closing}"
    done = subprocess.run(["bash", "-c", command], env=BARE, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert done.returncode == (1 if ">&- " in closing + " " and not closing.startswith("2") else 0)


@pytest.mark.parametrize("after", [0.15, 0.3, 0.45, 0.6, 1.5])  # in the imports, and while it waits for a line
def test_interrupted_is_130(after):
    command = [*COMMAND, "explain", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=BARE) as process:
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=5)  # 2 s on a machine that is not busy with other tests
        if code != -signal.SIGINT:  # so it ends, and a shell calls it 130, if Python has not begun with attn yet
            assert code == 130
            assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "cp1252"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}])
@pytest.mark.parametrize("arguments", [["--json"], []])
def test_every_encoding_gets_an_answer(arguments, env):
    done = attn("explain", "注意 is all", *arguments, env=env)
    assert done.returncode == 0
    if arguments:
        assert strict(done.stdout)["sentence"] == "注意 is all"


def test_accessible_is_sentences():
    shown = attn("explain", SENTENCE, env={"ACCESSIBLE": "1"}).stdout
    assert not set(shown) & set("│─█░▒▓")
    assert "Bark attends" in shown


@pytest.mark.parametrize(("name", "first"), [("a.json", "{"), ("a.txt", "attn")])
def test_a_file_is_written_by_its_ending(tmp_path, name, first):
    done = attn("explain", SENTENCE, "-o", name, cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("", 0)
    assert (tmp_path / name).read_text().startswith(first)
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("arguments", "code"), [(["qwzx", "-o", "a.json"], 1), (["dog", "-o", "a.doc"], 2), (["dog", "-o", "no/a.json"], 1)]
)
def test_an_error_leaves_no_file(tmp_path, arguments, code):
    done = attn("explain", *arguments, cwd=tmp_path)
    assert done.returncode == code
    assert done.stderr.startswith("error: ")
    assert not list(tmp_path.iterdir())


def test_unknown_words_of_the_memory_are_named_too():
    assert attn("explain", "the dog", "--memory", "zzxqq dog", "--json").stderr.count("zzxqq") == 1


def test_a_link_is_followed_and_the_mode_kept(tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "real.json").chmod(0o600)
    (tmp_path / "link.json").symlink_to("real.json")
    attn("explain", SENTENCE, "-o", "link.json", cwd=tmp_path)
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text().startswith("{")
    assert (tmp_path / "real.json").stat().st_mode & 0o777 == 0o600


def test_a_batch_in_which_every_line_fails_keeps_the_old_file(tmp_path):
    (tmp_path / "a.json").write_text("old")
    assert attn("explain", "-", "-o", "a.json", text="zzxqq\n", cwd=tmp_path).returncode == 4
    assert (tmp_path / "a.json").read_text() == "old"


def test_terminated_leaves_nothing_half_written(tmp_path):
    command = [*COMMAND, "explain", "-", "-o", "a.json"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=tmp_path, env=BARE) as process:
        process.stdin.write(b"a dog\n")
        process.stdin.flush()
        while not list(tmp_path.iterdir()):
            time.sleep(0.01)
        process.terminate()
        assert process.wait() == 143
    assert not list(tmp_path.iterdir())


def test_an_error_keeps_the_old_file(tmp_path):
    (tmp_path / "a.json").write_text("old")
    attn("explain", "qwzx", "-o", "a.json", cwd=tmp_path)
    assert (tmp_path / "a.json").read_text() == "old"
