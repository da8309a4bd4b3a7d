"""interop.py: what the tests with real clients share: the server, and one face for each client.

A client that others wrote is started without a terminal in a folder of its own, told what to do in
its own way (baresip: its control socket; linphonec: its standard input), and watched through what
it prints. Every client here can do the same few things, so that a test is a talk between any two:

    start, quit         register and subscribe to the friend; leave as a user leaves
    shows("Online")     what this client shows of its friend, as it says it
    say, hears          a message to the friend, one from the friend
    go("offline")       change the own presence
    call, rings, answer, talks, hold, resume, hang_up, ends     a call; it talks when it hears sound
"""
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import wave

SOURCE = pathlib.Path(os.environ.get("SOURCE", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SOURCE / "tests" / "flow"))
import flow  # noqa: E402: beside, in tests/flow
from flow import PATIENCE_S, eventually, free_port  # noqa: E402

HERALD = os.environ["HERALD"]
USERS = ("alice", "bob", "carol")


def needs(program):
    """The path of a client's program. A missing one is a failure, never a reason to skip."""
    path = shutil.which(program)
    assert path, f"{program} is not installed; etc/install-packages test installs it"
    return path


def free_ports(count):
    """The first of so many neighbours that are free (baresip also takes the port after its own)."""
    for _ in range(100):
        first = free_port()
        try:
            for port in range(first, first + count):
                for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                        with socket.socket(family, kind) as probe:
                            probe.bind((host, port))
            return first
        except (OSError, OverflowError):
            continue
    raise RuntimeError("no free ports")


