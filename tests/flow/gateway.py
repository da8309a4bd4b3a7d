"""gateway.py: a push gateway on loopback, for the flow tests."""
import http.server
import json
import queue
import threading


class Gateway:
    """Takes what is posted, answers it with the next of `statuses` (then 200), and keeps it."""

    def __init__(self, statuses=()):
        self.posts, left = queue.Queue(), list(statuses)
        posts = self.posts

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = left.pop(0) if left else 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                posts.put((status, self.path, dict(self.headers), json.loads(body)))

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/push"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def next(self, patience_s):
        return self.posts.get(timeout=patience_s)

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
