"""sip.py: a small SIP client for the flow tests, with its hands on every byte.

Single-threaded: whoever waits also serves what comes in meanwhile (NOTIFY and MESSAGE are answered
200 and kept in `incoming`). Requests over UDP are repeated until they are answered, as RFC 3261
17.1.2 has it, also over a restart of the server.
"""
import hashlib
import itertools
import re
import secrets
import select
import socket
import time

from flow import PATIENCE_S


class Message:
    """One message taken apart; fields by their lower-case long name, a list of values each."""

    def __init__(self, raw):
        self.raw = raw
        head, _, body = raw.partition(b"\r\n\r\n")
        self.start, *lines = head.decode(errors="replace").split("\r\n")
        self.body = body.decode(errors="replace")
        self.fields = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.fields.setdefault(name.strip().lower(), []).append(value.strip())

    @property
    def status(self):
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def method(self):
        return None if self.start.startswith("SIP/2.0 ") else self.start.split()[0]

    def __getitem__(self, name):
        return self.fields[name.lower()][0]

    def get(self, name, otherwise=""):
        return self.fields.get(name.lower(), [otherwise])[0]

    @property
    def cseq(self):
        return int(self["CSeq"].split()[0])

    def tag(self, name):
        found = re.search(r";tag=([^;]+)", self[name])
        return found[1] if found else ""


def answer_to(request, status="200 OK"):
    lines = [f"SIP/2.0 {status}"]
    for name in ("via", "from", "to", "call-id", "cseq"):
        lines += [f"{name}: {value}" for value in request.fields.get(name, [])]
    return ("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n").encode()


class Timeout(AssertionError):
    pass