class Place:
    """A server with accounts, in a folder of its own, and the clients that were started there."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "herald.conf"
        self.log = self.folder / "herald.log"
        self.certificate = self.folder / "data" / "self-signed.pem"  # made at the first start
        self.port = free_port()
        self.server = None
        self.clients = []
        self.config.write_text(
            'data = "data";\n'
            f'listen = [ "127.0.0.1:{self.port}", "[::1]:{self.port}", '
            f'"tls:127.0.0.1:{self.port + 1}" ];\n'
            'domains = ( { name = "127.0.0.1"; aliases = [ "localhost", "[::1]" ]; } );\n'
            'log: { file = "herald.log"; };\n')
        for user in USERS:
            subprocess.run([HERALD, "user", "add", user, "--config", str(self.config)], text=True,
                           input=f"{user}-pw\n", check=True, capture_output=True,
                           timeout=PATIENCE_S)

    def start(self):
        with open(self.folder / "errors", "a", encoding="utf8") as errors:
            self.server = subprocess.Popen([HERALD, "--config", str(self.config)], text=True,
                                           stdout=subprocess.PIPE, stderr=errors)
        line = self.server.stdout.readline()
        assert line.startswith("herald ready: "), (line, self.errors())

    def errors(self):
        return (self.folder / "errors").read_text()

    def tone(self):
        """A file with a minute of sound for clients without a microphone."""
        path = self.folder / "tone.wav"
        if not path.exists():
            with wave.open(str(path), "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(2)
                out.setframerate(8000)
                period = b"".join(round(12000 * (step % 20 - 10) / 10).to_bytes(2, "little", signed=True)
                                  for step in range(20))  # a saw tooth of 400 Hz
                out.writeframes(period * 400 * 60)
        return path

    def crash_and_restart(self):
        self.server.kill()
        self.server.communicate(timeout=PATIENCE_S)
        self.start()

    def end(self):
        """The server leaves cleanly, without a word of the sanitizers or an error in its log."""
        self.server.send_signal(signal.SIGTERM)
        self.server.communicate(timeout=PATIENCE_S)
        assert self.server.returncode == 0 and self.errors() == "", self.errors()
        bad = [line for line in self.log.read_text().splitlines()
               if re.match(r"\S+ (error|warning) ", line)]
        assert not bad, bad

    def connections(self):
        """How many stream connections the server has accepted and still holds."""
        held = set()
        for entry in pathlib.Path(f"/proc/{self.server.pid}/fd").iterdir():
            try:
                held.add(os.readlink(entry))
            except FileNotFoundError:  # closed since
                pass
        sockets = (line.split() for table in ("tcp", "tcp6") for line in
                   pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        listening = "0A"
        return sum(f"socket:[{words[9]}]" in held and words[3] != listening for words in sockets)

    def memory_kb(self):
        status = pathlib.Path(f"/proc/{self.server.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])

    def close(self):
        for client in self.clients:
            client.stop()
        if self.server and self.server.poll() is None:
            self.server.kill()
        if self.server:
            self.server.communicate()


class Client:
    """What all clients have in common: a folder, a process and what it has printed."""

    def __init__(self, place, user, friend, transport="udp", host="127.0.0.1"):
        self.place, self.user, self.friend = place, user, friend
        self.transport, self.host = transport, host
        port = place.port + (transport == "tls")
        self.server = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.domain = f"[{host}]" if ":" in host else host
        self.folder = place.folder / f"{type(self).__name__.lower()}-{user}-{len(place.clients)}"
        self.folder.mkdir()
        self.printed = self.folder / "printed"
        self.process = None
        self.attended = 0
        place.clients.append(self)

    def launch(self, *command):
        """Its standard input stays open until it is stopped: clients leave when it ends."""
        with open(self.printed, "a", encoding="utf8") as out:
            self.process = subprocess.Popen(
                [needs(command[0]), *command[1:]], stdin=subprocess.PIPE, stdout=out, stderr=out,
                cwd=self.folder, env={**os.environ, "HOME": str(self.folder),
                                        "TMPDIR": str(self.folder)})

    def output(self):
        text = self.printed.read_text(errors="replace") if self.printed.exists() else ""
        return re.sub(r"\x1b\[[0-9;]*m", "", text)

    def attend(self):
        """What `notices` looks at begins here."""
        self.attended = len(self.output())

    def notices(self, pattern):
        eventually(f"{self} prints {pattern!r}",
                   lambda: re.search(pattern, self.output()[self.attended:]))

    def never_notices(self, pattern):
        assert not re.search(pattern, self.output()[self.attended:]), (str(self), pattern)

    def prints(self, text):
        eventually(f"{self} prints {text!r}", lambda: text in self.output())

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.communicate()

    def leave(self):
        """Waits for a client that was told to leave; it has to end as if nothing were wrong."""
        self.process.communicate(timeout=PATIENCE_S)
        assert self.process.returncode == 0, (str(self), self.process.returncode)
        self.process = None

    def returns(self):
        """After a restart of the server: waits until this client can be reached again."""

    def tail(self):
        lines = self.output().splitlines()
        return [line for line in lines if "ctrl_tcp" not in line][-25:]

    def __str__(self):
        return f"{type(self).__name__} of {self.user}"


class Baresip(Client):
    """baresip, told over its control socket (netstrings with JSON in them)."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        # sip_listen takes the next port too, for TLS
        self.port, self.control = free_ports(2), free_port()
        (self.folder / "config").write_text("\n".join((
            f"sip_listen {f'[{self.host}]' if ':' in self.host else self.host}:{self.port}",
            f"net_interface {self.host}",
            "module_path /usr/lib/baresip/modules",
            "module stdio.so", "module g711.so", "module uuid.so", "module aufile.so",
            f"audio_source aufile,{self.place.tone()}",
            f"sip_cafile {self.place.certificate}",
            "module_tmp account.so", "module_app contact.so", "module_app menu.so",
            "module_app presence.so", "module_app ctrl_tcp.so",
            f"ctrl_tcp_listen 127.0.0.1:{self.control}", "")))
        (self.folder / "accounts").write_text(
            f"<sip:{self.user}@{self.domain}>;auth_user={self.user};auth_pass={self.user}-pw;"
            f'outbound="sip:{self.server};transport={self.transport}";regint=600;pubint=600\n')
        (self.folder / "contacts").write_text(
            f'"{self.friend}" <sip:{self.friend}@{self.domain}>;presence=p2p\n')

    def start(self):
        self.launch("baresip", "-v", "-s", "-f", str(self.folder))
        self.prints("All 1 useragent registered successfully!")

    def tell(self, command, words=""):
        request = json.dumps({"command": command, "params": words, "token": "herald"})
        with socket.create_connection(("127.0.0.1", self.control), timeout=PATIENCE_S) as sock:
            sock.sendall(f"{len(request)}:{request},".encode())
            got = b""
            while b'"token":"herald"' not in got:  # events may come before the answer
                more = sock.recv(65536)
                assert more, f"{self} hung up on {command}: {got!r}"
                got += more
        assert b'"ok":true' in got, (command, got)
        return re.sub(r"\\u001b\[[0-9;]*m", "", got.decode(), flags=re.I)

    def shows(self, state):
        eventually(f"{self} shows {self.friend} {state}", lambda: re.search(
            rf"{state}\s+{self.friend}\b", self.tell("contacts")))

    def say(self, text):
        self.tell("message", text)

    def hears(self, text):
        self.prints(f': "{text}"')

    def go(self, state):
        self.tell(f"presence_{state}")

    def call(self):
        self.tell("dial", f"sip:{self.friend}@{self.domain}")

    def rings(self):
        self.notices(r"SIP/2.0 180 ")

    def answer(self):
        self.tell("accept")

    def talks(self):
        self.notices(r"stream: incoming rtp for 'audio' established")

    def hold(self):
        self.attend()
        self.tell("hold")
        self.notices(r"(?s)a=sendonly.*SIP/2.0 200 .*\nACK ")

    def resume(self):
        self.attend()
        self.tell("resume")
        self.notices(r"(?s)\nINVITE .*SIP/2.0 200 .*\nACK ")

    def hang_up(self):
        self.tell("hangup")

    def ends(self):
        self.notices(r"audio: destroyed")

    def quit(self):
        self.tell("quit")
        self.leave()

    def transports(self):
        return set(re.findall(r"^(UDP|TCP|TLS) \S+ -> ", self.output(), re.M))


