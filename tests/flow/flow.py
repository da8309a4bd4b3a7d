"""flow.py: what the flow tests share: cases, patience, free ports, and a few requests by hand."""
import hashlib
import os
import pty
import random
import re
import select
import shutil
import socket
import sys
import tempfile
import time
import traceback

PATIENCE_S = 30  # for what should take moments; sanitizers and a busy machine are slow


def is_free(kind, port):
    try:
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family, kind) as probe:
                probe.bind((host, port))
    except (OSError, OverflowError):
        return False
    return True


def free_port():
    """A port that neither UDP nor TCP uses on 127.0.0.1 and ::1 just now, nor TCP the four after
    it: ./run opens TLS and WebSocket there, and tests HTTP. Below those that the system hands out by itself, or
    a client that runs beside us could be given it before it is used."""
    for _ in range(1000):
        port = random.SystemRandom().randrange(20480, 32000)
        if is_free(socket.SOCK_DGRAM, port) and all(
                is_free(socket.SOCK_STREAM, port + next) for next in range(5)):
            return port
    raise RuntimeError("no free port")


def refused(result, *words):
    """It ended with 1 and one line on standard error that holds the words."""
    assert result.returncode == 1, (result.returncode, result.stderr)
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("herald: "), result.stderr
    for word in words:
        assert str(word) in lines[0], (word, lines[0])


def on_terminal(command, answers, environment=None):
    """Runs it on a terminal, types the answers at its prompts (or what a function returns, when it
    is asked); what was shown, and its status."""
    process, terminal = pty.fork()
    if process == 0:
        os.execve(command[0], command, environment or os.environ)
    shown = b""
    try:
        for answer in [*answers, None]:
            asked = len(shown)
            while answer is None or b": " not in shown[asked:]:
                if not select.select([terminal], [], [], PATIENCE_S)[0]:
                    raise AssertionError(f"nothing happens after {shown!r}")
                try:
                    got = os.read(terminal, 4096)
                except OSError:  # the other side has gone
                    got = b""
                if not got:
                    break
                shown += got
            if callable(answer):
                answer = answer()
            if answer is not None:
                os.write(terminal, answer.encode() + b"\n")
    finally:
        os.close(terminal)
        _, code = os.waitpid(process, 0)
    return shown.decode(), os.waitstatus_to_exitcode(code)


def eventually(what, condition):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"did not happen: {what}")


def ask(port, method="OPTIONS", uri="sip:example.org", extra="", cseq=1, host="127.0.0.1",
        user="alice", domain="example.org", tcp=False):
    """Sends one request and returns the final answer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as sock:
        sock.settimeout(PATIENCE_S)
        sock.connect((host, port))
        mine = sock.getsockname()
        sent_by = f"[{mine[0]}]:{mine[1]}" if ":" in mine[0] else f"{mine[0]}:{mine[1]}"
        transport = "TCP" if tcp else "UDP"
        unique = os.urandom(6).hex()
        request = (f"{method} {uri} SIP/2.0\r\n"
                   f"Via: SIP/2.0/{transport} {sent_by};branch=z9hG4bK{unique};rport\r\n"
                   f"Max-Forwards: 70\r\nFrom: <sip:{user}@{domain}>;tag={unique}\r\n"
                   f"To: <sip:{user}@{domain}>\r\nCall-ID: {unique}@cli\r\n"
                   f"CSeq: {cseq} {method}\r\n"
                   f"Contact: <sip:{user}@{sent_by};transport={transport.lower()}>\r\n"
                   f"{extra}Content-Length: 0\r\n\r\n")
        sock.sendall(request.encode())
        while True:
            answer = sock.recv(65535).decode()
            if not answer.startswith("SIP/2.0 1"):
                return answer


def status(answer):
    return int(answer.split()[1])


def digest(answer, user, password, method, uri):
    """The Authorization field that answers a challenge (RFC 7616 3.4.1)."""
    challenge = dict(re.findall(r'(\w+)="?([^",\r]+)"?', re.search(
        r"WWW-Authenticate: Digest (.*)", answer)[1]))

    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()
    ha1 = md5(f"{user}:{challenge['realm']}:{password}")
    response = md5(f"{ha1}:{challenge['nonce']}:00000001:xyz:auth:{md5(f'{method}:{uri}')}")
    return (f'Authorization: Digest username="{user}", realm="{challenge["realm"]}", '
            f'nonce="{challenge["nonce"]}", uri="{uri}", response="{response}", '
            f'algorithm=MD5, qop=auth, nc=00000001, cnonce="xyz"\r\n')


def register(port, user, password, domain="example.org"):
    """The status of a REGISTER that answers the challenge."""
    uri = f"sip:{domain}"
    first = ask(port, "REGISTER", uri, user=user, domain=domain)
    assert status(first) == 401, first
    return status(ask(port, "REGISTER", uri, digest(first, user, password, "REGISTER", uri),
                      cseq=2, user=user, domain=domain))


def chosen(titles, words):
    """Those of the titles that hold one of the words; all when there are none. A word that no title
    holds ends the test: it would run nothing, and nothing would fail."""
    for word in words:
        if not any(word in title for title in titles):
            sys.exit("\n".join([f"not ok no case has {word!r} in its title; there are", *titles]))
    return [title for title in titles if not words or any(word in title for word in words)]


def main(cases, place_type):
    """Runs the cases (those that the arguments name), each with a place of its own. Prints TAP."""
    wanted, failed = chosen([function.__name__ for function in cases], sys.argv[1:]), 0
    for number, function in enumerate(cases, 1):
        name = function.__name__
        if name not in wanted:
            continue
        folder = tempfile.mkdtemp(prefix="flow-")
        os.chmod(folder, 0o755)
        place = place_type(folder)
        try:
            function(place)
            print(f"ok {number} {name}", flush=True)
        except Exception:  # whatever went wrong is this case's failure
            failed += 1
            print(f"not ok {number} {name}", flush=True)
            print("".join(f"    {line}\n" for line in traceback.format_exc().splitlines()))
            if place.log.exists():
                print("".join(f"    log: {line}\n" for line in
                              place.log.read_text().splitlines()[-10:]))
        finally:
            place.close()
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(1 if failed else 0)
