"""Who came back, who was new, who went quiet and who lapsed: retention, lifecycle, lapses and churn, in SQL.

Definitions 3.1, 3.2 and 3.4. The as-of instant is that of the last event, so the bucket that holds it is open.
"""
import math

GRAINS = {"day": 90, "week": 104, "month": 10_000}
ROLLING_HOURS = {"day": 24, "week": 168, "month": 720}


def retention(db, snapshot, compare, rules, zone):
    """Every cell of customers: sizes, bounded, unbounded, returned by, eligible, rates and Wilson intervals."""
    activities = {"order": "SELECT customer, time, day, position FROM touches WHERE kind = 'order.placed'",
                  "contact": "SELECT customer, time, day, position FROM contacts",
                  "any": "SELECT customer, time, day, position FROM touches"}
    for activity in rules["activities"]:
        touches = activities[activity]
        db.execute(f"""
          CREATE OR REPLACE TABLE acts AS
            WITH acts AS ({touches})
            SELECT acts.*, start_time, start_day, day > start_day AS is_return FROM acts JOIN (
              SELECT customer, min(time) AS start_time, min(day) AS start_day FROM acts GROUP BY customer) USING (customer)""")
        if not db.execute("SELECT 1 FROM acts LIMIT 1").fetchall():
            continue
        for grain, limit in GRAINS.items():
            for clock in ("calendar", "rolling"):
                found = {row[:2]: row[2:] for row in db.execute(f"""
                  SELECT cohort, age, cohort_size, bounded, unbounded, returned_by, eligible, complete, bounded_rate,
                    bounded_lo, bounded_hi, unbounded_rate, left_truncated
                  FROM '{snapshot}/retention.parquet' WHERE unit = 'customer' AND activity = ? AND grain = ? AND clock = ?
                    AND cohort IS NOT NULL""", [activity, grain, clock]).fetchall()}
                expected = {}
                for cohort, age, size, bounded, unbounded, returned, eligible, is_complete, is_early in _cells(
                        db, grain, clock, limit, zone):
                    rate, low, high, late = [None] * 4
                    if is_complete and size:
                        rate, late = bounded / size, unbounded / size
                        low, high = _wilson(bounded, size)
                    expected[cohort, age] = (size, bounded, unbounded, returned, eligible, is_complete, rate, low, high,
                                             late, is_early and not rules["log_starts_with_business"])
                compare.rows(f"retention {activity} {grain} {clock}", found, expected, 1e-12)


def _wilson(hits, size, z=1.959964):
    share = hits / size
    middle, half = share + z * z / 2 / size, z * math.sqrt(share * (1 - share) / size + z * z / 4 / size / size)
    return max(0.0, (middle - half) / (1 + z * z / size)), min(1.0, (middle + half) / (1 + z * z / size))