class Linphone(Client):
    """linphonec, told over its standard input. It has no word for the own presence: it is online
    while it runs and says so, and says that it is offline when it quits."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        (self.folder / ".local/share/linphone").mkdir(parents=True)  # else its database fails
        (self.folder / "rc").write_text("\n".join((
            "[sip]",
            f"sip_port={-1 if self.transport == 'udp' else 0}",  # -1: any, 0: none
            f"sip_tcp_port={-1 if self.transport == 'tcp' else 0}",
            f"sip_tls_port={-1 if self.transport == 'tls' else 0}",
            f"root_ca={self.place.certificate}",
            "guess_hostname=1", "default_proxy=0",
            f"use_ipv6={int(':' in self.host)}", "register_only_when_network_is_up=0",
            f"bind_address={self.host}",
            "refresher_retry_after=1000",  # milliseconds after a failure; 60 000 otherwise
            # else it offers its sound at an address of this machine that is not loopback
            "[net]", f"prefer_ipv6={int(':' in self.host)}", f"nat_address={self.host}",
            "firewall_policy=1", "[rtp]", f"bind_address={self.host}",
            "[auth_info_0]", f"username={self.user}", f"passwd={self.user}-pw",
            "[proxy_0]", f"reg_proxy=<sip:{self.server};transport={self.transport}>",
            f"reg_identity=sip:{self.user}@{self.domain}",
            "reg_expires=600", "reg_sendregister=1", "publish=1",
            "[friend_0]", f'url="{self.friend}" <sip:{self.friend}@{self.domain}>',
            "pol=accept", "subscribe=1", "")))
        self.seen = 0  # where the output of this run begins
        self.registrations = 0  # that the trace tells of, when it was last known to be fine

    def start(self):
        self.seen = len(self.output())
        self.launch("linphonec", "-c", "rc", "-d", "6", "-l", str(self.folder / "trace"))
        eventually(f"{self} registers", self.registered)
        self.registrations = self.count_registrations()

    def returns(self):
        """Over TCP it notices that the server was away, and cannot be reached until it is back."""
        if self.transport in ("tcp", "tls"):
            eventually(f"{self} registers again",
                       lambda: self.count_registrations() > self.registrations)
            self.registrations = self.count_registrations()

    def count_registrations(self):
        return self.trace().count("to [LinphoneRegistrationOk]")

    def count_notified(self):
        return len(re.findall(r"^NOTIFY sip:", self.trace(), re.M))

    def trace(self):
        return (self.folder / "trace").read_text(errors="replace")

    def registered(self):
        """It only tells when asked."""
        answers = len(re.findall(r"registered[,=]", self.now()))
        self.tell("status register")
        eventually(f"{self} tells its status",
                   lambda: len(re.findall(r"registered[,=]", self.now())) > answers)
        return "registered, identity" in self.now()

    def now(self):
        return self.output()[self.seen:]

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def shows(self, state):
        """It prints a line at each change; the last one is what it shows."""
        eventually(f"{self} shows {self.friend} {state}", lambda: re.findall(
            rf'Friend "?{self.friend}\b.* is (.+)', self.now())[-1:] == [state])

    def say(self, text):
        self.tell(f"chat sip:{self.friend}@{self.domain} {text}")

    def hears(self, text):
        eventually(f"{self} hears {text!r}", lambda: re.search(
            rf"Message received from .*{self.friend}@.*: {text}\n", self.now()))

    def has_sound(self):
        self.tell("soundcard use files")
        self.tell(f"play {self.place.tone()}")

    def call(self):
        self.has_sound()
        self.tell(f"call sip:{self.friend}@{self.domain}")

    def rings(self):
        self.has_sound()
        self.notices("Receiving new incoming call")

    def answer(self):
        self.tell("answer")

    def talks(self):
        self.notices("Media streams established")

    def hold(self):
        self.attend()
        self.tell("pause")
        self.notices("is now paused")

    def resume(self):
        self.attend()
        self.tell("resume")
        self.notices("Media streams established")

    def hang_up(self):
        self.tell("terminate")

    def ends(self):
        self.notices(r"Call \d+ with .* (ended|error)")

    def go(self, state):
        if state == "offline":
            self.quit()
        elif not self.process:
            self.start()

    def quit(self):
        self.tell("quit")
        self.leave()

    def transports(self):
        return set(re.findall(r"^Via: SIP/2.0/(\w+) ", self.trace(), re.M))


def talk(place, one, other):
    """The main job, for two clients: they see each other and talk, also over a crash."""
    place.start()
    one.start()
    other.start()
    one.shows("Online")
    other.shows("Online")
    for changing, watching in ((one, other), (other, one)):
        changing.go("offline")
        watching.shows("Offline")
        changing.go("online")
        watching.shows("Online")
    exchange(one, other, "before")
    place.crash_and_restart()
    one.returns()
    other.returns()
    exchange(one, other, "after")
    one.go("offline")
    other.shows("Offline")  # and `other` has not been started anew
    one.go("online")
    other.shows("Online")
    exchange(one, other, "at last")
    one.quit()
    other.quit()
    for client in (one, other):
        assert client.transports() >= {client.transport.upper()}, (str(client), client.transports())
    place.end()


def telephone(place, one, other):
    """The other job: they call each other; ringing, answer, hold, the end, and a call that is
    cancelled, from either side."""
    place.start()
    one.start()
    other.start()
    for caller, callee in ((one, other), (other, one)):
        for client in (caller, callee):
            client.attend()
        caller.call()
        callee.rings()
        callee.answer()
        for client in (caller, callee):
            client.talks()
        caller.hold()
        caller.resume()
        callee.hold()
        callee.resume()
        callee.attend()
        caller.attend()
        caller.hang_up()
        for client in (caller, callee):
            client.ends()
            client.attend()
        caller.call()
        callee.rings()
        caller.hang_up()
        for client in (caller, callee):
            client.ends()
            client.never_notices("Media streams established|incoming rtp")
    one.quit()
    other.quit()
    place.end()


def exchange(one, other, when):
    one.say(f"{one.user} says hello {when}")
    other.hears(f"{one.user} says hello {when}")
    other.say(f"{other.user} answers {when}")
    one.hears(f"{other.user} answers {when}")


def main(cases):
    """Like flow.main; a case that fails also shows what the clients printed."""
    def watched(case):
        @functools.wraps(case)
        def run(place):
            try:
                case(place)
            except Exception:
                for client in place.clients:
                    print("".join(f"    {client}: {line}\n" for line in client.tail()), end="")
                if "KEEP" in os.environ:  # a folder for what the clients logged
                    shutil.copytree(place.folder, pathlib.Path(os.environ["KEEP"]) / case.__name__,
                                    dirs_exist_ok=True)
                raise
        return run
    flow.main([watched(case) for case in cases], Place)
