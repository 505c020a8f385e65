"""Mutated files of every kind that attn reads: each must be read, or be refused in one line.

    python tests/fuzz/mutate.py [KIND …] [--count 50000] [--seed 1]

A kind is a module of tests/fuzz/targets with `seeds(folder)`, small files as bytes, and `read(folder, data)`, which
reads one as the command line does. A fault is any exception but a refusal of one line, a warning, or slowness. The
first file of each fault is written out as `crash-KIND-…`. Nothing but what the tests need is needed.
"""

import argparse
import importlib
import io
import json
import os
import random
import re
import struct
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from pathlib import Path

LONGEST_MESSAGE = 600  # characters
SLOWEST = 2.0  # seconds of processor time, which other work on the machine does not lengthen
MEMORY = 3 * 2**30  # bytes of address space, when run as a script

WHOLES = [0, 1, 2, 0x7F, 0x80, 0xFF, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1]
NUMBERS = "0 -1 1 2 3 255 65536 2147483648 4294967295 9223372036854775808 1e400 -1e400 NaN Infinity 1.5 -0.0 1e-400"
NUMBERS = [number.encode() for number in [*NUMBERS.split(), "9" * 5000]]
VALUES = [
    *(None, True, False, 0, -1, 1, 2, 3, 64, 2**31, 2**63, 10**400, 1.5, 1e308, float("inf"), float("nan")),
    *("", "x", "\ud800", "\x00", "\x1b[31m", "a\nb", "1", "9" * 400, "é" * 50, [], {}, [0], [[]], {"": {}}),
    *([1e308] * 70, {"x": [None] * 3}, [[0, 0], [0]], "../../x", -(2**63), 1e-320),
]
SNIPPETS = [b"", b"\x00", b"\xff" * 8, b"\n", b"[" * 5000, b'{"a":' * 3000, b"\xed\xa0\x80", b"\x80", b"'", b'"', b"\\"]


def mutated(data, rng, seeds=()):
    """Another file: one to three mutations, of the bytes or of what they say."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        ways = _containers(data) if rng.random() < 0.7 else ()
        data = rng.choice(ways)(data, rng, seeds) if ways else _bytes(data, rng, seeds)
    return data


def _containers(data):
    """The mutations that know what the file is."""
    ways = []
    if data[:4] == b"PK\x03\x04":
        ways.append(_zip)
    if data[:1] in (b"{", b"["):
        ways.append(_json)
    if len(data) > 9 and data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= len(data):
        ways.append(_headed_json)
    return ways


def _bytes(data, rng, seeds=()):
    """Bytes changed, put in, taken out or said again, whatever they mean."""
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice((1, 1, 2, 4, 8, 16, 64, 1024)))
    ways = (
        lambda: data[:at] + bytes(byte ^ 1 << rng.randrange(8) for byte in data[at : at + 1]) + data[at + 1 :],
        lambda: data[:at] + rng.randbytes(end - at) + data[end:],
        lambda: data[:at] + _whole(rng) + data[end:],
        lambda: data[:at] + rng.choice(SNIPPETS) + data[at:],
        lambda: data[:at] + data[end:],
        lambda: data[:at],
        lambda: data[:end] + data[at:],
        lambda: data + data[at:end] + rng.randbytes(3),
        lambda: _other_number(data, rng),
        lambda: data[:at] + rng.choice([*seeds, b""])[at:],
    )
    return rng.choice(ways)()


def _whole(rng):
    form = rng.choice(("<B", "<H", "<I", "<Q", ">H", ">I", ">Q"))
    size = struct.calcsize(form)
    return struct.pack(form, rng.choice(WHOLES) % 256**size)


def _other_number(data, rng):
    """Another decimal number where one stands."""
    places = list(re.finditer(rb"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", data[: 2**16]))
    if not places:
        return data
    found = rng.choice(places)
    return data[: found.start()] + rng.choice(NUMBERS) + data[found.end() :]


def _zip(data, rng, seeds):
    """A member changed and the archive packed anew, so that every checksum is right again."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
    except Exception:  # it was mutated before
        return _bytes(data, rng, seeds)
    names = list(members)
    if names:
        _change_member(members, rng.choice(names), rng)
    packed = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if rng.random() < 0.1 else zipfile.ZIP_STORED
    with zipfile.ZipFile(packed, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, how)
    return packed.getvalue()


def _change_member(members, name, rng):
    chance = rng.random()
    if chance < 0.05:
        del members[name]
    elif chance < 0.1:
        members[rng.choice(["x.npy", "", "../x", name + "2", "é.npy"])] = members.pop(name)
    elif chance < 0.2:
        members[name] = members[rng.choice(list(members))]
    else:
        members[name] = _array(members[name], rng)


