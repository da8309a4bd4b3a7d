"""api.py: a server with an HTTP API for the flow tests, and its own description (OpenAPI 3.1), by
which every answer is judged."""
import base64
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import urllib.parse

from flow import PATIENCE_S, free_port
from sip import Client

HERALD = os.environ["HERALD"]

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
         "number": (int, float), "null": type(None)}


class Description:
    """The served OpenAPI document, as far as answers are judged by it."""

    def __init__(self, document):
        self.document = document

    def resolve(self, schema):
        while "$ref" in schema:
            at = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                at = at[part]
            schema = at
        return schema

    def fault(self, value, schema, where=""):
        """What is wrong with a value; None: nothing is."""
        schema = self.resolve(schema)
        if "oneOf" in schema:
            faults = [self.fault(value, one, where) for one in schema["oneOf"]]
            return None if faults.count(None) == 1 else f"{where}: {faults}"
        if "enum" in schema and value not in schema["enum"]:
            return f"{where}: {value!r} is none of {schema['enum']}"
        kinds = schema.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(isinstance(value, TYPES[kind]) and
                             not (isinstance(value, bool) and kind in ("integer", "number"))
                             for kind in kinds):
            return f"{where}: {value!r} is no {kinds}"
        if isinstance(value, dict):
            return self.fault_of_object(value, schema, where)
        if isinstance(value, list):
            return next((fault for i, item in enumerate(value) if
                         (fault := self.fault(item, schema.get("items", {}), f"{where}/{i}"))),
                        None)
        if value is not None and schema.get("format") == "date-time" and not re.fullmatch(
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value):
            return f"{where}: {value!r} is no time"
        return None

    def fault_of_object(self, value, schema, where):
        for name in schema.get("required", []):
            if name not in value:
                return f"{where}: there is no {name}"
        for name, item in value.items():
            if name not in schema.get("properties", {}):
                return f"{where}: {name} is not described"
            fault = self.fault(item, schema["properties"][name], f"{where}/{name}")
            if fault:
                return fault
        return None

    def check(self, method, path, status, content):
        path = urllib.parse.urlsplit(path).path
        for pattern, verbs in self.document["paths"].items():
            if not re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", pattern), path):
                continue
            answers = verbs[method.lower()]["responses"]
            assert str(status) in answers, (method, path, status, answers.keys())
            for kind, body in answers[str(status)].get("content", {}).items():
                if kind == "application/json" and isinstance(content, (dict, list)):
                    fault = self.fault(content, body["schema"])
                    assert not fault, (method, path, fault)
            return
        raise AssertionError(f"{path} is not described")


class Place:
    """A server with an API, its first token, and its own description."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.log = self.folder / "herald.log"
        self.port = free_port()
        self.web = self.port + 1
        self.process = self.token = self.description = None
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
