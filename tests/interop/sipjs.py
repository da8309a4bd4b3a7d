"""sipjs.py: SIP.js, the client of web pages, under node, as one more client of interop.py."""
import fcntl
import hashlib
import os
import shutil
import subprocess

from interop import PATIENCE_S, SOURCE, Client, eventually, needs

HERE = SOURCE / "tests/interop/sipjs"
WAIT_S = 300  # for what the network has to bring


def installed():
    """The folder with SIP.js and what it needs, as package-lock.json says; fetched once."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = SOURCE / "build/sipjs" / hashlib.sha256(lock).hexdigest()[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / ".lock", "w", encoding="utf8") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not folder.exists():
            fresh = folder.parent / ".fresh"
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, fresh)
            result = subprocess.run([needs("npm"), "ci", "--no-audit", "--no-fund",
                                     "--ignore-scripts"], cwd=fresh, timeout=WAIT_S, text=True,
                                    capture_output=True)
            assert result.returncode == 0, f"npm ci failed: {result.stderr}"
            fresh.rename(folder)
    return folder


def open_web(place):
    """Has the server listen for WebSocket, beside what it listens on."""
    text = place.config.read_text()
    place.config.write_text(text.replace(
        "listen = [ ", f'listen = [ "ws:127.0.0.1:{place.port + 2}", ', 1))


class SipJs(Client):
    """client.js, told over its standard input."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, transport="ws", **more)
        self.arrivals = 0  # that it told of, when it was last known to be there
        for name in ("client.js", "package.json"):
            shutil.copy(HERE / name, self.folder)
        os.symlink(installed() / "node_modules", self.folder / "node_modules")

    def start(self):
        self.launch("node", "client.js", self.user, self.friend, self.domain,
                    f"ws://{self.host}:{self.place.port + 2}/")
        self.returns()

    def count_arrivals(self):
        return self.output().count("arrived\n")

    def returns(self):
        eventually(f"{self} registers", lambda: self.count_arrivals() > self.arrivals)
        self.arrivals = self.count_arrivals()

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def shows(self, state):
        """It prints a line at each NOTIFY; the last one is what it shows."""
        def last():
            lines = [line for line in self.output().splitlines() if
                     line.startswith(f"{self.friend} is ")]
            return lines[-1:] == [f"{self.friend} is {state}"]
        eventually(f"{self} shows {self.friend} {state}", last)

    def say(self, text):
        self.tell(f"say {text}")

    def hears(self, text):
        self.prints(f"message: {text}\n")

    def go(self, state):
        self.tell(f"go {state}")

    def guard(self):
        """From now on it prints who watches its user, and how far each is."""
        self.tell("guard")

    def quit(self):
        self.tell("quit")
        self.process.wait(timeout=PATIENCE_S)
        self.leave()

    def trace(self):
        return (self.folder / "trace").read_text(errors="replace")

    def transports(self):
        return {"WS"} if "Via: SIP/2.0/WS " in self.trace() else set()

    def tail(self):
        return super().tail() + self.trace().splitlines()[-60:]
