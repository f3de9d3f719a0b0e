"""Compares an export with what `kept events` prints, cell by cell, in DuckDB and as a pyarrow dataset.

usage: export_readers.py FOLDER EVENTS.jsonl NAMES.jsonl

NAMES.jsonl are the rows of `kept names`. Says what differs, and exits 1 if anything does.
"""

import json
import sys
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
TIMES = ("recorded", "time", "due")
NUMBERS = ("customer", "other_customer")
TEXTS = ("kind", "source", "id", "account", "party", "channel", "direction", "agent", "department", "subject", "currency",
         "corrects")


def micros(text):
    return None if text is None else (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def canonical(value):
    return None if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)


def expected(event, numbers):
    row = {name: event.get(name) for name in TEXTS}
    row["position"] = int(event["position"])
    row |= {name: micros(event.get(name)) for name in TIMES}
    for name in NUMBERS:
        label = event.get(name)
        row[name] = label
        row[f"{name}_number"] = None if label is None else numbers[label]
    exact = {}
    for name in ("amount", "score"):
        value = event.get(name)
        row[name] = None if value is None else value.quantize(Decimal("0.000001"), rounding=ROUND_HALF_EVEN)
        if value is not None and (row[name] != value or abs(row[name]) >= 10**12):
            exact[name] = value
        if value is not None and abs(value) >= 10**12:
            row[name] = None
    row["exact"] = canonical({name: str(value) for name, value in exact.items()}) if exact else None
    row["data"] = canonical(event.get("data"))
    row["sealed"] = ",".join(event["sealed"]) if "sealed" in event else None
    return row


def parsed(text):
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


class Plain(json.JSONEncoder):
    def default(self, value):
        return str(value)


def found(row):
    row = dict(row)
    row["data"] = None if row["data"] is None else json.dumps(parsed(row["data"]), sort_keys=True, ensure_ascii=False,
                                                              cls=Plain)
    row["exact"] = None if row["exact"] is None else canonical({k: str(v) for k, v in parsed(row["exact"]).items()})
    return row


def by_duckdb(folder):
    source = f"read_parquet('{folder}/events/*/*.parquet', hive_partitioning = true, filename = true)"
    cells = ", ".join(f"epoch_us({name}) AS {name}" for name in TIMES)
    relation = duckdb.sql(f"SELECT * REPLACE ({cells}) FROM {source} ORDER BY position")
    return [dict(zip(relation.columns, row)) for row in relation.fetchall()]


def by_pyarrow(folder):
    table = ds.dataset(f"{folder}/events", format="parquet", partitioning="hive").to_table().sort_by("position")
    for name in TIMES:
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, table[name].cast(pa.int64()))
    return table.to_pylist()


def main():
    folder = Path(sys.argv[1])
    events = [parsed(line) for line in Path(sys.argv[2]).open()]
    names = [json.loads(line) for line in Path(sys.argv[3]).open()]
    numbers = {f"c{row['number']}": row["number"] for row in names}
    numbers |= {row["name"]: row["number"] for row in names if row["name"] is not None}
    for event in events:
        if "data" in event:
            event["data"] = json.loads(json.dumps(event["data"], cls=Plain))
    rows = [expected(event, numbers) for event in events]
    problems = []
    for reader in (by_duckdb, by_pyarrow):
        read = reader(folder)
        if len(read) != len(rows):
            problems.append(f"{reader.__name__}: {len(read)} rows, expected {len(rows)}")
        for a, b in zip(read, rows):
            month = (EPOCH + timedelta(microseconds=b["time"])).strftime("%Y-%m")
            if a["month"] != month:
                problems.append(f"{reader.__name__}: position {b['position']}: in month {a['month']}, expected {month}")
            a = found({name: a[name] for name in b})
            problems += [f"{reader.__name__}: position {b['position']}: {name}: {a[name]!r}, expected {b[name]!r}"
                         for name in b if a[name] != b[name]]
    if problems or not rows:
        print("\n".join(problems[:30]) or "no events")
        sys.exit(1)
    print(f"{len(rows)} events, {len(rows[0])} columns, 2 readers: every cell is equal")


main()
