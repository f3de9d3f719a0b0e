#!/usr/bin/env python3
"""Writes the seeds that no other fixture gives: Fixtures/fuzz/make_seeds.py KEPT

KEPT is the program; the Python reader of ledgers in Scripts/ is not needed. Run it where a format changed."""
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
fixtures = os.path.dirname(here)
kept = os.path.abspath(sys.argv[1])
work = tempfile.mkdtemp()


def run(*words, text=""):
    return subprocess.run([kept, *words], cwd=work, input=text.encode(), capture_output=True, check=True).stdout


def write(folder, name, data):
    os.makedirs(os.path.join(here, folder), exist_ok=True)
    with open(os.path.join(here, folder, name), "wb") as file:
        file.write(data)


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


shop = read(fixtures, "shop/events.jsonl").splitlines(keepends=True)
write("jsonl", "shop", b"".join(shop[:12]))
write("jsonl", "numbers", b'{"source":"s","id":"1","kind":"order.placed","time":"2024-01-01T00:00:00+02:00","customer":"C",'
      b'"amount":-0.000001,"score":999999999999999999,"data":{"a":{"b":[1e3,true,null]},"name":"x","c":"\\u00e9\\ud83d\\ude00"}}\n')
event = {"specversion": "1.0", "source": "s", "id": "1", "type": "order.placed", "time": "2024-01-01T00:00:00Z",
         "customer": "C-1", "datacontenttype": "application/json", "data": {"amount": 5, "text": "hello"}}
write("cloudevents", "one", json.dumps(event).encode() + b"\n")
write("cloudevents", "batch", json.dumps([event, dict(event, id="2", data=None)]).encode())

write("mapping", "shop", read(fixtures, "shop/orders.map.json") + b"\0" + read(fixtures, "shop/orders.csv"))
mapping = {"format": "csv", "csv": {"separator": ";"}, "every": {"source": {"text": "till"}},
           "events": [{"kind": {"text": "order.placed"}, "id": {"column": "n"}, "time": {"column": "t"}}]}
write("mapping", "small", json.dumps(mapping).encode() + b"\0n;t;c\n1;2024-01-01T00:00:00Z;\"a \"\"b\"\"\"\n")

# A small ledger with sealed values, and what its tail holds.
run("init", "m", "--seal", "customer")
run("import", "m", "-", text=b"".join(shop[:6] + shop[100:104]).decode())
for number, line in enumerate(run("events", "m", "--sealed").splitlines()[::4]):
    write("line", f"line-{number}", line)
tail = read(work, "m/tail")
header = tail[:16] + bytes([7] * 16) + tail[32:60]
header += struct.pack("<I", crc32c(header))
length, count = struct.unpack("<II", tail[64:72])
body = tail[76:76 + length]
write("tail", "body", bytes([count]) + body)
write("tail", "whole", header + tail[64:])

# A chunk of the vault as LogFormat, "Vault", lays it out: two keys, three stored values.
values = b"\x01\x04text\x03" + b"\x00\x00\x03\x02\x00\x02\x01\x00\x04" + b'"a"{}true'
keys = bytes(range(64))
chunk = struct.pack("<IIQIIII", 0x43564B01, 16, 0, 1, 2, len(values), len(values))
chunk += struct.pack("<IQ", crc32c(keys + values), 0)
chunk += struct.pack("<I", crc32c(chunk))
write("vault", "stored", chunk + keys + values)
packed = struct.pack("<IIQIIII", 0x43564B01, 65536, 65536, 1, 0, 4096, 40) + struct.pack("<IQ", 0, 0) + bytes(4)
write("vault", "packed", packed + b"\x1f\x00\x01\x00" + bytes([255] * 15) + bytes(21))

# Small tables of a snapshot.
shutil.copytree(fixtures, os.path.join(work, "Fixtures"))
run("init", "shop", "--zone", "Europe/Berlin")
run("import", "shop", "Fixtures/shop/events.jsonl")
run("rebuild", "shop", "--tables", "signals,lifecycle,word_of_mouth")
for table in ["signals", "lifecycle", "word_of_mouth"]:
    write("parquet", table, read(work, f"shop/snapshots/latest/{table}.parquet"))
rules = json.loads(run("rulebook"))
for number, (key, value) in enumerate(rules.items()):
    small = json.dumps({key: value})
    if len(small) < 3000:
        write("rulebook", key, small.encode())
shutil.rmtree(work)
