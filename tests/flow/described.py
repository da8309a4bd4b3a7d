"""described.py: the API's own description, and answers judged by it."""
import re
import urllib.parse

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
        if not schema:
            return None  # anything
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
