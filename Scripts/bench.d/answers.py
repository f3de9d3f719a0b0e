#!/usr/bin/env python3
"""Whether Kept's five tables say what the five queries say, cell by cell; Scripts/bench runs it after each rebuild.

usage: answers.py SNAPSHOT PEER

SNAPSHOT is the folder of Kept's Parquet files, PEER that of Q1.parquet … Q5.parquet. Prints one line of JSON: for each
table the number of cells compared, how many of them differ, and the first few of those. Counts are compared exactly.
Scores are compared to 1e-6 of the score, and scores under a tenth of a point to 1e-7 of a point, since Kept adds
decayed points in steps of 2^-32 so that no order of events can change a sum. Status 1 when anything differs.
"""
import json
import sys

import duckdb

SHOWN = 3

# Each gives rows of (key columns…, what, Kept's value, the peer's value), one for each cell.
CELLS = {
    "retention": """
        WITH kept AS (SELECT cohort, age, bounded, cohort_size FROM '{kept}/retention.parquet'),
        peer AS (SELECT cohort::DATE AS cohort, age, active, size FROM '{peer}/Q1.parquet'),
        sizes AS (SELECT cohort, any_value(size) AS size FROM peer GROUP BY cohort)
        SELECT cohort, age, 'bounded' AS what, coalesce(kept.bounded, 0) AS kept, coalesce(peer.active, 0) AS peer
        FROM kept FULL JOIN peer USING (cohort, age)
        UNION ALL
        SELECT cohort, age, 'cohort_size', kept.cohort_size, sizes.size FROM kept FULL JOIN sizes USING (cohort)""",
    "lifecycle": """
        WITH kept AS (
          UNPIVOT (SELECT period, coalesce(new_count, 0)::BIGINT AS new, coalesce(still_here, 0)::BIGINT AS retained,
                     coalesce(came_back, 0)::BIGINT AS resurrected, coalesce(gone_quiet, 0)::BIGINT AS dormant
                   FROM '{kept}/lifecycle.parquet')
          ON new, retained, resurrected, dormant INTO NAME movement VALUE customers),
        peer AS (SELECT month::DATE AS period, movement, customers FROM '{peer}/Q2.parquet')
        SELECT period, movement AS what, coalesce(kept.customers, 0) AS kept, coalesce(peer.customers, 0) AS peer
        FROM kept FULL JOIN peer USING (period, movement)""",
    "scores": """
        WITH kept AS (SELECT customer, list, points_net FROM '{kept}/scores.parquet'),
        peer AS (
          UNPIVOT (SELECT customer, into_us AS they, into_them AS we_done FROM '{peer}/Q3.parquet')
          ON they, we_done INTO NAME list VALUE points)
        SELECT customer, list AS what, coalesce(kept.points_net, 0) AS kept, coalesce(peer.points, 0) AS peer
        FROM kept FULL JOIN peer USING (customer, list)""",
    "word_of_mouth": """
        WITH kept AS (UNPIVOT (SELECT period, satisfied::BIGINT AS satisfied, dissatisfied::BIGINT AS dissatisfied
                               FROM '{kept}/word_of_mouth.parquet')
                      ON satisfied, dissatisfied INTO NAME what VALUE customers),
        peer AS (UNPIVOT (SELECT month::DATE AS period, satisfied, dissatisfied FROM '{peer}/Q4.parquet')
                 ON satisfied, dissatisfied INTO NAME what VALUE customers)
        SELECT period, what, coalesce(kept.customers, 0) AS kept, coalesce(peer.customers, 0) AS peer
        FROM kept FULL JOIN peer USING (period, what)""",
    "promises": """
        WITH each AS (SELECT department, state, due_at, made_at,
                        CASE WHEN state IN ('kept', 'late') THEN settled_at END AS kept_at
                      FROM '{kept}/promises.parquet' WHERE made_at IS NOT NULL),
        totals AS (SELECT department, count(*) AS made, count(kept_at) AS kept,
                     count(*) FILTER (state = 'kept') AS on_time, count(*) FILTER (state = 'broken') AS broken,
                     median(epoch_ms(kept_at) - epoch_ms(made_at)) / 3600000.0 AS median_hours
                   FROM each GROUP BY department),
        kept AS (UNPIVOT (SELECT department, made::DOUBLE AS made, kept::DOUBLE AS kept, on_time::DOUBLE AS on_time,
                            broken::DOUBLE AS broken, median_hours FROM totals)
                 ON made, kept, on_time, broken, median_hours INTO NAME what VALUE number),
        peer AS (UNPIVOT (SELECT department, made::DOUBLE AS made, kept::DOUBLE AS kept, on_time::DOUBLE AS on_time,
                            broken::DOUBLE AS broken, median_hours FROM '{peer}/Q5.parquet')
                 ON made, kept, on_time, broken, median_hours INTO NAME what VALUE number)
        SELECT department, what, kept.number AS kept, peer.number AS peer
        FROM kept FULL JOIN peer USING (department, what)""",
}
# A row more than its key allows would otherwise only show as a repeated cell.
KEYS = {
    "retention": "cohort, age", "lifecycle": "period", "scores": "customer, list", "word_of_mouth": "period",
    "promises": "promise",
}
IS_EQUAL = {
    "scores": "abs(kept - peer) <= 1e-6 * greatest(abs(peer), 0.1)",
}


def compare(db, table, folders):
    """Cells compared, cells that differ, and words on the first of those."""
    db.execute(f"CREATE OR REPLACE TEMP TABLE cells AS {CELLS[table].format(**folders)}")
    is_equal = IS_EQUAL.get(table, "kept = peer")
    total, differing = db.execute(
        f"SELECT count(*), count(*) FILTER (({is_equal}) IS NOT TRUE) FROM cells").fetchone()
    rows = db.execute(f"SELECT * FROM cells WHERE ({is_equal}) IS NOT TRUE ORDER BY ALL LIMIT {SHOWN}").fetchall()
    examples = [" ".join(map(str, row[:-2])) + f": Kept {row[-2]}, peer {row[-1]}" for row in rows]
    repeated, = db.execute(f"SELECT count(*) - count(DISTINCT ({KEYS[table]})) "
                           f"FROM '{folders['kept']}/{table}.parquet'").fetchone()
    if repeated:
        examples.append(f"{repeated} rows of {table}.parquet repeat a key ({KEYS[table]})")
    return {"cells": total, "differing": differing + repeated, "examples": examples}


def main():
    if len(sys.argv) != 3 or sys.argv[1].startswith("-"):
        print(__doc__.strip(), file=sys.stderr)
        sys.exit(2)
    folders = {"kept": sys.argv[1], "peer": sys.argv[2]}
    db = duckdb.connect()
    db.execute("SET TimeZone='UTC'")
    result = {}
    for table in CELLS:
        try:
            result[table] = compare(db, table, folders)
        except duckdb.Error as error:
            result[table] = {"cells": 0, "differing": 1, "examples": [str(error).splitlines()[0]]}
    print(json.dumps(result))
    sys.exit(any(table["differing"] for table in result.values()))


if __name__ == "__main__":
    main()
