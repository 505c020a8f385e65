"""The one file of vectors in a zip archive, read where it is: nothing is written anywhere."""

import io
import os
import re
import shlex
import zipfile
from pathlib import PurePosixPath

from attncli.files.kinds import kind_of_members
from attncli.files.unpacking import Readable
from attncli.vectors.formats.refusal import refused

CONTENTS = 2 * 2**20  # bytes; the table of contents, which zipfile reads whole
MOST_SHOWN = 100  # characters of a member's name
LITTER = re.compile(
    r".*/|__MACOSX/.*|(?:.*/)?(?:\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)", re.IGNORECASE | re.DOTALL
)
BESIDE = re.compile(  # what lies beside vectors in an archive and is none
    r"(?:.*/)?(?:read\W?me|licen[cs]e|copying|notice|changelog|citation)[^/]*|.*\.(?:md|rst|pdf|html?|json|ya?ml|bib)",
    re.IGNORECASE | re.DOTALL,
)


class _Frugal(io.FileIO):
    """A file that hands out no more than a zip archive in order needs at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > CONTENTS:
            raise zipfile.BadZipFile("its table of contents is too long")
        return super().read(CONTENTS if size is None or size < 0 else size) or b""


def only_member(path: str, descriptor: int) -> Readable:
    """The one file of vectors in a zip archive, to be read where it is."""
    archive = zipfile.ZipFile(_Frugal(descriptor, closefd=False))
    if kind := kind_of_members(archive.namelist()):
        raise refused(path, f"is {kind.name}, which attn does not read as word vectors", kind.hint(path))
    members = _chosen([member for member in archive.infolist() if not LITTER.fullmatch(member.filename)])
    if len(members) != 1:
        raise _several(path, [member.filename for member in members])
    member = members[0]
    name = PurePosixPath(member.filename.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in member.filename:
        raise refused(
            path, f"is a zip archive whose member wants to lie outside of it: '{member.filename[:MOST_SHOWN]}'"
        )
    if member.flag_bits & 1:
        raise refused(path, "is an encrypted zip archive", "unpack it and name its file")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise refused(path, "is a zip archive packed in an unusual way", "unpack it and name its file")
    return archive.open(member)


def _chosen(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Those that may be vectors; all if there is one, or if that leaves none."""
    likely = [member for member in members if not BESIDE.fullmatch(member.filename)]
    return likely if len(members) > 1 and likely else members


def _several(path: str, names: list[str]) -> Exception:
    """The error for an archive that does not say which of its files is meant."""
    if not names:
        return refused(path, "is a zip archive without a file in it", "download or pack it again")
    some = ", ".join(name[:MOST_SHOWN] for name in names[:3]) + (", …" if len(names) > 3 else "")
    command = f"unzip {shlex.quote(path)} {shlex.quote(names[0][:MOST_SHOWN])}"
    hint = f"{command} takes one out; then name it: --vectors {shlex.quote(os.path.basename(names[0])[:MOST_SHOWN])}"
    return refused(path, f"is a zip archive of {len(names)} files ({some})", hint)
