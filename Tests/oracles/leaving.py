#!/usr/bin/env python3
"""Compare tables that Kept made of whole lives with what DuckDB and lifelines make of the same touches.

usage: leaving.py CASE.json

The file holds touches and rows of tables; the tests beside KeptMeasures write it. `kind` says what is compared:
- cohorts: revenue of cells, ranges of ages and means over cohorts, by SQL as naive as the definitions;
- tenure: survival, its intervals, its median and the log-rank test, the observations being made here from the touches.
Exit status: 0 equal, 1 not (the first differences are printed).
"""
import json
import sys
import warnings

from comparison import Comparison

warnings.filterwarnings("ignore")

comparison = Comparison()


def same(what, found, expected, tolerance=1e-9):
    """`found` is Kept's."""
    comparison.same("leaving", what, found, expected, tolerance)


def cohorts(case):
    import duckdb
    import pandas as pd

    db = duckdb.connect()
    orders = pd.DataFrame(case["orders"], columns=["customer", "day", "amount"])
    db.execute("CREATE TABLE orders AS SELECT customer, DATE '1970-01-01' + day::INTEGER AS day, amount FROM orders")
    # The as-of instant is the midnight with which `today` begins: the bucket that holds it is not over.
    db.execute("SET VARIABLE today = DATE '1970-01-01' + ?::INTEGER", [case["today"]])
    for grain in ("week", "month"):
        db.execute(f"""
          CREATE OR REPLACE TABLE aged AS
            SELECT customer, amount, day > first_day AS is_return, date_trunc('{grain}', first_day)::DATE AS cohort,
              date_diff('{grain}', date_trunc('{grain}', first_day), date_trunc('{grain}', day)) AS age
            FROM orders JOIN (SELECT customer, min(day) AS first_day FROM orders GROUP BY customer) USING (customer);
          CREATE OR REPLACE TABLE sizes AS
            SELECT cohort, count(DISTINCT customer) AS size,
              date_diff('{grain}', cohort, date_trunc('{grain}', getvariable('today'))) AS last
            FROM aged GROUP BY cohort""")
        key = lambda row: (row["cohort"], row["age"])
        cells = {key(row): row for row in case["retention"] if row["grain"] == grain}
        want = db.execute("""
          SELECT (cohort - DATE '1970-01-01')::INTEGER, a, size,
            (SELECT coalesce(sum(amount), 0) FROM aged WHERE aged.cohort = sizes.cohort AND age = a),
            (SELECT count(DISTINCT customer) FROM aged WHERE aged.cohort = sizes.cohort AND age = a AND is_return)
          FROM sizes, unnest(range(0, least(last, 104) + 1)) AS ages(a)""").fetchall()
        same(f"{grain}: cells", len(cells), len(want))
        for cohort, age, size, revenue, bounded in want:
            cell = cells.get((cohort, age), {})
            same(f"{grain} {cohort} {age}: size", cell.get("cohort_size"), size)
            same(f"{grain} {cohort} {age}: revenue", cell.get("revenue"), revenue)
            same(f"{grain} {cohort} {age}: rate so far", cell.get("rate_so_far"), bounded / size)
        rows = [row for row in case["brackets"] if row["grain"] == grain]
        for row in rows:
            size, returned, last = db.execute("""
              SELECT size, (SELECT count(DISTINCT customer) FROM aged
                WHERE aged.cohort = sizes.cohort AND is_return AND age BETWEEN ? AND ?), last
              FROM sizes WHERE cohort = DATE '1970-01-01' + ?::INTEGER""",
              [row["age_from"], row["age_to"], row["cohort"]]).fetchone()
            what = f"{grain} {row['cohort']} {row['age_from']} to {row['age_to']}"
            same(f"{what}: returned", row["returned"], returned)
            same(f"{what}: rate", row["rate"], returned / size if row["age_to"] < last else None)
        begun = db.execute("SELECT count(*) FROM sizes, unnest(?) AS starts(a) WHERE a <= last",
                           [case["starts"][grain]]).fetchone()[0]
        same(f"{grain}: ranges", len(rows), begun)
        for row in case["means"]:
            if row["grain"] != grain:
                continue
            what = f"{grain} means at {row['age']}"
            for name, test in (("bounded", "age = ?"), ("unbounded", "age >= ?")):
                for kind, only in (("all", "true"), ("fixed", f"last > {case['through'][grain]}")):
                    k = row["age"]
                    total, members, mean, count = db.execute(f"""
                      SELECT sum(returned), sum(size), avg(returned / size), count(*) FROM (
                        SELECT size, (SELECT count(DISTINCT customer) FROM aged
                          WHERE aged.cohort = sizes.cohort AND is_return AND {test}) AS returned
                        FROM sizes WHERE last > ? AND {only})""", [k, k]).fetchone()
                    if kind == "fixed":
                        within = k <= case["through"][grain]
                        same(f"{what}: {name} fixed", row[f"{name}_fixed"], total / members if within and members else None)
                    else:
                        same(f"{what}: {name}", row[name], total)
                        same(f"{what}: eligible", row["eligible"], members)
                        same(f"{what}: cohorts", row["n_cohorts"], count)
                        same(f"{what}: {name} weighted", row[f"{name}_weighted"], total / members)
                        same(f"{what}: {name} simple", row[f"{name}_simple"], mean)


