"""Models of the Hugging Face Hub: what a model has to offer, and fetching it into the cache that other programs use.

huggingface_hub asks and downloads, with its own endpoint, token and mirrors. Only configs, tokenizers, cards and
safetensors are fetched, never a pickle; every file is held against its checksum before it counts.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from attncli.errors import ResourceError, UsageError, quoted
from attncli.extras import package
from attncli.files.fetching import MODELS
from attncli.models.checkpoint.finding import NAME
from attncli.models.checkpoint.places import WEIGHTS, cache_folder
from attncli.models.families import FAMILIES
from attncli.models.hub_files import Blob, arrived, linked, whole

MAIN, WORK = "main", "pulling a model"
REVISION = re.compile(r"(?!.*\.\.)[\w-][\w./-]{0,199}", re.ASCII)
COMMIT, SHA256 = re.compile(r"[0-9a-f]{40}"), re.compile(r"[0-9a-f]{64}")
HUB = "https://huggingface.co"
WHOLE, INDEX = WEIGHTS
SHARD = re.compile(r"model-\d+-of-\d+\.safetensors")
FOLDER = re.compile(
    r"(?:\d{1,2}_\w+/)?", re.ASCII
)  # of a module of sentence-transformers, the first of which is a model
MODEL = re.compile(r"(?:0_\w+/)?[^/]+\.safetensors", re.ASCII)
BESIDE = (
    *("config.json", "generation_config.json", "README.md"),
    *("modules.json", "config_sentence_transformers.json", "sentence_*_config.json"),
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("vocab.txt", "vocab.json", "merges.txt", "*.model", "*.spm", "tekken.json"),
)

Progress = Callable[[str, int, int], None]  # the work, bytes done, bytes in all
Made = TypeVar("Made")


@dataclass(frozen=True)
class Offer:
    """A model of the hub at one commit: the files that attn takes, those that are not there yet, and its licence."""

    name: str
    revision: str
    commit: str
    files: tuple[Blob, ...]
    missing: tuple[Blob, ...]
    licence: str | None
    family: str | None

    @property
    def size(self) -> int:
        """The bytes to download."""
        return sum(each.size for each in self.missing)

    @property
    def is_read(self) -> bool:
        """Whether attn knows the family, as far as the hub says it."""
        return self.family is None or self.family in FAMILIES


def offer(name: str, revision: str = MAIN) -> Offer:
    """The model `name` of the hub, at the commit that `revision` is now.

    Raises:
        UsageError: no name of a model, or of a revision.
        ResourceError: the hub cannot be asked, does not have it, or gives it to some only; or it has no safetensors.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a model", "expected ORG/NAME, such as openai-community/gpt2")
    if not REVISION.fullmatch(revision):
        raise UsageError("expected a branch, a tag or a commit", setting="revision", value=revision)
    info = _about(name, revision)
    if not isinstance(info.sha, str) or not COMMIT.fullmatch(info.sha):
        raise ResourceError(f"the hub gives no commit of {name!r}", _again())
    files = tuple(_blob(name, each) for each in _chosen(name, info.siblings or ()))
    folder, snapshot = _folders(name, info.sha)
    missing = tuple(each for each in files if not whole(each, snapshot, folder))
    return Offer(name, revision, info.sha, files, missing, _licence(info), _family(info))


def pull(offered: Offer, progress: Progress = lambda *_: None) -> Path:
    """Fetch the files of a model that are missing, resumed where an earlier pull stopped; returns its folder.

    The branch is named when all files are there.

    Raises:
        ResourceError: a download that fails, or a file with another checksum than the hub says.
    """
    from attncli.vectors.download import own_folder

    hub, name = _hub(offered.name), offered.name
    folder, snapshot = _folders(name, offered.commit)
    done, wait = 0, partial(progress, f"waiting for another download of {name}", 0, offered.size)
    with own_folder(folder, wait):
        for blob in offered.missing:
            address = hub.hf_hub_url(name, blob.path, revision=offered.commit, endpoint=_endpoint())
            report = partial(_report, progress, f"downloading {name}", done, offered.size)
            _asked(name, offered.revision, partial(arrived, blob, folder, _fetcher(address, blob), report))
            linked(blob, snapshot, folder)
            done += blob.size
        _name_branch(offered, folder)
    return snapshot


def _about(name: str, revision: str) -> Any:
    """The hub's entry of a model; ResourceError where it gives none that can be read."""
    ask = partial(_hub(name).HfApi(endpoint=_endpoint()).model_info, name, revision=revision, files_metadata=True)
    try:
        return _asked(name, revision, ask)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ResourceError(f"the hub at {_endpoint() or HUB} says nothing usable about {name!r}", _again()) from error


def _report(progress: Progress, what: str, before: int, total: int, at: int) -> None:
    progress(what, before + at, total)


def _fetcher(address: str, blob: Blob) -> Callable[[Any, int], None]:
    """A function that appends the rest of a file, of which so many bytes are there, to an open file."""
    http, utils = (package(f"huggingface_hub.{each}", WORK) for each in ("file_download", "utils"))
    headers = utils.build_hf_headers(library_name="attn")

    def fetch(file: Any, there: int) -> None:
        http.http_get(address, file, resume_size=there, headers=headers, expected_size=blob.size)

    return fetch


