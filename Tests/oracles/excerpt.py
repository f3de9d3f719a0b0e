#!/usr/bin/env python3
"""Writes the events of some customers: those whose id has a SHA-256 that begins with a byte below a limit.

usage: excerpt.py EVENTS.jsonl[.gz] BYTE_LIMIT > EXCERPT.jsonl

The same choice on every machine; a limit of 256 takes everybody. Events without a customer are left out.
"""
import gzip
import hashlib
import json
import sys

path, limit = sys.argv[1], int(sys.argv[2])
with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
    for line in file:
        customer = json.loads(line).get("customer")
        if customer is not None and hashlib.sha256(customer.encode()).digest()[0] < limit:
            sys.stdout.buffer.write(line)
