#!/usr/bin/env python3
"""One run of one of the tools that Kept is compared with; Scripts/bench starts a fresh process of this for each.

usage: peers.py five FILE.parquet OUT        DuckDB: the five queries of queries.sql, each to OUT/Qn.parquet
       peers.py jsonl FILE.jsonl OUT         DuckDB: JSON Lines to OUT/jsonl.parquet (zstd)
       peers.py csv FILE.csv OUT             Polars: CSV to OUT/csv.parquet (zstd)
       peers.py customer FILE.parquet ID     DuckDB: every event of one customer
       peers.py sqlite FILE.jsonl OUT        SQLite (WAL, FULL): transactions of --batch events for --seconds
       peers.py eventsourcing FILE.jsonl OUT the eventsourcing library on SQLite: writes --events, reads them back

Prints one line of JSON. `seconds` counts from when the library is loaded, so a peer's start is not held against it.
Files the operating system has written but not synced are not waited for: only Kept and SQLite pay for that.
"""
import argparse
import itertools
import json
import os
import re
import shutil
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
AS_OF = "2026-01-01 00:00:00"
COLUMNS = {
    "source": "VARCHAR", "id": "VARCHAR", "customer": "VARCHAR", "account": "VARCHAR", "kind": "VARCHAR",
    "time": "TIMESTAMPTZ", "channel": "VARCHAR", "direction": "VARCHAR", "agent": "VARCHAR", "department": "VARCHAR",
    "subject": "VARCHAR", "amount": "DECIMAL(9,2)", "score": "TINYINT", "due": "TIMESTAMPTZ", "text": "VARCHAR",
}


def queries():
    """Q1 … Q5 of queries.sql by name."""
    with open(f"{HERE}/queries.sql") as file:
        parts = re.split(r"(?m)^-- (Q\d)[^\n]*\n", file.read().replace("$T", AS_OF))
    return {parts[i]: parts[i + 1].strip().rstrip(";") for i in range(1, len(parts), 2)}


def duckdb_connection(threads):
    import duckdb
    db = duckdb.connect()
    db.execute(f"SET threads={threads}; SET TimeZone='UTC'")
    return db


def five(options):
    db = duckdb_connection(options.threads)
    db.execute(f"SET temp_directory='{options.out}/spill'; SET preserve_insertion_order=false")
    started = time.perf_counter()
    db.execute(f"CREATE VIEW events AS SELECT * FROM read_parquet('{options.input}')")
    for name, query in queries().items():
        db.execute(f"COPY ({query}) TO '{options.out}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
    return {"seconds": time.perf_counter() - started}


def jsonl(options):
    db = duckdb_connection(options.threads)
    columns = "{" + ",".join(f"'{name}':'{kind}'" for name, kind in COLUMNS.items()) + "}"
    target = f"{options.out}/jsonl.parquet"
    started = time.perf_counter()
    db.execute(f"""COPY (SELECT * FROM read_json('{options.input}', format='newline_delimited', columns={columns}))
                   TO '{target}' (FORMAT parquet, COMPRESSION zstd)""")
    seconds = time.perf_counter() - started
    return {"seconds": seconds, **written(target)}


def csv(options):
    os.environ["POLARS_MAX_THREADS"] = str(options.threads)
    import polars as pl
    types = {"TINYINT": pl.Int64, "DECIMAL(9,2)": pl.Float64}
    schema = {name: types.get(kind, pl.String) for name, kind in COLUMNS.items()}
    target = f"{options.out}/csv.parquet"
    started = time.perf_counter()
    times = pl.col("time", "due").str.to_datetime("%Y-%m-%dT%H:%M:%S%.3fZ", time_unit="ms", time_zone="UTC")
    frame = pl.scan_csv(options.input, schema=schema).with_columns(pl.col("score").cast(pl.Int8), times)
    frame.sink_parquet(target, compression="zstd", compression_level=3)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, **written(target)}


def written(parquet):
    import pyarrow.parquet as pq
    return {"rows": pq.ParquetFile(parquet).metadata.num_rows, "bytes": os.path.getsize(parquet)}


def customer(options):
    db = duckdb_connection(options.threads)
    started = time.perf_counter()
    rows = db.execute(f"SELECT * REPLACE (epoch_us(time) AS time, epoch_us(due) AS due) "
                      f"FROM read_parquet('{options.input}') WHERE customer = ?", [options.out]).fetchall()
    seconds = time.perf_counter() - started
    times = [row[list(COLUMNS).index("time")] for row in rows]
    return {"seconds": seconds, "touches": len(rows), "first_us": min(times), "last_us": max(times)}


def lines_of(path):
    with open(path, "rb") as file:
        yield from file


def sqlite(options):
    """Building the rows is not on the clock; the commits are, until --seconds of them or of events are used up."""
    import sqlite3
    db = sqlite3.connect(f"{options.out}/events.sqlite", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE events(id INTEGER PRIMARY KEY, customer INT, kind INT, time INT, body BLOB)")
    lines, spent, count = lines_of(options.input), 0.0, 0
    while spent < options.seconds:
        batch = [(count + i, i % 9973, i % 26, count + i, line)
                 for i, line in enumerate(itertools.islice(lines, options.batch))]
        if len(batch) < options.batch:
            break
        started = time.perf_counter()
        db.execute("BEGIN")
        db.executemany("INSERT INTO events VALUES(?,?,?,?,?)", batch)
        db.execute("COMMIT")
        spent += time.perf_counter() - started
        count += options.batch
    db.close()
    return {"seconds": spent, "events": count}


def eventsourcing(options):
    """Each customer is an aggregate of 59 events and its creation; replay reads the notification log in order."""
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Customer(Aggregate):
        def __init__(self):
            self.touches = 0

        @event("Touched")
        def touch(self, kind, channel, subject):
            self.touches += 1

    Application.log_section_size = 1000
    path = f"{options.out}/eventsourcing.sqlite"
    app = Application(env={"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": path})
    lines, unsaved = lines_of(options.input), []
    for _ in range(options.events // 60):
        one = Customer()
        for line in itertools.islice(lines, 59):
            fields = json.loads(line)
            one.touch(fields["kind"], fields["channel"], fields.get("subject", ""))
        unsaved.append(one)
        if len(unsaved) == 20:
            app.save(*unsaved)
            unsaved = []
    app.save(*unsaved)
    started, position, count = time.perf_counter(), 1, 0
    while notifications := app.notification_log.select(start=position, limit=1000):
        for notification in notifications:
            app.mapper.to_domain_event(notification)
        count += len(notifications)
        position = notifications[-1].id + 1
    return {"seconds": time.perf_counter() - started, "events": count}


def main():
    peers = {peer.__name__: peer for peer in (five, jsonl, csv, customer, sqlite, eventsourcing)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=peers)
    parser.add_argument("input")
    parser.add_argument("out", help="a folder for what is written; for `customer` the id")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--events", type=int, default=120_000)
    options = parser.parse_args()
    if options.peer != "customer":
        shutil.rmtree(options.out, ignore_errors=True)
        os.makedirs(options.out)
    result = peers[options.peer](options)
    print(json.dumps(result), flush=True)
    os._exit(0)  # tearing a database in memory down is nobody's figure


if __name__ == "__main__":
    main()
