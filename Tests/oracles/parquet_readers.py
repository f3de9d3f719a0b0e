"""Reads Kept's Parquet files with readers that nobody here wrote, and compares every cell.

usage: parquet_readers.py FOLDER

For each NAME.parquet in FOLDER there are NAME.jsonl, the same rows as Kept prints them, and NAME.types.json, a list of
[column, type, nullable]. DuckDB, pyarrow and polars must each give the same types, cells and NULLs, and the right number
of rows for filters at and around every column's bounds, where wrong statistics would lose rows. Says what differs, and
exits 1 if anything does.
"""

import json
import struct
import sys
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
ARROW = {
    "int64": pa.int64(), "int32": pa.int32(), "double": pa.float64(), "boolean": pa.bool_(), "string": pa.string(),
    "date": pa.date32(), "timestamp": pa.timestamp("us", tz="UTC"), "decimal": pa.decimal128(18, 6),
}
POLARS = {
    "int64": pl.Int64, "int32": pl.Int32, "double": pl.Float64, "boolean": pl.Boolean, "string": pl.String,
    "date": pl.Date, "timestamp": pl.Datetime("us", "UTC"), "decimal": pl.Decimal(18, 6),
}
DUCKDB = {
    "int64": "BIGINT", "int32": "INTEGER", "double": "DOUBLE", "boolean": "BOOLEAN", "string": "VARCHAR",
    "date": "DATE", "timestamp": "TIMESTAMP WITH TIME ZONE", "decimal": "DECIMAL(18,6)",
}


def microseconds(text):
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def parsed(text, kind):
    """A cell of the JSON Lines file; numbers arrive as the text that stood there."""
    if text is None or kind in ("string", "boolean"):
        return text
    return {"int64": int, "int32": int, "double": float, "decimal": Decimal, "date": date.fromisoformat,
            "timestamp": microseconds}[kind](text)


def exact(value):
    """Doubles by their bits: 0 and -0 differ."""
    return struct.pack("<d", value) if isinstance(value, float) else value


def ordered(value):
    """Strings in the order of their bytes, as Parquet has it."""
    return value.encode() if isinstance(value, str) else value


