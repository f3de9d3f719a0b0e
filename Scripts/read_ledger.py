#!/usr/bin/env python3
"""Lists the events of a ledger and recomputes its root, from Sources/KeptFormat/LogFormat.md alone: no code of Kept.

usage: read_ledger.py LEDGER | BLOCK    canonical lines to standard output, the checkpoint's lines to standard error
Status: 0 sound, 1 a stored root disagrees, 2 damaged or unknown. Needs Python 3.8 and the package lz4."""
import base64, datetime, decimal, functools, hashlib, json, os, struct, sys
import lz4.block
FIELDS = "source id kind account party channel direction agent department subject currency corrects text".split()
PLACES = dict(enumerate((("", name) for name in "time recorded customer other_customer amount score due".split()), 1))
for n, name in enumerate(("customer", "other_customer")): PLACES[8 + n], PLACES[96 + n] = ("names", name), ("sealed", name)
for f, field in enumerate(FIELDS): PLACES[32 + f], PLACES[64 + f] = ("", field), ("sealed", field)

def stop(message): print("read_ledger:", message, file=sys.stderr); sys.exit(2)
def text(value): return json.dumps(value.decode() if isinstance(value, bytes) else value, ensure_ascii=False)
def time(t): return (datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=t)).strftime('"%Y-%m-%dT%H:%M:%S.%fZ"')
def obj(members):
    return "{" + ",".join(text(k) + ":" + members[k] for k in sorted(members, key=lambda k: k.encode("utf-16-be"))) + "}"
def number(mantissa, scale):
    value = decimal.Decimal(mantissa).scaleb(-scale).normalize()
    return f"{value:e}" if 0 < abs(value) < decimal.Decimal("1e-6") else f"{value:f}"
def spell(entries, codes, write=text): return [(row, write(entries[c - 1])) for row, c in enumerate(codes) if c]
def root(leaves):
    if len(leaves) < 2: return leaves[0] if leaves else hashlib.sha256().digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()