class Client:
    """A user's device on a socket of its own."""

    def __init__(self, port, user, domain="127.0.0.1", tcp=False, host="127.0.0.1",
                 server="127.0.0.1", tls=None):
        """`tls`: an ssl.SSLContext, by which the server must prove the domain."""
        self.user, self.domain, self.aor = user, domain, f"sip:{user}@{domain}"
        tcp = tcp or tls is not None
        self.tcp, self.stream = tcp, b""
        self.transport = "TLS" if tls else "TCP" if tcp else "UDP"
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        self.sock.settimeout(PATIENCE_S)
        self.sock.bind((host, 0))
        self.sock.connect((server, port))
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname=domain)
        self.host, self.port = self.sock.getsockname()
        self.challenge, self.counter = None, 0
        self.incoming = []  # requests, each once
        self.silent = False  # they are not answered
        self.seen = set()   # methods and branches of those
        self.answers = {}   # (Call-ID, CSeq) -> final answer
        self.numbers = itertools.count(1)

    def close(self):
        self.sock.close()

    def contact(self):
        transport = f";transport={self.transport.lower()}" if self.tcp else ""
        return f"<sip:{self.user}@{self.host}:{self.port}{transport}>"

    # What comes in.

    def receive(self):
        """Serves what waits on the socket."""
        try:
            raw = self.sock.recv(65536)
        except ConnectionError:  # UDP: the server is away just now
            if self.tcp:
                raise
            return
        if not self.tcp:
            self.serve(raw)
            return
        assert raw, "the server closed the connection"
        self.stream += raw
        if self.transport == "TLS" and self.sock.pending():  # select does not show it
            self.stream += self.sock.recv(self.sock.pending())
        while b"\r\n\r\n" in self.stream:
            message = Message(self.stream)
            end = self.stream.index(b"\r\n\r\n") + 4 + int(message["Content-Length"])
            if len(self.stream) < end:
                return
            raw, self.stream = self.stream[:end], self.stream[end:]
            self.serve(raw)

    def put(self, raw):
        try:
            self.sock.sendall(raw)
        except ConnectionRefusedError:  # UDP: the server is away just now
            pass

    def serve(self, raw):
        message = Message(raw)
        if message.status:
            number = message.get("CSeq").split(" ")[0]
            if message.status >= 200 and number.isdecimal():  # else an answer to something broken
                self.answers[message.get("Call-ID"), int(number)] = message
            return
        if not self.silent:
            self.put(answer_to(message))
        branch = re.search(r"branch=([^;\s,]+)", message["Via"])[1]
        if (message.method, branch) not in self.seen:  # a CANCEL has its INVITE's branch
            self.seen.add((message.method, branch))
            self.incoming.append(message)

    def wait(self, condition, patience_s=PATIENCE_S, others=(), resend=None):
        """Serves this client and others until the condition holds; what it gave."""
        clients = {client.sock: client for client in (self, *others)}
        end, pause, due = time.monotonic() + patience_s, 0.1, time.monotonic() + 0.1
        while True:
            value = condition()
            if value:
                return value
            now = time.monotonic()
            if now >= end:
                raise Timeout("did not come")
            if resend and not self.tcp and now >= due:
                self.put(resend)
                pause = min(2 * pause, 0.4)
                due = now + pause
            for sock in select.select(list(clients), [], [], 0.02)[0]:
                clients[sock].receive()

    # What goes out.

    def build(self, method, target=None, fields=(), body="", to=None, dialog=None, uri=None):
        """The bytes of a request. `dialog` is [Call-ID, From tag, To tag, last CSeq]."""
        dialog = dialog or [secrets.token_hex(8), secrets.token_hex(4), "", 0]
        dialog[3] += 1
        call_id, mine, theirs, cseq = dialog
        uri = uri or target or self.aor
        lines = [f"{method} {uri} SIP/2.0",
                 f"Via: SIP/2.0/{self.transport} {self.host}:{self.port};"
                 f"branch=z9hG4bK{secrets.token_hex(8)};rport",
                 "Max-Forwards: 70",
                 f"From: <{self.aor}>;tag={mine}",
                 f"To: <{to or target or self.aor}>" + (f";tag={theirs}" if theirs else ""),
                 f"Call-ID: {call_id}", f"CSeq: {cseq} {method}"]
        lines += self.credentials(method, uri)
        lines += [*fields, f"Content-Length: {len(body.encode())}", "", body]
        return "\r\n".join(lines).encode()

    def credentials(self, method, uri):
        """The answer to the last challenge (RFC 7616 3.4.1), used again and again."""
        if not self.challenge:
            return []
        self.counter += 1
        nc, realm, nonce = f"{self.counter:08x}", self.challenge["realm"], self.challenge["nonce"]

        def md5(text):
            return hashlib.md5(text.encode()).hexdigest()
        ha1 = md5(f"{self.user}:{realm}:{self.user}-pw")
        response = md5(f"{ha1}:{nonce}:{nc}:cn:auth:{md5(f'{method}:{uri}')}")
        kind = self.challenge["kind"].replace("WWW-Authenticate", "Authorization").replace(
            "Proxy-Authenticate", "Proxy-Authorization")
        return [f'{kind}: Digest username="{self.user}", realm="{realm}", nonce="{nonce}", '
                f'uri="{uri}", response="{response}", algorithm=MD5, qop=auth, nc={nc}, '
                'cnonce="cn"']

    def send(self, raw, others=()):
        """Sends these bytes until there is a final answer, and gives it. Sent again later, the
        same bytes are a retransmission."""
        key = (Message(raw)["Call-ID"], Message(raw).cseq)
        self.answers.pop(key, None)
        self.put(raw)
        return self.wait(lambda: self.answers.get(key), others=others, resend=raw)

    def request(self, method, target=None, others=(), dialog=None, **more):
        """Builds and sends; answers a challenge. Gives the bytes that were sent last, and the
        answer."""
        dialog = dialog or [secrets.token_hex(8), secrets.token_hex(4), "", 0]
        raw = self.build(method, target, dialog=dialog, **more)
        answer = self.send(raw, others)
        if answer.status in (401, 407):
            kind = "WWW-Authenticate" if answer.status == 401 else "Proxy-Authenticate"
            self.challenge = dict(re.findall(r'(\w+)="?([^",]+)"?', answer[kind]), kind=kind)
            self.counter = 0
            raw = self.build(method, target, dialog=dialog, **more)
            answer = self.send(raw, others)
        return raw, answer

    # The usual requests.

    def publish(self, tag=None, tuple_id=None, note="", expires=600, **more):
        fields = ["Event: presence", f"Expires: {expires}"]
        fields += [f"SIP-If-Match: {tag}"] if tag else []
        body = ""
        if tuple_id:
            fields.append("Content-Type: application/pidf+xml")
            body = document(self.aor, tuple_id, note)
        return self.request("PUBLISH", fields=fields, body=body, **more)

    def subscribe(self, target, dialog, expires=600, uri=None, **more):
        return self.request("SUBSCRIBE", target, dialog=dialog, uri=uri, fields=[
            "Event: presence", f"Expires: {expires}", f"Contact: {self.contact()}"], **more)

    def fetch(self, target, others=()):
        """The state of a presentity, by a subscription that is over at once (RFC 6665 4.4.3)."""
        dialog = [secrets.token_hex(8), secrets.token_hex(4), "", 0]
        _, answer = self.subscribe(target, dialog, expires=0, others=others)
        assert answer.status == 200, answer.raw
        return self.wait(lambda: next((request for request in self.incoming if
                                       request["Call-ID"] == dialog[0]), None), others=others)

    def register(self, contacts=(), expires=600, **more):
        fields = [f"Contact: {contact}" for contact in contacts]
        return self.request("REGISTER", f"sip:{self.domain}", to=self.aor, fields=[
            *fields, *([f"Expires: {expires}"] if contacts else [])], **more)

    def bindings(self, **more):
        """The contacts, as the registrar tells them to who asks (RFC 3261 10.2.3)."""
        _, answer = self.register(**more)
        assert answer.status == 200, answer.raw
        return sorted(re.findall(r"<([^>]+)>", ", ".join(answer.fields.get("contact", []))))


def document(entity, tuple_id, note):
    return ('<?xml version="1.0"?>\r\n'
            f'<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="{entity}">'
            f'<tuple id="{tuple_id}">'
            f"<status><basic>open</basic></status><note>{note}</note></tuple></presence>\r\n")


def notes(body):
    return sorted(re.findall(r"<note[^>]*>([^<]*)</note>", body))
