"""Opens every table of a snapshot in six readers that nobody here wrote, and compares every cell with Kept's own.

For each NAME.parquet of a snapshot there is NAME.jsonl, the same rows as `kept replay --table NAME --format jsonl` prints
them; the snapshot's own table `dictionary` says which columns there must be, of which type, and what they mean. Doubles are
compared by their bits, times in microseconds, decimals exactly, NULL with NULL. Column comments are compared in the readers
that show them: DuckDB, pyarrow and polars.
"""

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import chdb
import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
PLAIN = {
    "int64": pa.int64(), "int32": pa.int32(), "double": pa.float64(), "boolean": pa.bool_(), "string": pa.string(),
    "date": pa.date32(), "timestamp": pa.int64(), "decimal": pa.decimal128(18, 6),
}
FRACTIONS = ("double", "decimal")


def microseconds(text):
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


PARSERS = {
    "int64": int, "int32": int, "double": float, "boolean": bool, "string": str, "date": date.fromisoformat,
    "timestamp": microseconds, "decimal": Decimal,
}


def expected_column(values, kind):
    parse = PARSERS[kind]
    return pa.array([None if value is None else parse(value) for value in values], PLAIN[kind])


def comparable(column, kind):
    """A column in its plain type; a double as its 64 bits."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks else pa.array([], column.type)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if kind == "timestamp" and pa.types.is_timestamp(column.type):
        column = pc.cast(column, pa.timestamp("us", column.type.tz))
    column = pc.cast(column, PLAIN[kind])
    return column.view(pa.int64()) if kind == "double" else column


def by_duckdb(path, columns):
    return duckdb.sql(f"SELECT * FROM read_parquet('{path}')").arrow().read_all()


def by_pyarrow(path, columns):
    return pq.read_table(path)


def by_pandas(path, columns):
    return pa.Table.from_pandas(pd.read_parquet(path, dtype_backend="numpy_nullable"), preserve_index=False)


def by_polars(path, columns):
    return pl.read_parquet(path).to_arrow()


def by_clickhouse(path, columns):
    cells = ", ".join(f"toUnixTimestamp64Micro(`{name}`) AS `{name}`" if kind == "timestamp" else f"`{name}`"
                      for name, kind in columns)
    query = f"SELECT {cells} FROM file('{path}', Parquet) SETTINGS output_format_arrow_string_as_string = 1"
    return chdb.query(query, "ArrowTable")


class Spark:
    """Spark on this machine; started once, since starting is what takes time."""

    def __init__(self):
        from pyspark.sql import SparkSession

        settings = {
            "spark.ui.enabled": "false", "spark.sql.session.timeZone": "UTC", "spark.sql.shuffle.partitions": "4",
            "spark.driver.memory": "1g", "spark.sql.execution.arrow.pyspark.enabled": "true",
            "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.log.level": "ERROR",
        }
        builder = SparkSession.builder.master("local[2]").appName("kept")
        for name, value in settings.items():
            builder = builder.config(name, value)
        self.session = builder.getOrCreate()

    def read(self, path, columns):
        from pyspark.sql import functions as f

        frame = self.session.read.parquet(str(path))
        cells = [f.unix_micros(f.col(f"`{name}`")).alias(name) if kind == "timestamp" else f.col(f"`{name}`")
                 for name, kind in columns]
        # In the order of the file: a table of a snapshot has one, and its row groups are read in turn.
        return frame.select(f.monotonically_increasing_id().alias("_row"), *cells).orderBy("_row").drop("_row").toArrow()


def comments(path):
    """Column comments by reader, as {'column.meaning': text}."""
    rows = duckdb.sql(f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{path}')").fetchall()
    arrow = {key.decode(): value.decode() for key, value in (pq.read_schema(path).metadata or {}).items()}
    return {"DuckDB": dict(rows), "pyarrow": arrow, "polars": pl.read_parquet_metadata(path)}


class Snapshot:
    def __init__(self, folder, printed):
        self.folder, self.printed = folder, printed
        self.problems = []
        rows = [json.loads(line) for line in (printed / "dictionary.jsonl").open()]
        self.dictionary = {}
        for row in rows:
            self.dictionary.setdefault(row["table_name"], []).append(row)

    def complete(self):
        """Every file and column is in the dictionary, and every column is explained there."""
        names = {path.stem for path in self.folder.glob("*.parquet")}
        if names != set(self.dictionary):
            self.problems.append(f"dictionary: other tables than files: {sorted(names ^ set(self.dictionary))}")
        for table, rows in self.dictionary.items():
            found = set(pq.read_schema(self.folder / f"{table}.parquet").names) if table in names else set()
            listed = {row["column_name"] for row in rows}
            if table == "measures":
                # Its measures in long form are listed, too.
                listed -= set(pq.read_table(self.folder / "measures.parquet")["measure"].to_pylist()) - found
            if found != listed:
                self.problems.append(f"dictionary: {table}: not the columns of the file: {sorted(found ^ listed)}")
            for row in rows:
                lacks = [what for what in ("unit", "meaning") if not row.get(what)]
                # Keys, labels, counts and instants are defined by what they mean.
                lacks += ["seed or formula"] if row["type"] in FRACTIONS and not (row.get("seed") or row.get("formula")) else []
                if lacks:
                    self.problems.append(f"dictionary: {table}.{row['column_name']}: no {', no '.join(lacks)}")
        return sum(map(len, self.dictionary.values()))

    def compare(self, readers):
        """Cells found equal by table and reader; what differs goes to `problems`."""
        counts = {}
        for table in sorted(self.dictionary):
            path = self.folder / f"{table}.parquet"
            types = {row["column_name"]: row["type"] for row in self.dictionary[table]}
            columns = [(name, types[name]) for name in pq.read_schema(path).names]
            lines = [json.loads(line, parse_float=str, parse_int=str) for line in (self.printed / f"{table}.jsonl").open()]
            expected = {name: comparable(expected_column([line.get(name) for line in lines], kind), kind)
                        for name, kind in columns}
            counts[table] = {}
            for reader, read in readers.items():
                try:
                    counts[table][reader] = self.equal_cells(table, reader, read(path, columns), columns, expected)
                except Exception as error:
                    self.problems.append(f"{table}: {reader}: {type(error).__name__}: {error}")
            self.check_comments(table, path)
        return counts

    def equal_cells(self, table, reader, found, columns, expected):
        if found.column_names != [name for name, _ in columns]:
            self.problems.append(f"{table}: {reader}: columns {found.column_names}")
            return 0
        equal = 0
        for name, kind in columns:
            column = comparable(found[name], kind)
            if column.equals(expected[name]):
                equal += len(column)
                continue
            pairs = zip(column.to_pylist(), expected[name].to_pylist())
            row, pair = next(((row, pair) for row, pair in enumerate(pairs) if pair[0] != pair[1]), (None, None))
            self.problems.append(f"{table}.{name}: {reader}: {len(column)} rows of {len(expected[name])}; row {row}: {pair}")
        return equal

    def check_comments(self, table, path):
        columns = pq.read_schema(path).names
        for reader, notes in comments(path).items():
            for row in self.dictionary[table]:
                for what in ("meaning", "unit", "formula", "seed") if row["column_name"] in columns else ():
                    note = notes.get(f"{row['column_name']}.{what}")
                    if note != row.get(what):
                        self.problems.append(f"{table}.{row['column_name']}: {reader}: its {what} is not the dictionary's")


def readers(spark):
    return {"DuckDB": by_duckdb, "pyarrow": by_pyarrow, "pandas": by_pandas, "polars": by_polars,
            "Spark": spark.read, "ClickHouse": by_clickhouse}


def print_table(counts, names):
    print(f"{'table':<20}" + "".join(f"{name:>12}" for name in names))
    for table, found in counts.items():
        print(f"{table:<20}" + "".join(f"{found.get(name, 0):>12,}" for name in names))
    totals = [sum(found.get(name, 0) for found in counts.values()) for name in names]
    print(f"{'cells equal':<20}" + "".join(f"{total:>12,}" for total in totals))
