"""Compares what Scripts/spark computes from an export with the tables of a snapshot, cell by cell.

Counts, times, texts and rates must be equal. A score is a sum of terms that both round to whole 2^-32 of a point; where a
power differs in its last bit a term may round to the other side, so that a sum may differ by a step for each of its terms.
"""

import sys
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).parents[2] / "Scripts" / "spark"))
import kept_spark

KEYS = {"retention": ["cohort", "age"], "lifecycle": ["period"], "scores": ["customer", "list"],
        "word_of_mouth": ["period"], "promises": ["promise"]}
# Which rows of Kept's table are asked of Spark, where it holds more than these.
ROWS = {"retention": "unit = 'customer' AND activity = 'any' AND grain = 'month' AND clock = 'calendar'",
        "lifecycle": "unit = 'customer' AND grain = 'month'"}
STEP = 2.0 ** -32


def compare(spark, export, snapshot, as_of, rules):
    """(cells found equal by table, what differs)."""
    counts, problems = {}, []
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    for name, frame in kept_spark.project(spark, export, as_of, rules).items():
        computed = frame.toArrow()
        db.register("computed", computed)
        columns = computed.column_names
        order = ", ".join(KEYS[name])
        cells = ", ".join(columns)
        rows = ROWS.get(name, "true")
        kept = db.execute(f"SELECT {cells} FROM '{snapshot}/{name}.parquet' WHERE {rows} ORDER BY {order}").fetchall()
        ours = db.execute(f"SELECT {cells} FROM computed ORDER BY {order}").fetchall()
        counts[name] = 0
        if len(kept) != len(ours) or not kept:
            problems.append(f"{name}: {len(ours)} rows, Kept has {len(kept)}")
        # Touches of a customer, more than any of their sums has terms.
        terms = 0
        if name == "scores":
            terms = spark.sql("SELECT max(n) FROM (SELECT count(*) AS n FROM touches GROUP BY customer)").first()[0]
        for one, other in zip(ours, kept):
            for column, a, b in zip(columns, one, other):
                if a == b or (terms and isinstance(a, float) and isinstance(b, float) and abs(a - b) <= terms * STEP):
                    counts[name] += 1
                else:
                    problems.append(f"{name} {one[:2]}: {column}: {a!r}, Kept says {b!r}")
    return counts, problems
