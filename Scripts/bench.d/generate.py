#!/usr/bin/env python3
"""Touchpoints of an invented shop, the same for the same arguments, in the forms that Kept and its peers read.

usage: generate.py --events 10000000 --out DIR [--vocabulary five|whole] [--seed 1] [--ids seq|uuid]
                   [--formats zstd,jsonl,csv] [--months 36]

Writes DIR/events.zstd.parquet, DIR/events.lz4.parquet (LZ4_RAW), DIR/events.jsonl and DIR/events.csv, as --formats
asks (the text forms are written from the first), and DIR/meta.json. Rows are in the order in which a log would have
recorded them; 1 % carry an older `time`, up to 7 days late. A customer for every 60 events, free text in 10 % of the
events. Empty fields are left out of the JSON.

--vocabulary five: the 26 kinds that the five queries know. `amount` is money for order.* and return.*, seconds for
call.held; `due` stands only on promise.made; `score` is 1 to 5 on survey.answered and mention.posted.
--vocabulary whole: every kind of Kept's vocabulary with the keys of `data` that it may carry, as JSON in one more
column, and the events of the firm's own, which have no customer. Not as CSV.
"""
import argparse
import json
import os
import sys
import threading
import time as clock

import numpy as np
import pyarrow.parquet as pq

import mix_five
import mix_whole
from drawing import simulate

MIXES = {"five": mix_five, "whole": mix_whole}


def write_json_lines(db, parquet, path):
    def iso(column):
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%gZ')"

    def quoted(column):
        return f"""'"' || {column} || '"'"""

    def optional(column, value):
        return f"""CASE WHEN {column} IS NULL THEN '' ELSE ',"{column}":' || {value} END"""

    fields = [
        optional("customer", quoted("customer")), optional("account", quoted("account")),
        """',"kind":"' || kind || '","time":"' || """ + iso("time") + """ || '"'""",
        optional("party", quoted("party")), optional("channel", quoted("channel")),
        optional("direction", quoted("direction")), optional("agent", quoted("agent")),
        optional("department", quoted("department")), optional("subject", quoted("subject")),
        optional("amount", "amount"), optional("currency", quoted("currency")), optional("score", "score"),
        optional("due", quoted(iso("due"))), optional("text", "to_json(text)"), optional("data", "data")]
    columns = [row[0] for row in db.execute(f"DESCRIBE SELECT * FROM {parquet}").fetchall()]
    fields = [field for field in fields if any(f'"{column}":' in field for column in columns)]
    line = " || ".join(["""'{"source":"' || source || '","id":"' || id || '"'""", *fields, "'}'"])
    db.execute(f"""COPY (SELECT {line} FROM {parquet}) TO '{path}'
                   (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER E'\\x01')""")


def write_csv(db, parquet, path):
    db.execute(f"""COPY (SELECT * REPLACE (strftime(time, '%Y-%m-%dT%H:%M:%S.%gZ') AS time,
                                           strftime(due, '%Y-%m-%dT%H:%M:%S.%gZ') AS due) FROM {parquet})
                   TO '{path}' (FORMAT csv, HEADER true)""")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--vocabulary", choices=MIXES, default="five")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", required=True)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--ids", choices=["seq", "uuid"], default="seq")
    parser.add_argument("--formats", default="zstd,jsonl,csv")
    parser.add_argument("--row-group", type=int, default=250_000)
    options = parser.parse_args()
    if options.vocabulary == "whole" and "csv" in options.formats.split(","):
        parser.error("the whole vocabulary is not written as CSV: --formats zstd,jsonl")
    return options


def main():
    options = arguments()
    os.makedirs(options.out, exist_ok=True)
    formats = set(options.formats.split(","))
    text_formats = {"jsonl", "csv"} & formats
    codecs = [(name, level) for name, level in (("zstd", 3), ("lz4", None))
              if name in formats or (name == "zstd" and text_formats)]
    count, started = options.events, clock.time()

    def say(what):
        print(f"{what} after {clock.time() - started:.0f} s", file=sys.stderr, flush=True)

    mix, random = MIXES[options.vocabulary], np.random.default_rng(options.seed)
    thread, kind, time, thread_customer, thread_type, customers, end = simulate(mix, count, options.months, random)
    threads = len(thread_customer)
    say(f"{count} events of {customers} customers drawn")
    shop = mix.Shop(threads, thread_customer, thread_type, customers, options.ids == "uuid", random)
    writers, kind_counts, texts = {}, np.zeros(len(mix.KINDS), np.int64), 0
    for low in range(0, count, options.row_group * 4):
        batch = slice(low, min(count, low + options.row_group * 4))
        table = shop.events(thread[batch], kind[batch], time[batch], np.random.default_rng([options.seed, low]))
        kind_counts += np.bincount(kind[batch], minlength=len(mix.KINDS))
        texts += len(table) - table["text"].null_count
        jobs = []
        for name, level in codecs:
            if name not in writers:
                writers[name] = pq.ParquetWriter(
                    f"{options.out}/events.{name}.parquet", table.schema, compression=name, compression_level=level,
                    store_decimal_as_integer=True)
            jobs.append(threading.Thread(target=writers[name].write_table, args=(table, options.row_group)))
        for job in jobs:
            job.start()
        for job in jobs:
            job.join()
    for writer in writers.values():
        writer.close()
    say("Parquet written")
    if text_formats:
        import duckdb
        db = duckdb.connect()
        db.execute("SET TimeZone='UTC'; SET preserve_insertion_order=true")
        parquet = f"read_parquet('{options.out}/events.zstd.parquet')"
        if "jsonl" in formats:
            write_json_lines(db, parquet, f"{options.out}/events.jsonl")
        if "csv" in formats:
            write_csv(db, parquet, f"{options.out}/events.csv")
    files = sorted(name for name in os.listdir(options.out) if name.startswith("events."))
    meta = {
        "events": count, "seed": options.seed, "customers": customers, "threads": threads, "ids": options.ids,
        "text_share": texts / count, "as_of": str(np.datetime64(end, "ms")) + "Z",
        "kinds": {name: int(n) for name, n in zip(mix.KINDS, kind_counts)},
        "bytes": {name: os.path.getsize(f"{options.out}/{name}") for name in files},
    }
    with open(f"{options.out}/meta.json", "w") as file:
        json.dump(meta, file, indent=1)
    say("done")


if __name__ == "__main__":
    main()