def _array(content, rng):
    """The content of a .npy file, its header, or JSON in it, changed; the header's length is made right."""
    if content[:6] != b"\x93NUMPY" or rng.random() < 0.2:
        return mutated(content, rng)
    end = 10 + int.from_bytes(content[8:10], "little")
    header, body = content[10:end], content[end:]
    if rng.random() < 0.5:
        body = mutated(body, rng)
        if rng.random() < 0.8:
            header = re.sub(rb"\(\d+,\)", b"(%d,)" % len(body), header) if b"u1" in header else header
        return content[:8] + struct.pack("<H", len(header)) + header + body
    swap = rng.choice(HEADERS)
    header = re.sub(swap[0], lambda _: rng.choice(swap[1]), header) if rng.random() < 0.7 else _bytes(header, rng)
    return content[:8] + struct.pack("<H", len(header) % 2**16) + header[: 2**16 - 1] + body


TYPES = [
    b"'<f8'",
    b"'>f8'",
    b"'<i8'",
    b"'|u1'",
    b"'<f2'",
    b"'|O'",
    b"'<U3'",
    b"'<M8[s]'",
    b"'|V8'",
    b"'<c16'",
    b"'|b1'",
]
TYPES += [
    b"'|b1'",
    b"[('a', '<f8')]",
    b"'nonsense'",
    b"None",
    b"'|V0'",
    b"'<U0'",
    b"'|S0'",
    b"'<f99'",
    b"('<f8', (2,))",
]
SHAPES = [b"()", b"(0,)", b"(-1,)", b"(1,)", b"(3,)", b"(2, 2)", b"(1, 1, 1)", b"(9223372036854775807, 9)", b"(0, 99)"]
SHAPES += [b"(" + b"1, " * 70 + b")", b"(1.5,)", b"('a',)", b"(10000000000,)", b"(True,)", b"3", b"None", b"(-1, -1)"]
HEADERS = [(rb"(?<='descr': )[^,]*", TYPES), (rb"\(.*?\)", SHAPES), (rb"True|False", [b"True", b"False", b"3"])]


def _json(data, rng, seeds):
    """A value replaced, taken out, moved or nested somewhere in a JSON document."""
    try:
        document = json.loads(data)
        return json.dumps(_other_value(document, rng), ensure_ascii=rng.random() < 0.5).encode(errors="surrogatepass")
    except (ValueError, RecursionError):
        return _bytes(data, rng, seeds)


def _other_value(value, rng):
    if not isinstance(value, dict | list) or not value or rng.random() < 0.15:
        return rng.choice([*VALUES, [value], {"x": value}])
    place = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
    changed = value.copy()
    chance = rng.random()
    if chance < 0.15:
        del changed[place]
    elif chance < 0.25:
        changed[place] = rng.choice(list(value.values()) if isinstance(value, dict) else value)
    else:
        changed[place] = _other_value(value[place], rng)
    return changed


def _headed_json(data, rng, seeds):
    """JSON behind its length in eight bytes, as safetensors has it."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = mutated(data[8:end], rng, [seed[8:] for seed in seeds])
    return struct.pack("<Q", len(header)) + header + data[end:]


def kinds():
    """The names of the kinds."""
    return sorted(path.stem for path in (Path(__file__).parent / "targets").glob("[a-z]*.py"))


def faults(kind, count, seed, folder):
    """Each fault by its signature with the first file that showed it, among `count` mutations."""
    target = importlib.import_module(f"fuzz.targets.{kind}")
    seeds = [bytes(each) for each in target.seeds(folder)]
    rng, found = random.Random(f"{kind} {seed}"), {}
    for each in seeds:
        assert fault_of(target, folder, each) is None, f"a seed of {kind}: {fault_of(target, folder, each)}"
    for _ in range(count):
        data = mutated(rng.choice(seeds), rng, seeds)
        if (fault := fault_of(target, folder, data)) is not None:
            found.setdefault(fault, data)
    return found


def fault_of(target, folder, data):
    """What is wrong with how a file was taken, None where nothing is."""
    from attncli.errors import AttnError

    started = time.process_time()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            target.read(folder, data)
    except AttnError as error:
        if "\n" in error.message or len(error.message) > LONGEST_MESSAGE:
            return f"a message of {len(error.message)} characters: {error.message[:60]!r}"
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a panic of the tokenizer library is no Exception
        return _signature(error)
    return "slow" if time.process_time() - started > SLOWEST else None


def _signature(error):
    """The exception and the last line of attn's own that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "attncli" in frame.filename] or frames
    return f"{type(error).__name__} in {Path(ours[-1].filename).name}:{ours[-1].lineno}"


def main():
    """Mutate on, and write out the first file of each fault."""
    parser = argparse.ArgumentParser(description="Mutate files and see how attn takes them.")
    parser.add_argument("kinds", nargs="*", choices=[[], *kinds()], default=kinds())
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    _bound_memory()
    os.fsync = lambda _: None  # nothing here has to outlast a power cut
    wrong = False
    for kind in asked.kinds:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
            found = faults(kind, asked.count, asked.seed, Path(folder))
        print(f"{kind}: {asked.count:,} mutations, {len(found)} faults")
        for number, (fault, data) in enumerate(found.items()):
            wrong = True
            Path(f"crash-{kind}-{number}").write_bytes(data)
            print(f"  crash-{kind}-{number}: {fault}")
    sys.exit(wrong)


def _bound_memory():
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main()