def _hub(name: str) -> Any:
    """The package, quiet; ResourceError where it is missing, or may not be used."""
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise ResourceError(f"{name!r} cannot be pulled: HF_HUB_OFFLINE forbids it", "unset HF_HUB_OFFLINE")
    utils = package("huggingface_hub.utils", WORK)
    utils.logging.set_verbosity_error()
    utils.disable_progress_bars()
    return package("huggingface_hub", WORK)


def _endpoint() -> str | None:
    """The hub or its mirror by HF_ENDPOINT, None where it names none."""
    return (os.environ.get("HF_ENDPOINT") or "").rstrip("/") or None


def _asked(name: str, revision: str, ask: Callable[[], Made]) -> Made:
    """The answer of the hub; ResourceError for what it refuses, or where it cannot be reached."""
    try:
        return ask()
    except Exception as error:
        if found := _refusal(name, revision, error):
            raise found from error
        raise


def _refusal(name: str, revision: str, error: Exception) -> ResourceError | None:
    """The error in attn's words; None for one that is no answer of the hub: of the disk, or attn's own."""
    from huggingface_hub import errors

    web = errors.HfHubHTTPError.__bases__[0]  # the base of the errors of the package that it speaks HTTP with
    hub, code = _endpoint() or HUB, getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.GatedRepoError) or code == 403:
        hint = f"ask for access at {hub}/{name}, set HF_TOKEN to a token of yours, and run it again"
        return ResourceError(f"{name!r} is gated: the hub gives it to those alone who have asked its authors", hint)
    if isinstance(error, errors.RevisionNotFoundError):
        return ResourceError(f"{name!r} has no revision {revision!r}", "leave --revision out for main")
    if isinstance(error, errors.RepositoryNotFoundError) or code in (401, 404):
        hint = "check its name; for a private one, set HF_TOKEN to a token of yours"
        return ResourceError(f"the hub at {hub} has no public model {name!r}", hint)
    of_disk = isinstance(error, OSError) and error.errno and not isinstance(error, ConnectionError)
    if of_disk or not isinstance(error, (web, OSError, ValueError)):
        return None
    reason = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ResourceError(f"{name!r} cannot be pulled from {hub}: {reason}", _again())


def _again() -> str:
    return "check the connection and run it again: it resumes; HF_ENDPOINT names another hub"


def _chosen(name: str, siblings: Sequence[Any]) -> Iterator[Any]:
    """The files that attn takes; ResourceError where no weights are among them."""
    by_name = {each.rfilename: each for each in siblings if isinstance(each.rfilename, str)}
    taken = [each for each in by_name if _is_taken(each, by_name)]
    if not any(map(MODEL.fullmatch, taken)):
        others = [
            each for each in by_name if each.endswith((".safetensors", ".bin", ".h5", ".msgpack", ".gguf", ".onnx"))
        ]
        got = f": {', '.join(map(quoted, sorted(others)[:3]))} is never fetched" if others else ""
        hint = f"a copy with safetensors: {HUB}/spaces/safetensors/convert makes one"
        raise ResourceError(f"{name!r} has no {WHOLE} and no {INDEX}{got}", hint)
    for each in sorted(taken):
        yield by_name[each]


def _is_taken(path: str, among: dict[str, Any]) -> bool:
    """Whether a file is a config, a tokenizer, a card, or weights: one file, else an index and its shards.

    Those of the modules of sentence-transformers, which stand in folders of their own, are taken too.
    """
    found = FOLDER.match(path)
    folder = found[0] if found else ""
    bare = path[len(folder) :]
    if bare in WEIGHTS or SHARD.fullmatch(bare):
        one = folder + WHOLE in among
        return bare == WHOLE if one else folder + INDEX in among
    return "/" not in bare and any(fnmatchcase(bare, pattern) for pattern in BESIDE)


def _blob(name: str, sibling: Any) -> Blob:
    """A file with its size and checksum; ResourceError where the hub does not say them."""
    lfs, size = sibling.lfs, sibling.size
    checksum = sibling.blob_id if lfs is None else getattr(lfs, "sha256", None)
    pattern = COMMIT if lfs is None else SHA256
    if not isinstance(checksum, str) or not pattern.fullmatch(checksum) or type(size) is not int or size < 0:
        raise ResourceError(f"the hub gives no size and checksum of {quoted(sibling.rfilename)} in {name!r}", _again())
    return Blob(sibling.rfilename, size, checksum)


def _folders(name: str, commit: str) -> tuple[Path, Path]:
    """The folder of a model in the cache, and that of its snapshot."""
    folder = cache_folder() / f"{MODELS}{name.replace('/', '--')}"
    return folder, folder / "snapshots" / commit


def _licence(info: Any) -> str | None:
    card = getattr(info, "card_data", None)
    found = getattr(card, "license", None)
    return found[:100] if isinstance(found, str) else None


def _family(info: Any) -> str | None:
    """The model_type, as far as the hub says it."""
    config = getattr(info, "config", None)
    found = config.get("model_type") if isinstance(config, dict) else None
    return found if isinstance(found, str) else None


def _name_branch(offered: Offer, folder: Path) -> None:
    """Write the commit that the revision is, as huggingface_hub does."""
    from attncli.files.replacing import replacing

    if offered.revision == offered.commit:
        return
    path = folder / "refs" / offered.revision
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(str(path)) as file:
        file.write(offered.commit.encode())
