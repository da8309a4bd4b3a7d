"""web.py: SIP over WebSocket (RFC 7118) for the flow tests: the client of sip.py as a browser has
it. It knows no address of its own, so its Via and Contact name a host under .invalid."""
import os
import secrets
import socket

from flow import PATIENCE_S
from sip import Client

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def frame(opcode, payload, fin=True):
    """A client's frame (RFC 6455 5.2)."""
    mask, length = os.urandom(4), len(payload)
    head = bytes([(0x80 if fin else 0) | opcode])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 65536:
        head += bytes([0x80 | 126]) + length.to_bytes(2, "big")
    else:
        head += bytes([0x80 | 127]) + length.to_bytes(8, "big")
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def take_frame(stream):
    """The first frame of a server's bytes and what stands behind it; None: it is not whole."""
    if len(stream) < 2:
        return None
    assert stream[1] < 128, "a server masks nothing"
    size = {126: 2, 127: 8}.get(stream[1], 0)
    length = int.from_bytes(stream[2:2 + size], "big") if size else stream[1]
    end = 2 + size + length
    if len(stream) < 2 + size or len(stream) < end:
        return None
    return (stream[0] & 15, stream[2 + size:end]), stream[end:]


def hello(protocol="sip", **fields):
    """The request that begins a WebSocket (RFC 6455 4.1); a field of None is left out."""
    fields = {"Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade",
              "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Protocol": protocol, **fields}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return ("GET /sip HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode()


def handshake(sock, request):
    """The head of the answer, and what came behind it."""
    sock.sendall(request)
    stream = b""
    while b"\r\n\r\n" not in stream:
        got = sock.recv(65536)
        assert got, stream
        stream += got
    head, _, rest = stream.partition(b"\r\n\r\n")
    return head.decode(), rest


def ask_to_upgrade(port, **fields):
    """The status that a handshake gets."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as sock:
        head, _ = handshake(sock, hello(**fields))
        return int(head.split()[1])


class WebClient(Client):
    """A page in a browser."""

    def __init__(self, port, user, tls=None, **fields):
        super().__init__(port, user, tcp=True, tls=tls)
        self.transport = "WSS" if tls else "WS"
        self.host, self.port = f"{secrets.token_hex(6)}.invalid", 9
        self.pongs = 0
        head, self.stream = handshake(self.sock, hello(**fields))
        assert head.startswith("HTTP/1.1 101 "), head
        assert "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, head
        assert "Sec-WebSocket-Protocol: sip" in head, head

    def contact(self):
        return f"<sip:{self.user}@{self.host};transport=ws>"

    def put(self, raw):
        self.sock.sendall(frame(TEXT, raw))

    def receive(self):
        raw = self.sock.recv(65536)
        assert raw, "the server closed the connection"
        self.stream += raw
        if self.transport == "WSS" and self.sock.pending():  # select does not show it
            self.stream += self.sock.recv(self.sock.pending())
        while (taken := take_frame(self.stream)) is not None:
            (opcode, payload), self.stream = taken
            assert opcode != CLOSE, payload
            alive = opcode == PONG or payload == b"\r\n"  # RFC 5626 4.4.1
            self.pongs += alive
            if opcode == PING:
                self.sock.sendall(frame(PONG, payload))
            elif opcode == TEXT and not alive:
                self.serve(payload)