class Oracle:
    def __init__(self, path):
        self.path = path
        self.problems = []
        self.columns = json.loads(path.with_suffix(".types.json").read_text())
        lines = [json.loads(line, parse_float=str, parse_int=str) for line in path.with_suffix(".jsonl").open()]
        self.rows = len(lines)
        self.expected = {name: [parsed(line[name], kind) for line in lines] for name, kind, _ in self.columns}

    def check(self, what, found, expected):
        if found != expected:
            self.problems.append(f"{self.path.name}: {what}: {str(found)[:300]}, expected {str(expected)[:300]}")

    def check_cells(self, reader, name, found):
        expected = self.expected[name]
        if len(found) != len(expected):
            return self.check(f"{reader} {name}: rows", len(found), len(expected))
        for row, (a, b) in enumerate(zip(found, expected)):
            if exact(a) != exact(b) or type(a) is not type(b):
                return self.check(f"{reader} {name}: row {row}", repr(a), repr(b))

    def probes(self, name):
        """The bounds, and one value from the middle."""
        values = sorted({v for v in self.expected[name] if v is not None}, key=ordered)
        return [values[i] for i in sorted({0, len(values) // 2, len(values) - 1}) if 0 <= i < len(values)]

    def counts(self, name, probe):
        present = [ordered(v) for v in self.expected[name] if v is not None]
        probe = ordered(probe)
        return [sum(v == probe for v in present), sum(v >= probe for v in present), sum(v <= probe for v in present)]

    def pyarrow(self):
        file = pq.ParquetFile(self.path)
        schema = file.schema_arrow
        for name, kind, nullable in self.columns:
            self.check(f"pyarrow {name}: type", schema.field(name).type, ARROW[kind])
            self.check(f"pyarrow {name}: nullable", schema.field(name).nullable, nullable)
        notes = file.metadata.metadata or {}
        self.check("pyarrow: notes", b"table" in notes, True)
        table = file.read()
        for name, kind, _ in self.columns:
            column = table[name].cast(pa.int64()) if kind == "timestamp" else table[name]
            self.check_cells("pyarrow", name, column.to_pylist())
            for probe in self.probes(name):
                value = EPOCH + timedelta(microseconds=probe) if kind == "timestamp" else probe
                found = [pq.read_table(self.path, columns=[name], filters=[(name, op, value)]).num_rows
                         for op in ("==", ">=", "<=")]
                self.check(f"pyarrow {name}: filter at {probe!r}", found, self.counts(name, probe))
        self.check_statistics(file.metadata)

    def check_statistics(self, metadata):
        """Bounds hold row group by row group, and NULLs are counted."""
        start = 0
        for group in range(metadata.num_row_groups):
            rows = metadata.row_group(group)
            for index, (name, kind, _) in enumerate(self.columns):
                present = [v for v in self.expected[name][start:start + rows.num_rows] if v is not None]
                found = rows.column(index).statistics
                self.check(f"{name}: NULLs of row group {group}", found.null_count, rows.num_rows - len(present))
                if kind in ("int64", "int32", "double", "boolean", "date") and present:
                    self.check(f"{name}: bounds of row group {group}", (found.min, found.max), (min(present), max(present)))
            start += rows.num_rows
        self.check("rows of the row groups", start, self.rows)

    def polars(self):
        frame = pl.read_parquet(self.path)
        for name, kind, _ in self.columns:
            self.check(f"polars {name}: type", frame.schema[name], POLARS[kind])
            column = frame[name].dt.timestamp("us") if kind == "timestamp" else frame[name]
            self.check_cells("polars", name, column.to_list())
            for probe in self.probes(name):
                value = pl.lit(EPOCH + timedelta(microseconds=probe) if kind == "timestamp" else probe, POLARS[kind])
                cell = pl.col(name)
                found = [pl.scan_parquet(self.path).filter(test).select(pl.len()).collect().item()
                         for test in (cell == value, cell >= value, cell <= value)]
                self.check(f"polars {name}: filter at {probe!r}", found, self.counts(name, probe))

    def duckdb(self):
        source = f"read_parquet('{self.path}')"
        types = dict(duckdb.sql(f"DESCRIBE SELECT * FROM {source}").project("column_name, column_type").fetchall())
        for name, kind, _ in self.columns:
            self.check(f"duckdb {name}: type", types[name], DUCKDB[kind])
            cell = f'epoch_us("{name}")' if kind == "timestamp" else f'"{name}"'
            self.check_cells("duckdb", name, [row[0] for row in duckdb.sql(f"SELECT {cell} FROM {source}").fetchall()])
            for probe in self.probes(name):
                value = "make_timestamptz(?)" if kind == "timestamp" else f"?::{DUCKDB[kind]}"
                found = [duckdb.execute(f'SELECT count(*) FROM {source} WHERE "{name}" {op} {value}', [probe]).fetchall()[0][0]
                         for op in ("=", ">=", "<=")]
                self.check(f"duckdb {name}: filter at {probe!r}", found, self.counts(name, probe))
        found = duckdb.sql(f"SELECT count(*) FROM parquet_kv_metadata('{self.path}') WHERE key = 'table'").fetchall()[0][0]
        self.check("duckdb: notes", found, 1)


def main():
    paths = sorted(Path(sys.argv[1]).glob("*.parquet"))
    problems = [] if paths else [f"no files in {sys.argv[1]}"]
    for path in paths:
        oracle = Oracle(path)
        for reader in (oracle.pyarrow, oracle.polars, oracle.duckdb):
            try:
                reader()
            except Exception as error:
                oracle.problems.append(f"{path.name}: {reader.__name__}: {type(error).__name__}: {error}")
        problems += oracle.problems
        print(f"{path.name}: {oracle.rows} rows, {len(oracle.columns)} columns, {len(oracle.problems)} differences")
    print("\n".join(problems[:40]))
    sys.exit(1 if problems else 0)


main()