def _cells(db, grain, clock, limit, zone):
    hours = ROLLING_HOURS[grain]
    midnight = f"(cohort + INTERVAL 1 {grain})::DATE::TIMESTAMP AT TIME ZONE '{zone}'"
    opening = f"cohort::TIMESTAMP AT TIME ZONE '{zone}'"
    elapsed = lambda start: f"(epoch_us(getvariable('as_of')) - epoch_us({start})) // ({hours} * 3600000000)"
    age = {"calendar": f"date_diff('{grain}', cohort, date_trunc('{grain}', day)::DATE)",
           "rolling": f"(epoch_us(time) - epoch_us(start_time)) // ({hours} * 3600000000)"}[clock]
    # Ages that have begun for the first member who could be, and those that are over for the last one.
    begun = {"calendar": f"date_diff('{grain}', cohort, getvariable('today'))", "rolling": elapsed(opening)}[clock]
    over = {"calendar": f"date_diff('{grain}', cohort, getvariable('today'))", "rolling": elapsed(midnight)}[clock]
    own = {"calendar": f"CASE WHEN {over} > age THEN size ELSE 0 END",
           "rolling": """coalesce((SELECT sum(n) FROM seen s WHERE s.cohort = cells.cohort AND s.over > cells.age), 0)"""}[clock]
    return db.execute(f"""
      WITH aged AS (
        SELECT *, {age} AS age FROM (SELECT *, date_trunc('{grain}', start_day)::DATE AS cohort FROM acts) WHERE is_return),
      people AS (SELECT DISTINCT customer, start_time, date_trunc('{grain}', start_day)::DATE AS cohort FROM acts),
      sizes AS (SELECT cohort, count(*) AS size FROM people GROUP BY cohort),
      spans AS (SELECT cohort, customer, min(age) AS first, max(age) AS last FROM aged GROUP BY ALL),
      bounded AS (SELECT cohort, age, count(DISTINCT customer) AS n FROM aged GROUP BY ALL),
      cells AS (SELECT cohort, size, unnest(range(0, least({limit}, greatest(0, {begun})) + 1)) AS age FROM sizes),
      -- How many came back for the last time, and for the first time after the start, at each age.
      ends AS (SELECT cohort, last AS age, count(*) AS n FROM spans GROUP BY ALL),
      firsts AS (SELECT cohort, min(age) AS age, customer FROM aged WHERE age >= 1 GROUP BY cohort, customer),
      starts AS (SELECT cohort, age, count(*) AS n FROM firsts GROUP BY ALL),
      -- How many ages are over for each member by their own start.
      seen AS (SELECT cohort, {elapsed('start_time')} AS over, count(*) AS n FROM people GROUP BY ALL)
      SELECT cohort, age, size,
        coalesce((SELECT n FROM bounded b WHERE b.cohort = cells.cohort AND b.age = cells.age), 0),
        coalesce((SELECT sum(n) FROM ends e WHERE e.cohort = cells.cohort AND e.age >= cells.age), 0),
        coalesce((SELECT sum(n) FROM starts s WHERE s.cohort = cells.cohort AND s.age <= cells.age), 0),
        {own}, {over} > age,
        cohort < (SELECT min(day) FROM touches) + 90
      FROM cells""").fetchall()


def lifecycle(db, snapshot, compare):
    """New, still here, came back, gone quiet, asleep: sets of customers in touch, bucket by bucket."""
    for grain in ("day", "week", "month"):
        found = {row[0]: row[1:] for row in db.execute(f"""
          SELECT period, active, new_count, still_here, came_back, gone_quiet, asleep, ended, complete
          FROM '{snapshot}/lifecycle.parquet' WHERE unit = 'customer' AND grain = ?""", [grain]).fetchall()}
        expected = {row[0]: row[1:] for row in db.execute(f"""
          WITH a AS (SELECT DISTINCT customer, date_trunc('{grain}', day)::DATE AS b FROM contacts),
          f AS (SELECT customer, min(b) AS first FROM a GROUP BY customer),
          marks AS (
            SELECT a.b, a.customer, first, EXISTS (
              SELECT 1 FROM a AS p WHERE p.customer = a.customer AND p.b = (a.b - INTERVAL 1 {grain})::DATE) AS before
            FROM a JOIN f USING (customer)),
          periods AS (
            SELECT unnest(range((SELECT min(b) FROM a)::TIMESTAMP,
              (date_trunc('{grain}', getvariable('today')) + INTERVAL 1 {grain})::TIMESTAMP, INTERVAL 1 {grain}))::DATE AS b),
          counts AS (
            SELECT periods.b, count(customer) AS active, count(*) FILTER (first = periods.b) AS new,
              count(*) FILTER (before) AS still, count(*) FILTER (NOT before AND first < periods.b) AS back
            FROM periods LEFT JOIN marks USING (b) GROUP BY ALL),
          flows AS (
            SELECT *, coalesce(lag(active) OVER (ORDER BY b), 0) - still AS quiet,
              coalesce(sum(new) OVER (ORDER BY b ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS seen,
              b < date_trunc('{grain}', getvariable('today'))::DATE AS complete
            FROM counts)
          SELECT b, active, new, still, back, CASE WHEN complete THEN quiet END,
            CASE WHEN complete THEN seen - still - back - quiet END, CASE WHEN complete THEN 0 END, complete
          FROM flows""").fetchall()}
        compare.rows(f"lifecycle {grain}", found, expected)


