"""api.py: a server with an HTTP API for the flow tests; every answer is judged by its description."""
import base64
import http.client
import json
import os
import pathlib
import signal
import subprocess

from described import Description
from flow import PATIENCE_S, free_port
from sip import Client

HERALD = os.environ["HERALD"]

class Place:
    """A server with an API, its first token, and its own description."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.log = self.folder / "herald.log"
        self.port = free_port()
        self.web = self.port + 1
        self.process = self.token = self.description = None
        self.made = {}  # names that the server chose, by the parts of paths
        self.clients = []

    def start(self):
        config = self.folder / "herald.conf"
        config.write_text(
            f'data = "data"; listen = [ "127.0.0.1:{self.port}" ];\n'
            'domains = ( { name = "example.org"; } );\n'
            'log: { file = "herald.log"; level = "debug"; };\n'
            f'web: {{ listen = [ "127.0.0.1:{self.web}" ]; }};\n')
        for user in ("alice", "bob"):
            subprocess.run([HERALD, "user", "add", user, "--config", config], check=True, text=True,
                           input=f"{user}-pw\n", capture_output=True, timeout=PATIENCE_S)
        self.process = subprocess.Popen([HERALD, "--config", config], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for line in self.process.stdout:
            if line.startswith("herald token: "):
                self.token = line.split()[2]
            if line.startswith("herald ready: "):
                break
        self.description = Description(self.call("GET", "/api/v1/openapi.json", checked=False)[1])

    def call(self, method, path, body=None, checked=True, user=None, **fields):
        """Status and content of an answer, which is as described."""
        fields = {name.replace("_", "-"): value for name, value in fields.items()}
        fields["Authorization"] = f"Bearer {self.token}"
        if user:
            fields["Authorization"] = "Basic " + base64.b64encode(
                f"{user}@example.org:{user}-pw".encode()).decode()
        if body is not None:
            body = json.dumps(body)
            fields["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.web, timeout=PATIENCE_S)
        connection.request(method, path, body, fields)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if content and "json" in answer.headers.get("Content-Type", ""):
            content = json.loads(content)
        if checked and answer.status < 400:
            self.description.check(method, path, answer.status, content)
        return answer.status, content

    def get(self, path, **more):
        status, content = self.call("GET", path, **more)
        assert status == 200, (path, status, content)
        return content

    def client(self, user):
        self.clients.append(Client(self.port, user, domain="example.org"))
        return self.clients[-1]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        assert (self.process.returncode, errors) == (0, ""), (self.process.returncode, errors)

    def close(self):
        for client in self.clients:
            client.close()
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
