"""nameserver.py: nsd with a zone of ours, for the tests that look into the DNS."""
import os
import pathlib
import signal
import socket
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "interop"))
import interop  # noqa: E402: who has nsd
from flow import PATIENCE_S, eventually, free_port  # noqa: E402

TTL_S = 300
os.environ["PATH"] += ":/usr/sbin"  # where Debian has it


class NameServer:
    """nsd on loopback, with the one zone test.example."""

    def __init__(self, folder):
        self.folder, self.port, self.process, self.serial = folder, free_port(), None, 0x5eed0000
        self.zone = folder / "test.example.zone"
        (folder / "nsd.conf").write_text(
            f'server:\n ip-address: 127.0.0.1@{self.port}\n server-count: 1\n username: ""\n'
            f' chroot: ""\n zonesdir: "{folder}"\n pidfile: "{folder}/nsd.pid"\n database: ""\n'
            f' logfile: "{folder}/nsd.log"\n xfrdfile: "{folder}/xfrd"\n xfrdir: "{folder}"\n'
            f' zonelistfile: "{folder}/zone.list"\n rrl-ratelimit: 0\n'
            'remote-control:\n control-enable: no\n'
            'zone:\n name: "test.example"\n zonefile: "test.example.zone"\n')

    def write(self, records, ttl_s=TTL_S):
        self.serial += 1
        lines = [f"$ORIGIN test.example.\n$TTL {ttl_s}",
                 f"@ SOA ns admin {self.serial} 3600 600 86400 {ttl_s}", "@ NS ns",
                 "ns A 127.0.0.1", "here A 127.0.0.1", *records]
        self.zone.write_text("\n".join(lines) + "\n")

    def start(self):
        self.process = subprocess.Popen(
            [interop.needs("nsd"), "-d", "-c", str(self.folder / "nsd.conf")],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually("nsd answers", self.answers)

    def answers(self):
        """True when it tells the zone as it was written last: its serial number stands in the SOA."""
        question = b"\0\1\1\0\0\1\0\0\0\0\0\0" b"\4test\7example\0" b"\0\6\0\1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            sock.connect(("127.0.0.1", self.port))
            try:
                sock.send(question)
                return self.serial.to_bytes(4, "big") in sock.recv(4096)
            except OSError:
                return False

    def reload(self, records, ttl_s=TTL_S):
        self.write(records, ttl_s)
        self.process.send_signal(signal.SIGHUP)
        eventually("nsd has the new zone", self.answers)

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(PATIENCE_S)
            self.process = None