def silences(db, snapshot, compare, lapse):
    """Every lapse with its personal limit, and churn by lapse month by month."""
    db.execute(f"""
      CREATE OR REPLACE TABLE visits AS
        WITH days AS (SELECT customer, day, min(time) AS time FROM contacts GROUP BY ALL),
        gaps AS (SELECT *, day - lag(day) OVER w AS gap, lead(day) OVER w AS next, lead(time) OVER w AS next_time,
            row_number() OVER w - 1 AS n FROM days WINDOW w AS (PARTITION BY customer ORDER BY day)),
        limits AS (SELECT *, quantile_cont(gap, {lapse['quantile']}) OVER (
            PARTITION BY customer ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS q FROM gaps),
        personal AS (SELECT *, greatest({lapse['min_days']}, least({lapse['max_days']},
            (n * coalesce(q, 0) + {lapse['weight']} * {lapse['days']}) / (n + {lapse['weight']}))) AS limit_days FROM limits)
        -- A whole number of days stays one, whatever the last bit of the division.
        SELECT customer, day, limit_days, day + ceil(round(limit_days, 9))::INTEGER AS quiet_on, next, next_time, observed
        FROM personal JOIN (
          SELECT customer, max(last) AS observed FROM (SELECT DISTINCT customer, source FROM contacts) JOIN (
            SELECT source, max(day) AS last FROM touches GROUP BY source) USING (source) GROUP BY customer)
          USING (customer)""")
    db.execute("""
      CREATE OR REPLACE TABLE lapses AS SELECT customer, day, limit_days, quiet_on, next, next_time FROM visits
        WHERE quiet_on < next OR (next IS NULL AND quiet_on <= least(observed, getvariable('today')))""")
    found = {row[:2]: row[2:] for row in db.execute(f"""
      SELECT customer, went_quiet_on, limit_days, lapsed_on, reversed_at FROM '{snapshot}/lapses.parquet'""").fetchall()}
    expected = {row[:2]: row[2:] for row in db.execute(
      "SELECT customer, day, limit_days, quiet_on, next_time FROM lapses").fetchall()}
    compare.rows("lapses", found, expected, 1e-9)

    # Here from a first contact, or a return, to the lapse after it. A change counts for the month of its day.
    db.execute("""
      CREATE OR REPLACE TABLE stays AS
        WITH starts AS (SELECT customer, min(day) AS start FROM visits GROUP BY customer
          UNION SELECT customer, next FROM lapses WHERE next IS NOT NULL)
        SELECT s.customer, start, l.quiet_on AS until, max(start) OVER (PARTITION BY s.customer) AS last_start
        FROM starts s ASOF LEFT JOIN lapses l ON l.customer = s.customer AND l.day >= s.start""")
    found = {row[0]: row[1:] for row in db.execute(f"""
      SELECT period, at_start, stayed, lapsed, came_back, ends, taken_back, logo_churn, complete
      FROM '{snapshot}/churn.parquet' WHERE unit = 'customer' AND definition = 'lapse'""").fetchall()}
    expected = {}
    for month, start, stayed, back, ends, taken, is_complete in db.execute("""
      WITH months AS (SELECT unnest(range(
          (date_trunc('month', (SELECT min(day) FROM touches)) + INTERVAL 1 month)::TIMESTAMP,
          (date_trunc('month', getvariable('today')) + INTERVAL 1 month)::TIMESTAMP, INTERVAL 1 month))::DATE AS m),
      spans AS (SELECT m, (m + INTERVAL 1 month)::DATE AS e FROM months),
      -- Of each month and customer: there before it began, there when it ended, and how often lapsed in it.
      states AS (
        SELECT m, e, customer, bool_or(start < m) AS seen, bool_or(start < m AND coalesce(until >= m, true)) AS before,
          bool_or(start < e AND coalesce(until >= e, true)) AS after, count(*) FILTER (until >= m AND until < e) AS ends,
          bool_or(last_start >= e) AS returns
        FROM spans CROSS JOIN stays WHERE start < e GROUP BY ALL)
      SELECT m, count(*) FILTER (before), count(*) FILTER (before AND after), count(*) FILTER (seen AND NOT before AND after),
        sum(ends), count(*) FILTER (before AND NOT after AND returns),
        e <= getvariable('today')
      FROM states GROUP BY m, e""").fetchall():
        churn = (start - stayed) / start if is_complete and start else None
        if start:
            expected[month] = (start, stayed, start - stayed, back, ends, taken, churn, is_complete)
    compare.rows("churn by lapse", found, expected, 1e-12)
