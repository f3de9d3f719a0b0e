#!/usr/bin/env python3
"""Compare the retention table of a snapshot with what DuckDB counts from the source file itself.

usage: retention.py SNAPSHOT_DIR EVENTS.jsonl[.gz|.lz4] [--zone UTC]

Activities `order` (kind order.placed) and `any` (every touch that names the customer), customers, calendar clock, by day,
week and month: cohort sizes and the bounded and unbounded counts of every cell must be equal, and no cell may be missing.
Exit status: 0 equal, 1 not (the first differences are printed).
"""
import argparse
import sys
import tempfile

import duckdb

GRAINS = {"day": 90, "week": 104, "month": 100_000}


def expected(db, activity, grain, last_age):
    """(cohort, age) -> (size, bounded, unbounded); age 0 counts a return on a later local day only."""
    only = "WHERE kind = 'order.placed'" if activity == "order" else ""
    # Weeks begin on Monday for date_trunc, as in the ledger's default.
    return db.execute(f"""
      WITH touches AS (
        SELECT customer, (time AT TIME ZONE getvariable('zone'))::DATE AS day FROM events {only}),
      starts AS (SELECT customer, min(day) AS first_day FROM touches GROUP BY ALL),
      cohorts AS (SELECT customer, first_day, date_trunc('{grain}', first_day)::DATE AS cohort FROM starts),
      sizes AS (SELECT cohort, count(*) AS size FROM cohorts GROUP BY ALL),
      returns AS (
        SELECT DISTINCT c.cohort, t.customer, date_diff('{grain}', c.cohort, date_trunc('{grain}', t.day)::DATE) AS age
        FROM touches t JOIN cohorts c USING (customer) WHERE t.day > c.first_day),
      bounded AS (SELECT cohort, age, count(*) AS bounded FROM returns GROUP BY ALL),
      lasts AS (SELECT cohort, customer, max(age) AS last_age FROM returns GROUP BY ALL),
      ages AS (SELECT unnest(range(0, {last_age} + 1)) AS age)
      SELECT s.cohort, a.age, s.size, coalesce(any_value(b.bounded), 0),
        count(l.customer) FILTER (l.last_age >= a.age)
      FROM sizes s CROSS JOIN ages a
        LEFT JOIN bounded b ON b.cohort = s.cohort AND b.age = a.age LEFT JOIN lasts l ON l.cohort = s.cohort
      GROUP BY s.cohort, a.age, s.size""").fetchall()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot")
    parser.add_argument("events")
    parser.add_argument("--zone", default="UTC")
    arguments = parser.parse_args()
    events = arguments.events
    if events.endswith(".lz4"):
        import lz4.frame
        unpacked = tempfile.NamedTemporaryFile(suffix=".jsonl")
        with lz4.frame.open(events) as packed:
            unpacked.write(packed.read())
        unpacked.flush()
        events = unpacked.name
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.execute("SET VARIABLE zone = ?", [arguments.zone])
    db.execute("""CREATE TABLE events AS SELECT customer, kind, time::TIMESTAMPTZ AS time
      FROM read_json(?, format = 'newline_delimited',
        columns = {customer: 'VARCHAR', kind: 'VARCHAR', time: 'VARCHAR'}) WHERE customer IS NOT NULL""", [events])
    table = f"{arguments.snapshot}/retention.parquet"
    wrong = cells = 0
    for activity in ("order", "any"):
        for grain, age_limit in GRAINS.items():
            got = {(cohort, age): values for cohort, age, *values in db.execute(f"""
              SELECT cohort, age, cohort_size, bounded, unbounded FROM read_parquet('{table}')
              WHERE unit = 'customer' AND activity = ? AND grain = ? AND clock = 'calendar' AND cohort IS NOT NULL""",
              [activity, grain]).fetchall()}
            if not got and not db.execute(
                    "SELECT 1 FROM events WHERE ? = 'any' OR kind = 'order.placed' LIMIT 1", [activity]).fetchall():
                continue
            last = max((age for _, age in got), default=0)
            want = {(cohort, age): values for cohort, age, *values in expected(db, activity, grain, min(last, age_limit))}
            for key, values in got.items():
                cells += 1
                if list(want.get(key, [])) != list(values):
                    wrong += 1
                    if wrong <= 10:
                        print(f"{activity} {grain} cohort {key[0]} age {key[1]}: snapshot {values}, DuckDB {want.get(key)}")
            missing = [key for key, values in want.items() if values[1] and key not in got]
            wrong += len(missing)
            if missing:
                print(f"{activity} {grain}: {len(missing)} cells with returns are not in the snapshot, e.g. {missing[0]}")
            print(f"{activity} {grain}: {len(got)} cells, {len({cohort for cohort, _ in got})} cohorts")
    print(f"{cells} cells compared, {wrong} differ")
    return 1 if wrong or not cells else 0


if __name__ == "__main__":
    sys.exit(main())
