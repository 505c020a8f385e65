"""A server on 127.0.0.1 laid out as gensim-data is, that can break off, dawdle, lie and be absent."""

import gzip
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROWS = 400
TEXT = f"{ROWS} 3\n" + "".join(f"word{i} {i} {i % 7} 1\n" for i in range(ROWS))
PACKED = gzip.compress(TEXT.encode(), mtime=0)
PLANTED = "open({!r}, 'w').write('it ran')\ndef load_data(): raise SystemExit('it ran')\n"


def md5(content):
    return hashlib.md5(content).hexdigest()


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that went away is what the tests are about."""


class GensimData:
    """The server. `broken_off` and `requests` tell what it did; the other attributes how it is to behave."""

    def __init__(self, planted):
        third = len(PACKED) // 3
        self.files = {
            "/tiny/tiny.gz": PACKED,
            "/tiny/__init__.py": PLANTED.format(str(planted)).encode(),
            "/split/split.gz_00": PACKED[:third],
            "/split/split.gz_01": PACKED[third:],
        }
        about = {"license": "CC0", "num_records": ROWS, "parameters": {"dimension": 3}, "description": "small\nset"}
        tiny = about | {"parts": 1, "checksum": md5(PACKED), "file_size": len(PACKED), "file_name": "tiny.gz"}
        split = about | {"parts": 2, "checksum-0": md5(PACKED[:third]), "checksum-1": md5(PACKED[third:])}
        self.sets = {"tiny": tiny, "split": split, "wordless": {"parts": "none"}}
        self.break_offs = 0  # so many answers end half-way
        self.pause = 0.0  # seconds between pieces
        self.ranges = True  # whether it can begin in the middle
        self.requests = []
        self._server = QuietServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def content(self, path):
        if path == "/list.json":
            return json.dumps({"models": self.sets, "corpora": {"text8": {}}}).encode()
        return self.files.get(path)

    def _handler(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                start = int(self.headers.get("Range", "bytes=0-")[6:-1]) if site.ranges else 0
                site.requests.append((self.path, start))
                content = site.content(self.path)
                code = 404 if content is None else 416 if start and start >= len(content) else 206 if start else 200
                body = b"" if code > 400 else content[start:]
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if body and site.break_offs and self.path != "/list.json":
                    site.break_offs -= 1
                    body = body[: len(body) // 2]
                for at in range(0, len(body), len(body) // 4 + 1):
                    self.wfile.write(body[at : at + len(body) // 4 + 1])
                    time.sleep(site.pause)

            def log_message(self, *_):
                pass

        return Handler
