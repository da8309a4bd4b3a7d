"""power.py: what is left on a disk when the power fails: all that was synced, and of the rest
nothing, or by chance some.

A server that was started with `environment` writes down what its changes overwrote (power.c). Once
it was killed, `fail` takes the changes back.
"""
import os
import pathlib
import struct

LIBRARY = pathlib.Path(os.environ.get(
    "HERALD_POWER_LIBRARY", pathlib.Path(os.environ["HERALD"]).parent / "tests/flow/libpower.so"))
UNDO = struct.Struct("=QQQQ")  # struct undo


def environment(undo, lies=False):
    """For a server whose disk forgets; `undo` is a folder."""
    assert LIBRARY.exists(), f"{LIBRARY} is missing: build everything"
    options = os.environ.get("ASAN_OPTIONS", "")
    return {**os.environ, "LD_PRELOAD": str(LIBRARY), "HERALD_POWER": str(undo),
            "HERALD_POWER_LIES": "1" if lies else "0",
            "ASAN_OPTIONS": f"{options}{':' if options else ''}verify_asan_link_order=0"}


def records(raw):
    """(offset, old bytes, size before, bytes written) in their order. One that is cut off was
    never acted on."""
    found, at = [], 0
    while at + UNDO.size <= len(raw):
        offset, length, size, wrote = UNDO.unpack_from(raw, at)
        at += UNDO.size
        if at + length > len(raw):
            break
        found.append((offset, raw[at:at + length], size, wrote))
        at += length
    return found


def take_back(path, changes, survives):
    """How many changes were taken back. One that survives stays, but for what an earlier one that
    does not had overwritten; then the file keeps its size, too, with zeroes for what is lost."""
    lost = [change for change in changes if not survives()]
    with open(path, "r+b") as file:
        for offset, old, _, wrote in reversed(lost):
            file.seek(offset)
            file.write(old + bytes(max(0, wrote - len(old))))
        if len(lost) == len(changes):
            file.truncate(changes[0][2])
    return len(lost)


def fail(undo, data, rng, share=0.0):
    """Takes back all changes that were not synced, but for this share of them; how many."""
    taken = 0
    for path in sorted(pathlib.Path(undo).glob("*.undo")):
        changes = records(path.read_bytes())
        if changes:
            taken += take_back(pathlib.Path(data) / path.name.removesuffix(".undo"), changes,
                               lambda: rng.random() < share)
        path.unlink()
    return taken
