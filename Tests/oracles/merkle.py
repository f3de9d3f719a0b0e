#!/usr/bin/env python3
"""RFC 6962 written down from the RFC, sharing no code with Kept: checks trees, proofs and tiles that Kept made.

usage: merkle.py trees FILE                  roots and proofs of small trees, one a line (below); every one is made again
       merkle.py ledger LINES PROOF...       proofs in the C2SP texts, about a ledger whose canonical lines are given
       merkle.py tiles DIR                   a C2SP tlog-tiles folder: every tile and bundle from the entries alone
Lines of FILE: leaf HASH · root N HASH · inclusion N INDEX HASH... · consistency M N HASH... (hexadecimal)
Exit status: 0 all is as the RFC says, 1 not (the first differences are printed).
"""
import base64
import hashlib
import os
import struct
import sys


def leaf_hash(data):
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(n):
    """The largest power of two smaller than n (RFC 6962, 2.1)."""
    k = 1
    while 2 * k < n:
        k *= 2
    return k


class Tree:
    """MTH, PATH and PROOF of RFC 6962, 2.1 to 2.1.2, over the hashes of leaves; MTH of a range is computed once."""

    def __init__(self, leaves):
        self.leaves = leaves
        self.known = {}

    def mth(self, start, end):
        if end == start:
            return hashlib.sha256(b"").digest()
        if end - start == 1:
            return self.leaves[start]
        if (start, end) not in self.known:
            k = split(end - start)
            self.known[start, end] = node_hash(self.mth(start, start + k), self.mth(start + k, end))
        return self.known[start, end]

    def path(self, m, start, end):
        n = end - start
        if n == 1:
            return []
        k = split(n)
        if m < k:
            return self.path(m, start, start + k) + [self.mth(start + k, end)]
        return self.path(m - k, start + k, end) + [self.mth(start, start + k)]

    def proof(self, m, n):
        return self.subproof(m, 0, n, True) if 0 < m < n else []

    def subproof(self, m, start, end, whole):
        n = end - start
        if m == n:
            return [] if whole else [self.mth(start, end)]
        k = split(n)
        if m <= k:
            return self.subproof(m, start, start + k, whole) + [self.mth(start + k, end)]
        return self.subproof(m - k, start + k, end, False) + [self.mth(start, start + k)]


class Differences:
    def __init__(self):
        self.checked = 0
        self.found = []

    def equal(self, what, found, expected):
        self.checked += 1
        if found != expected:
            self.found.append(f"{what}: {found!r}, expected {expected!r}")

    def end(self):
        for difference in self.found[:10]:
            print(difference)
        print(f"{self.checked} checked, {len(self.found)} differ")
        sys.exit(1 if self.found else 0)


def check_trees(file):
    differences = Differences()
    tree = Tree([])
    for line in open(file):
        word, *rest = line.split()
        if word == "leaf":
            tree.leaves.append(bytes.fromhex(rest[0]))
        elif word == "root":
            differences.equal(line.strip()[:20], rest[1], tree.mth(0, int(rest[0])).hex())
        elif word == "inclusion":
            n, index = int(rest[0]), int(rest[1])
            differences.equal(f"inclusion {n} {index}", rest[2:], [h.hex() for h in tree.path(index, 0, n)])
        elif word == "consistency":
            m, n = int(rest[0]), int(rest[1])
            differences.equal(f"consistency {m} {n}", rest[2:], [h.hex() for h in tree.proof(m, n)])
    differences.end()


def read_checkpoint(lines):
    return lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)


def check_ledger(lines_file, proof_files):
    differences = Differences()
    lines = open(lines_file, "rb").read().split(b"\n")[:-1]
    tree = Tree([leaf_hash(line) for line in lines])
    for file in proof_files:
        head, _, rest = open(file).read().partition("\n\n")
        _, count, root = read_checkpoint(rest.split("\n"))
        differences.equal(f"{file}: root of {count}", root, tree.mth(0, count))
        head = head.split("\n")
        if head[0] == "c2sp.org/tlog-proof@v1":
            extra = None
            if head[1].startswith("extra "):
                extra = base64.b64decode(head.pop(1)[6:], validate=True)
            index = int(head[1].removeprefix("index "))
            if extra is not None:
                differences.equal(f"{file}: line", extra, lines[index])
            expected = tree.path(index, 0, count)
        else:
            expected = tree.proof(int(head[0].removeprefix("old ")), count)
            head = [""] + head
        differences.equal(f"{file}: hashes", [base64.b64decode(h, validate=True) for h in head[2:]], expected)
    differences.end()


def tile_path(level, number, width):
    groups = []
    while True:
        groups.insert(0, f"{number % 1000:03}")
        number //= 1000
        if number == 0:
            break
    path = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return f"tile/{level}/{path}" + (f".p/{width}" if width < 256 else "")


def check_tiles(folder):
    differences = Differences()
    _, count, root = read_checkpoint(open(folder + "/checkpoint").read().split("\n"))
    expected = {"checkpoint"}
    leaves = []
    for number in range((count + 255) // 256):
        width = min(256, count - number * 256)
        path = tile_path("entries", number, width)
        expected.add(path)
        bundle = open(f"{folder}/{path}", "rb").read()
        for _ in range(width):
            (length,) = struct.unpack_from(">H", bundle)
            leaves.append(leaf_hash(bundle[2 : 2 + length]))
            bundle = bundle[2 + length :]
        differences.equal(f"{path}: bytes left", bundle, b"")
    tree = Tree(leaves)
    differences.equal("root", root, tree.mth(0, count))
    level = 0
    while count >> (8 * level):
        size = 256**level
        nodes = count // size
        for number in range((nodes + 255) // 256):
            width = min(256, nodes - number * 256)
            path = tile_path(level, number, width)
            expected.add(path)
            first = number * 256
            hashes = b"".join(tree.mth(i * size, (i + 1) * size) for i in range(first, first + width))
            differences.equal(path, open(f"{folder}/{path}", "rb").read(), hashes)
        level += 1
    found = {os.path.relpath(os.path.join(top, name), folder) for top, _, names in os.walk(folder) for name in names}
    differences.equal("files", sorted(found), sorted(expected))
    differences.end()


def main():
    mode, rest = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 2 else (None, [])
    if mode == "trees":
        check_trees(rest[0])
    elif mode == "ledger":
        check_ledger(rest[0], rest[1:])
    elif mode == "tiles":
        check_tiles(rest[0])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