def observations(case):
    """A row a relationship: entry, exit, whether it ended, party. Times are days."""
    lives, last = {}, {}
    for touch in sorted(case["touches"], key=lambda touch: touch["time"]):
        lives.setdefault(touch["customer"], []).append(touch)
        last[touch["source"]] = int(touch["time"])
    log_start = min(int(life[0]["time"]) for life in lives.values())
    found = []
    for life in lives.values():
        first = int(life[0]["time"])
        starts = [touch for touch in life if touch["kind"] == "relationship.started"]
        ends = [touch for touch in life if touch["kind"] == "relationship.ended"]
        if not starts and not ends and not any(touch["contact"] for touch in life):
            continue
        told = [touch["since"] for touch in starts if touch["since"] is not None]
        if not told and first < log_start + 90:
            continue
        start = int(min(told)) if told else None
        if start is None:
            before = [touch for touch in starts if not ends or touch["time"] < ends[0]["time"]]
            start = int(before[0]["time"]) if before else first
        elif starts and (not ends or starts[0]["time"] < ends[0]["time"]):
            start = min(start, int(starts[0]["time"]))
        seen = max(last[touch["source"]] for touch in life)
        end = max(start, int(ends[0]["time"])) if ends else seen
        party = next((touch["party"] for touch in life if touch["party"]), "b2c")
        entry = first - start if told and start < first else -1
        found.append((entry, end - start, bool(ends), party))
    return found


def tenure(case):
    import lifelines
    import numpy as np
    from lifelines.statistics import multivariate_logrank_test

    rows = observations(case)
    strata = {"all": rows}
    for row in rows:
        strata.setdefault(f"party={row[3]}", []).append(row)
    for name, members in strata.items():
        # Whoever is not seen before they are gone is at risk at no time.
        members = [row for row in members if row[0] < row[1]]
        entry, exit, ended = (np.array(values) for values in list(zip(*members))[:3])
        # A day on, so that whoever was seen from the beginning enters at 0, before anything can happen.
        fitter = lifelines.KaplanMeierFitter().fit(exit + 1, ended, entry=entry + 1)
        table, bounds = fitter.event_table, fitter.confidence_interval_
        cells = {row["t_days"]: row for row in case["survival"] if row["stratum"] == name}
        for time in sorted({int(t) + 1 for t in exit}):
            row = cells.get(time - 1, {})
            what = f"{name} at {time - 1}"
            same(f"{what}: at risk", row.get("at_risk"), table.loc[time, "at_risk"] - table.loc[time, "entrance"])
            same(f"{what}: events", row.get("events"), table.loc[time, "observed"])
            same(f"{what}: censored", row.get("censored"), table.loc[time, "censored"])
            survival = fitter.survival_function_.iloc[:, 0][time]
            same(f"{what}: survival", row.get("survival"), survival)
            if 0 < survival < 1:
                same(f"{what}: lower", row.get("lo"), bounds.iloc[:, 0][time])
                same(f"{what}: upper", row.get("hi"), bounds.iloc[:, 1][time])
        same(f"{name}: median", case["medians"].get(name), fitter.median_survival_time_ - 1)
    test = multivariate_logrank_test(
        np.array([row[1] for row in rows]), np.array([row[3] for row in rows]), np.array([row[2] for row in rows]))
    if all(row[0] < 0 for row in rows):
        same("log-rank by party", case["chi_square"], test.test_statistic)
        same("log-rank by party: p", case["p_value"], test.p_value)


def main():
    with open(sys.argv[1]) as file:
        case = json.load(file)
    {"cohorts": cohorts, "tenure": tenure}[case["kind"]](case)
    return comparison.report()


if __name__ == "__main__":
    sys.exit(main())