class Reader:
    """Bytes one after another: "Numbers and checksums", "Streams"."""
    def __init__(self, data, at=0): self.data, self.at = data, at
    def take(self, count):
        self.at, taken = self.at + count, self.data[self.at:self.at + count]
        return taken if len(taken) == count else stop("bytes end before a value does")
    def form(self, what, limit):
        value = self.take(1)[0]
        return value if value < limit else stop(f"unknown {what} {value}")
    def varint(self):
        byte = self.take(1)[0]
        return byte if byte < 128 else byte - 128 | self.varint() << 7
    def zigzag(self): value = self.varint(); return value >> 1 ^ -(value & 1)
    def counted(self): return self.take(self.varint())
    def blob(self):
        if self.form("codec", 2) == 0: return self.counted()
        return lz4.block.decompress(uncompressed_size=self.varint(), source=self.counted())
    def ints(self, n):
        if n == 0: return []
        mode = self.form("integer mode", 8)
        values, base = [self.zigzag()] if mode & 1 else [], self.zigzag()
        unit, count, width = self.varint(), n - (mode & 1), self.take(1)[0] if mode & 2 else None
        blob = Reader(b"" if width == 0 else self.blob())
        widths = [width] * count if mode & 2 else b"" if mode & 4 else blob.take((count + 127) // 128)
        for group in range(0, count, 128):
            here = range(min(128, count - group))
            if mode & 4: units = [blob.varint() for _ in here]
            else:
                w = widths[group // 128]
                bits = int.from_bytes(blob.take((len(here) * w + 7) // 8), "little")
                units = [bits >> j * w & (1 << w) - 1 for j in here]
            values += [base + unit * u for u in units]
        for i in range(1, n if mode & 1 else 0): values[i] += values[i - 1]
        return [(value + 2**63) % 2**64 - 2**63 for value in values]
    def rows(self, n):
        form = self.form("row set", 3)
        if form != 1: return self.ints(self.varint()) if form else list(range(n))
        bits = int.from_bytes(self.blob(), "little")
        return [row for row in range(n) if bits >> row & 1]
    def codes(self, n):
        form = self.form("form of codes", 3) if n else 0
        if form == 0: return self.ints(n)
        present, out, highest = self.rows(n), [0] * n, 0
        fresh = set(self.rows(len(present)) if form == 2 else ())
        rest = iter(self.ints(len(present) - len(fresh)))
        for i, row in enumerate(present):
            out[row] = highest + 1 if i in fresh else next(rest)
            highest = max(highest, out[row])
        return out
    def dependent(self, block):
        parent = self.form("parent of codes", 4)
        if parent == 0: return self.codes(block.n)
        of, limit = block.parent(parent)
        varying = set(self.rows(limit))
        known = dict(zip((c for c in range(limit) if c not in varying), self.codes(limit - len(varying))))
        rest = iter(self.codes(sum(code in varying for code in of)))
        return [known[code] if code in known else next(rest) for code in of]
    def strings(self, m):
        form = self.form("form of strings", 4) if m else 0
        if form == 0:
            lengths, blob = self.ints(m), Reader(self.blob() if m else b"")
            return [blob.take(length) for length in lengths]
        if form == 1:
            templates = [(self.counted(), self.take(1)[0]) for _ in range(self.varint())]
            used = self.codes(m)
            numbers = [iter(self.ints(used.count(t))) for t in range(len(templates))]
            return [templates[t][0] + b"%0*d" % (templates[t][1], next(numbers[t])) for t in used]
        pattern, places = self.counted(), iter((self.blob().hex().upper() if form == 3 else self.blob().hex()).encode())
        return [bytes(byte or next(places) for byte in pattern) for _ in range(m)]
    def grouped(self, block, rows, stream):
        grouping = self.form("grouping", 3)
        if grouping == 0: return stream(len(rows))
        of = [block.coded(36 - 2 * grouping)[1][row] for row in rows]  # 34 kind, 32 source
        groups = {group: iter(stream(of.count(group))) for group in sorted(set(of))}
        return [next(groups[group]) for group in of]
    def numbers(self, block, rows):
        scales = self.ints(len(rows)) if self.form("form of numbers", 2) else [self.take(1)[0]] * len(rows)
        return map(number, self.grouped(block, rows, self.ints), scales)

class Block:
    """"Block header" and "Columns"."""
    def __init__(self, data):
        if data[:12] != b"KEPTBLK1\1\0\0\0": stop("not a block of version 1")
        self.first, self.n, count = struct.unpack_from("<QII", data, 24)
        self.root, self.data, r = data[72:104], data, Reader(data, 128)
        self.kinds = [(r.counted(), r.varint())[0] for _ in range(r.varint())]
        entries = [(*r.take(2), r.counted().decode(), r.varint(), r.varint(), r.take(4)) for _ in range(count)]
        self.columns = {entry[:3]: entry[3] for entry in entries}
    @functools.lru_cache(None)
    def coded(self, code):  # entries and codes of a text field, or numbers and indices of the customers
        if (code, 0, "") not in self.columns: return [], [0] * self.n
        r = Reader(self.data, self.columns[code, 0, ""])
        if code == 34: return self.kinds, r.codes(self.n)
        return (r.ints(r.varint()), r.ints(self.n)) if code == 3 else (r.strings(r.varint()), r.dependent(self))
    def parent(self, parent):
        entries, codes = self.coded({1: 34, 2: 39, 3: 3}[parent])
        if parent != 2: return codes, len(entries) + 1
        kinds, shift = self.coded(34)[1], len(entries) + 1
        return [agent or shift + kind for agent, kind in zip(codes, kinds)], shift + len(self.kinds) + 1
    def subjects(self, r):
        references, customers = r.dependent(self), self.coded(3)[1]
        explicit, recent, codes, introduced = iter(r.ints(references.count(4))), {}, [], []
        for row, (reference, customer) in enumerate(zip(references, customers)):
            last, before = recent.get(customer, (0, 0))
            if reference == 1: introduced.append(row); recent[customer] = (len(introduced), last)
            codes.append(next(explicit) if reference == 4 else (0, len(introduced), last, before)[reference])
        return spell(r.grouped(self, introduced, r.strings), codes)
    def column(self, code, kind, r):  # (row, JSON) pairs
        if code < 3:
            hasLate = code == 1 and r.form("form of times", 2)
            times, late = r.ints(self.n), r.rows(self.n) if hasLate else []
            for row, below in zip(late, r.ints(len(late))): times[row] -= below
            return enumerate(map(time, times))
        if code == 41: return self.subjects(r)
        if code == 3 or 32 <= code < 64 and code not in (33, 43): return spell(*self.coded(code), str if code == 3 else text)
        if code == 10 and kind == 2: return spell(("false", "true"), r.dependent(self), str)
        if code == 10 and kind in (3, 4) and r.form("form of strings in data", 2):
            return spell(r.strings(r.varint()), r.dependent(self), text if kind == 3 else bytes.decode)
        rows = [row for row, present in enumerate(r.dependent(self)) if present]
        if code == 4: return zip(rows, map(str, r.ints(len(rows))))
        if code in (5, 6) or code == 10 and kind < 2: return zip(rows, r.numbers(self, rows))
        if code == 7: return zip(rows, map(time, r.grouped(self, rows, r.ints)))
        if code in (33, 43): return zip(rows, map(text, r.grouped(self, rows, r.strings)))
        if code in (8, 9) or code == 10 and kind in (3, 4):
            return zip(rows, map(bytes.decode if kind == 4 else text, r.strings(len(rows))))
        if code in PLACES or code == 10 and kind == 5: return [(row, text(r.take(32).hex())) for row in rows]
        stop(f"unknown column {code}, type {kind}")
    def lines(self):
        events = [{"": {}, "names": {}, "data": {}, "sealed": {}} for _ in range(self.n)]
        for (code, kind, key), offset in self.columns.items():
            place, name = PLACES.get(code) or (("data", key) if kind < 5 else ("sealed", "data." + key))
            if code == 11: self.other_data(Reader(self.data, offset), events); continue
            for row, value in self.column(code, kind, Reader(self.data, offset)): events[row][place][name] = value
        return [obj({**event.pop(""), **{k: obj(m) for k, m in event.items() if m}}).encode() for event in events]
    def other_data(self, r, events):
        counts, types = r.codes(self.n), r.counted()
        keys, entries = r.strings(len(types)), [code - 1 for code in r.codes(sum(counts))]
        count = sum(types[entry] < 3 for entry in entries)
        scales = r.ints(count)
        numbers, strings = map(number, r.ints(count), scales), iter(r.strings(len(entries) - count))
        for row, entry in zip((row for row in range(self.n) for _ in range(counts[row])), entries):
            key, kind = keys[entry].decode(), types[entry]
            value = next(numbers) if kind < 3 else next(strings)
            if kind == 5: events[row]["sealed"]["data." + key] = text(value.hex())
            else: events[row]["data"][key] = (str, str, lambda v: ("false", "true")[v != "0"], text, bytes.decode)[kind](value)

def tail_lines(data, at=64):
    while len(data) - at >= 12 and any(data[at:at + 12]):
        size, count = struct.unpack_from("<II", data, at)
        lines, at = Reader(Reader(data, at + 12).counted()) if len(data) - at - 16 >= size else None, at + size + 16
        for _ in range(count if lines else 0): yield lines.counted()  # fewer bytes are torn: never acknowledged

def main(path):
    files, rest, origin, end, at, leaves, status = [path], [], "block", 1, 0, [], 0
    if os.path.isdir(path):
        tail = open(f"{path}/tail", "rb").read()
        end, origin, rest, at = struct.unpack_from("<Q", tail, 32)[0], "kept/" + tail[16:32].hex(), tail_lines(tail), 64
        files = sorted(f"{path}/log/{name}" for name in os.listdir(f"{path}/log") if name.endswith(".kept"))
    def put(lines):
        for line in lines: leaves.append(hashlib.sha256(b"\0" + line).digest()); sys.stdout.buffer.write(line + b"\n")
    for name in files:
        data = open(name, "rb").read()
        while len(data) > at and len(leaves) < end:
            first, size = len(leaves), struct.unpack_from("<Q", data, at + 16)[0]
            block, data = Block(data[at:at + size]), data[:at] + data[at + size:]
            put(block.lines())
            if root(leaves[first:]) != block.root:
                status = 1
                print(f"block at {block.first}: the stored root is not that of its events", file=sys.stderr)
    put(rest)
    sys.stdout.flush()
    print(origin, len(leaves), base64.b64encode(root(leaves)).decode(), sep="\n", file=sys.stderr)
    sys.exit(status)
if __name__ == "__main__": main(sys.argv[1]) if len(sys.argv) == 2 and sys.argv[1] != "-h" else print(__doc__)
