"""A server on 127.0.0.1 laid out as the Hugging Face Hub is, that can break off, lie, refuse and be absent."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler

from support.gensim_data import QuietServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_of_the_test"


def git_sha1(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class Hub:
    """The server. `requests` tells what it was asked for; the other attributes how it is to behave."""

    def __init__(self):
        self.models = {}  # name -> path -> content
        self.large = (".safetensors", ".bin")  # endings of files that are stored by SHA-256
        self.gated = set()  # names that want a token
        self.broken = {}  # path -> how many answers end half-way
        self.lies = {}  # path -> content in place of the true one
        self.api = {}  # keys of the answer about a model that are to be others
        self.moved = None  # the address of another server, to which the content of files is redirected
        self.requests, self.tokens = [], []
        self._server = QuietServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def add(self, name, folder, **more):
        """A model with the files of a folder, and more."""
        self.models[name] = {path.name: path.read_bytes() for path in folder.iterdir()} | more

    def files_asked_for(self):
        """The files of which content was sent, with the place of their first byte."""
        return [(path.rpartition("/")[2], start) for path, start in self.requests if "/resolve/" in path]

    def _sibling(self, path, content):
        entry = {"rfilename": path, "size": len(content), "blobId": git_sha1(content)}
        if path.endswith(self.large):
            sha = hashlib.sha256(content).hexdigest()
            entry["lfs"] = {"sha256": sha, "size": len(content), "pointerSize": 130}
        return entry

    def _about(self, name):
        files = self.models[name]
        config = json.loads(files.get("config.json", b"{}"))
        about = {
            "id": name,
            "modelId": name,
            "sha": COMMIT,
            "cardData": {"license": "mit"},
            "gated": name in self.gated,
        }
        about["config"] = {"model_type": config["model_type"]} if "model_type" in config else {}
        about["siblings"] = [self._sibling(path, content) for path, content in files.items()]
        return about | self.api

    def answer(self, path, token):
        """Code, headers and content for a path."""
        path = path.partition("?")[0]
        name, _, rest = (
            path.removeprefix("/api/models/").partition("/revision/")
            if path.startswith("/api/")
            else path[1:].partition("/resolve/")
        )
        if name not in self.models:
            return 401, {"X-Error-Code": "RepoNotFound"} if token else {}, b""
        if name in self.gated and not (path.startswith("/api/") and token is None) and token != TOKEN:
            code = 403 if token else 401
            return code, {"X-Error-Code": "GatedRepo", "X-Error-Message": "Access is restricted"}, b""
        revision, _, file = rest.partition("/")
        if revision not in ("main", COMMIT):
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        if path.startswith("/api/"):
            return 200, {}, json.dumps(self._about(name)).encode()
        content = self.models[name].get(file)
        if content is None:
            return 404, {"X-Error-Code": "EntryNotFound"}, b""
        return 200, {"X-Repo-Commit": COMMIT, "ETag": git_sha1(content)}, self.lies.get(file, content)

    def _handler(self):
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ") or None
                start = int(self.headers.get("Range", "bytes=0-")[6:].split("-")[0])
                hub.requests.append((self.path, start))
                hub.tokens.append(token)
                code, headers, content = hub.answer(self.path, token)
                if hub.moved and code == 200 and "/resolve/" in self.path:
                    code, headers, content = 302, {"Location": hub.moved + self.path}, b""
                body, file = content[start:], self.path.rpartition("/")[2]
                self.send_response(206 if start and code == 200 else code)
                for key, value in (headers | {"Content-Length": str(len(body))}).items():
                    self.send_header(key, value)
                self.end_headers()
                if hub.broken.get(file):
                    hub.broken[file] -= 1
                    body = body[: len(body) // 2]
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
