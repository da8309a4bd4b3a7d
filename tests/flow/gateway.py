"""gateway.py: a push gateway on loopback, for the flow tests."""
import http.server
import json
import queue
import ssl
import subprocess
import threading


def make_certificate(path, address="127.0.0.1"):
    """One that signs itself, and its key, in one file."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", "2", "-subj", f"/CN={address}", "-addext",
                    f"subjectAltName=IP:{address}", "-keyout", f"{path}.key", "-out", path],
                   check=True, capture_output=True)
    with open(path, "a", encoding="utf8") as whole, open(f"{path}.key", encoding="utf8") as key:
        whole.write(key.read())
    return str(path)


class Gateway:
    """Takes what is posted, answers it with the next of `statuses` (then 200), and keeps it."""

    def __init__(self, statuses=(), certificate=None):
        """`certificate`: a PEM file with its key (make_certificate), for https."""
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
        if certificate:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate)
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.url = f"{scheme}://127.0.0.1:{self.server.server_address[1]}/push"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def next(self, patience_s):
        return self.posts.get(timeout=patience_s)

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
