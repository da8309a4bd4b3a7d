"""relay.py: a bad network between UDP clients and a server: it loses, doubles and reorders.

What happens to which datagram depends on the seed alone, so a failure can be played again.
"""
import heapq
import itertools
import random
import selectors
import socket
import threading
import time

LOST, DOUBLED, LATE = 0.15, 0.05, 0.25  # of all datagrams
LATEST_S = 0.12  # later than the next one: they overtake each other


class Relay:
    """Clients send to `port`; each gets a socket of its own towards the server."""

    def __init__(self, server_port, seed=1, host="127.0.0.1"):
        self.server, self.host = (host, server_port), host
        self.dice = random.Random(seed)
        self.selector = selectors.DefaultSelector()
        self.front = self.bind()
        self.port = self.front.getsockname()[1]
        self.upstream, self.client_of = {}, {}  # by client address; by socket
        self.waiting, self.order = [], itertools.count()  # heap of what leaves later
        self.counts = {"passed": 0, "lost": 0, "doubled": 0, "late": 0}
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def bind(self):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        sock.bind((self.host, 0))
        sock.setblocking(False)
        self.selector.register(sock, selectors.EVENT_READ)
        return sock

    def close(self):
        self.ending.set()
        self.thread.join()
        for sock in (self.front, *self.client_of):
            sock.close()

    def run(self):
        while not self.ending.is_set():
            for key, _ in self.selector.select(0.005):
                self.take(key.fileobj)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                self.leave(*heapq.heappop(self.waiting)[2:])

    def take(self, sock):
        try:
            data, sender = sock.recvfrom(65536)
        except OSError:  # the other side is away just now
            return
        if sock is not self.front:
            self.judge(self.front, data, self.client_of[sock])
            return
        if sender not in self.upstream:
            self.upstream[sender] = self.bind()
            self.client_of[self.upstream[sender]] = sender
        self.judge(self.upstream[sender], data, self.server)

    def judge(self, sock, data, to):
        chance = self.dice.random()
        if chance < LOST:
            self.counts["lost"] += 1
            return
        if chance < LOST + DOUBLED:
            self.counts["doubled"] += 1
            self.leave(sock, data, to)
        if chance > 1 - LATE:
            self.counts["late"] += 1
            due = time.monotonic() + self.dice.random() * LATEST_S
            heapq.heappush(self.waiting, (due, next(self.order), sock, data, to))
        else:
            self.leave(sock, data, to)

    def leave(self, sock, data, to):
        self.counts["passed"] += 1
        try:
            sock.sendto(data, to)
        except OSError:
            pass
