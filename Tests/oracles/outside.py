"""Six readers on every table of a snapshot, and Kept's projections in Spark; one process, since Spark starts slowly.

usage: outside.py SNAPSHOT PRINTED EXPORT SNAPSHOT-OF-THE-FIVE

PRINTED holds a <table>.jsonl for each table of SNAPSHOT. EXPORT and the second snapshot are of one ledger and as of one
instant. Prints a readers' table, the cells of the five, and what differs; exits 1 if anything does.
"""

import json
import sys
from datetime import datetime
from pathlib import Path

import readers_table
import spark_projections

RULES = Path(__file__).parents[2] / "Scripts" / "spark" / "rules.json"


def main():
    snapshot, printed, export, five = map(Path, sys.argv[1:])
    spark = readers_table.Spark()
    tables = readers_table.Snapshot(snapshot, printed)
    explained = tables.complete()
    readers = readers_table.readers(spark)
    counts = tables.compare(readers)
    readers_table.print_table(counts, list(readers))
    as_of = datetime.fromisoformat(json.loads((five / "manifest.json").read_text())["as_of"])
    found, problems = spark_projections.compare(
        spark.session, export, five, as_of, json.loads(RULES.read_text()))
    problems = tables.problems + problems
    print("\n".join(problems[:40]))
    print(f"{len(counts)} tables, {len(readers)} readers, {explained} columns explained")
    print("Spark: " + ", ".join(f"{name} {count:,} cells" for name, count in found.items()))
    print(f"{len(problems)} differences")
    sys.exit(1 if problems else 0)


main()
