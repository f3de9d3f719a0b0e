"""Measures by month, of the firm and by channel, in SQL written from the definitions (section 1, 3.8 to 3.12).

A measure is compared where the snapshot has any value of it: value, numerator and denominator of every month that has some.
Tolerance: 1e-6, the last digit of a decimal.
"""

#: What touches add up to: numerator and denominator (NULL: a count or a sum), over the touches of a month.
TOUCHES = {
    "contacts": ("count(*) FILTER (theirs)", "NULL"),
    "customers_in_touch": ("count(DISTINCT customer) FILTER (theirs)", "NULL"),
    "human_share": ("count(*) FILTER (theirs AND agent IS NOT NULL AND NOT coalesce(automated, false))",
                    "count(*) FILTER (theirs AND (agent IS NOT NULL OR automated IS NOT NULL))"),
    "csat": ("sum((score - 1) / 4) FILTER (is_csat)", "count(*) FILTER (is_csat)"),
    "csat_top_box": ("count(*) FILTER (is_csat AND (score - 1) / 4 >= 0.75)", "count(*) FILTER (is_csat)"),
    "proactive_care": ("count(*) FILTER (kind = 'care.given' AND data->>'$.prompted' = 'false')", "NULL"),
    "give_ask": ("count(*) FILTER (kind = 'care.given')", "count(*) FILTER (kind IN ('care.given', 'ask.made'))"),
    "sold": ("sum(amount) FILTER (kind = 'order.placed')", "NULL"),
    "keep_per_get": ("sum(amount) FILTER (effort = 'keep')", "sum(amount) FILTER (effort IN ('keep', 'acquire'))"),
    "serve_obtain": ("sum(minutes) FILTER (effort = 'serve')", "sum(minutes) FILTER (effort IN ('serve', 'acquire'))"),
    "sales_reward_share": ("sum(amount) FILTER (kind = 'reward.paid' AND basis = 'sales')",
                           "sum(amount) FILTER (kind = 'reward.paid' AND basis IS NOT NULL)"),
}

# The month an instant lies in, by the business's calendar.
MONTH = "date_trunc('month', {} AT TIME ZONE getvariable('zone'))::DATE"


def compare_all(db, snapshot, compare, rules):
    _prepare(db, rules["programs"]["answered_days"])
    found = {}
    for measure, grain, entity, period, num, den, value in db.execute(f"""
        SELECT measure, grain, entity, period, num, den, value FROM '{snapshot}/measures.parquet'
        WHERE grain IN ('firm', 'channel') AND value IS NOT NULL ORDER BY ALL""").fetchall():
        found.setdefault(measure, {})[grain, entity, period] = (num, den, value)
    for measure, (num, den) in TOUCHES.items():
        if measure in found:
            _compare(compare, measure, found[measure], db.execute(f"""
              SELECT 'firm', NULL, month, {num} AS num, {den} AS den FROM seen GROUP BY month UNION ALL
              SELECT 'channel', channel, month, {num}, {den} FROM seen WHERE channel IS NOT NULL GROUP BY channel, month""").fetchall())
    kinds = {kind for kind, in db.execute("SELECT DISTINCT kind FROM touches").fetchall()}
    for measure, (query, unless) in MATTERS.items():
        if measure in found and kinds.isdisjoint(unless):
            firm = {key: value for key, value in found[measure].items() if key[0] == "firm"}
            _compare(compare, measure, firm, db.execute(f"SELECT 'firm', NULL, * FROM ({query})").fetchall())
    for measure, level in (("reply_p50", 0.5), ("reply_p90", 0.9)):
        if measure in found:
            _waits(db, compare, measure, level, {key[2]: value for key, value in found[measure].items() if key[0] == "firm"})


def _compare(compare, measure, found, rows):
    """Counts of nothing are left out on both sides: a month without is a row of 0 for some measures."""
    expected = {}
    for grain, entity, month, num, den, *value in rows:
        number = value[0] if value else float(num or 0) / float(den) if den else num
        if den or (den is None and num):
            expected[grain, entity, month] = (None if value else float(num or 0), den and float(den), float(number))
    found = {key: (None if num is None else float(num), None if den is None else float(den), value)
             for key, (num, den, value) in found.items() if den or value}
    compare.rows(f"measure {measure}", found, expected, 1e-6)


def _waits(db, compare, measure, level, found):
    """Hours until so many had their first human reply; who has none is watched until resolved, or the as-of instant."""
    from lifelines import KaplanMeierFitter
    rows = db.execute(f"""
      SELECT {MONTH.format("opened_at")} AS month, replied_at IS NOT NULL AS is_event,
        (epoch_us(coalesce(replied_at, resolved_at, getvariable('as_of'))) - epoch_us(opened_at)) / 3.6e9 AS hours
      FROM cases""").df()
    for month, cases in rows.groupby("month"):
        fitter = KaplanMeierFitter().fit(cases.hours + 1, cases.is_event)
        # lifelines multiplies logarithms, and may miss a level that it equals by a rounding.
        survival = fitter.survival_function_.iloc[:, 0]
        reached = survival.index[survival <= 1 - level + 1e-12]
        value = reached[0] - 1 if len(reached) else None
        num, den, own = found.get(month.date(), (None, None, None))
        compare.same(f"measure {measure}", month, own, value, 1e-6)
        if own is not None:
            compare.same(f"measure {measure}", f"{month} parts", (float(num), float(den)), (cases.is_event.sum(), len(cases)))


def _prepare(db, answered_days):
    """`seen`: touches with what measures ask; `cases`, `promises`, `words` that want an answer."""
    db.execute(f"""
      CREATE OR REPLACE TABLE seen AS
        SELECT *, date_trunc('month', day)::DATE AS month, direction IN ('in', 'both') AS theirs,
          (data->>'$.automated')::BOOLEAN AS automated, coalesce(data->>'$.case_id', subject) AS about,
          kind = 'survey.answered' AND coalesce(data->>'$.instrument', 'csat') = 'csat' AND score BETWEEN 1 AND 5 AS is_csat,
          data->>'$.effort' AS effort, (data->>'$.minutes')::DOUBLE AS minutes, data->>'$.basis' AS basis
        FROM (SELECT * FROM touches UNION ALL BY NAME SELECT rowid AS position, * EXCLUDE (due),
          due::TIMESTAMPTZ AS due, (time AT TIME ZONE getvariable('zone'))::DATE AS day FROM events WHERE customer IS NULL)""")
    # A case opens with its first event of its own, and is answered by a person's word to the customer. A bot's solution that
    # is reopened before anybody answered starts the wait again, which no case of these ledgers with a measured wait does.
    db.execute(f"""
      CREATE OR REPLACE TABLE cases AS
        WITH own AS (SELECT * FROM seen WHERE noun = 'case' AND about IS NOT NULL),
        opened AS (SELECT customer, about, min(time) AS opened_at,
            arg_max(kind, (time, position)) FILTER (kind IN ('case.resolved', 'case.closed', 'case.reopened')) AS state,
            max(time) FILTER (kind = 'case.reopened') AS reopened_at FROM own GROUP BY ALL),
        ends AS (SELECT customer, about, min(time) AS resolved_at FROM own JOIN opened USING (customer, about)
          WHERE kind IN ('case.resolved', 'case.closed') AND time > coalesce(reopened_at, '1970-01-01'::TIMESTAMPTZ) GROUP BY ALL),
        words AS (SELECT customer, about, min(time) AS replied_at FROM seen
          WHERE agent IS NOT NULL AND NOT coalesce(automated, false) AND NOT coalesce((data->>'$.by_bot')::BOOLEAN, false)
            AND ((kind IN ('message.sent', 'call.handled', 'meeting.held', 'status.reported')
                AND NOT (kind = 'message.sent' AND direction = 'in'))
              OR (noun = 'case' AND kind <> 'case.updated' AND direction IN ('out', 'both')))
          GROUP BY ALL),
        shifts AS (
          SELECT customer, about, agent, department,
            last_value(agent IGNORE NULLS) OVER w AS agent_before, last_value(department IGNORE NULLS) OVER w AS department_before
          FROM own WHERE kind = 'case.assigned'
          WINDOW w AS (PARTITION BY customer, about ORDER BY time, position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
        handed AS (SELECT customer, about, count(*) FILTER (agent <> agent_before OR department <> department_before) AS hand_offs
          FROM shifts GROUP BY ALL),
        had AS (SELECT customer, about, count(DISTINCT agent) AS people FROM seen JOIN opened USING (customer, about)
          WHERE (noun = 'case' OR kind IN ('message.sent', 'call.handled', 'meeting.held', 'status.reported'))
            AND NOT (kind = 'message.sent' AND direction = 'in') AND time >= opened_at GROUP BY ALL)
        SELECT customer, about, opened_at, replied_at, CASE WHEN state <> 'case.reopened' THEN resolved_at END AS resolved_at,
          coalesce(hand_offs, 0) AS hand_offs, people
        FROM opened LEFT JOIN ends USING (customer, about) LEFT JOIN words USING (customer, about)
          LEFT JOIN handed USING (customer, about) LEFT JOIN had USING (customer, about)""")
    # What either side said that wants an answer, and the next word of the other side on the same subject.
    db.execute(f"""
      CREATE OR REPLACE TABLE words AS
        WITH said AS (
          SELECT *, direction = 'in' AS by_them FROM seen
          WHERE (direction = 'in' AND kind IN ('message.sent', 'case.opened', 'case.reopened', 'mention.posted'))
            OR (direction = 'out' AND kind IN ('ask.made', 'info.requested', 'survey.sent')))
        SELECT s.position, any_value(s.month) AS month, any_value(s.time) AS time, any_value(by_them) AS by_them,
          min(a.time) AS answered_at,
          any_value(s.time + INTERVAL {answered_days} DAY <= getvariable('as_of')) AS is_over
        FROM said s LEFT JOIN seen a ON a.customer = s.customer AND (a.time, a.position) > (s.time, s.position)
          AND a.time <= s.time + INTERVAL {answered_days} DAY
          AND CASE WHEN s.about IS NOT NULL AND a.about IS NOT NULL THEN a.about = s.about ELSE a.channel = s.channel END
          AND (a.direction = 'both' OR a.direction = CASE WHEN by_them THEN 'out' ELSE 'in' END)
        GROUP BY s.position""")
    db.execute("""
      CREATE OR REPLACE TABLE deliveries AS
        SELECT p.position, any_value(p.due) AS due, min(d.time) AS delivered_at
        FROM seen p LEFT JOIN seen d ON d.kind = 'order.delivered' AND d.subject = p.subject AND d.customer = p.customer
          AND (d.time, d.position) > (p.time, p.position)
        WHERE p.kind = 'promise.made' GROUP BY p.position""")


#: What becomes of matters: month, numerator and denominator; a quantile has none of the first, and gives its value. Beside it
#: the kinds whose part in it is not told here: a ledger that has any is not compared.
MATTERS = {
    "repeat_share": ("""
        SELECT month, count(*) FILTER (place > 1), count(*) FROM (
          SELECT month, row_number() OVER (PARTITION BY customer ORDER BY time, position) AS place
          FROM seen WHERE kind = 'order.placed') GROUP BY month""", ["order.cancelled"]),
    "hand_offs_per_case": (
        f"SELECT {MONTH.format('opened_at')}, sum(hand_offs), count(*) FROM cases GROUP BY ALL", []),
    "people_per_case": (f"""
        SELECT {MONTH.format('opened_at')}, NULL, count(*), quantile_cont(people, 0.5) FROM cases WHERE people > 0
        GROUP BY ALL""", []),
    "their_reply_h": ("""
        SELECT month, NULL, count(*), quantile_cont((epoch_us(answered_at) - epoch_us(time)) / 3.6e9, 0.5)
        FROM words WHERE NOT by_them AND answered_at IS NOT NULL GROUP BY ALL""", ["ask.made", "info.requested"]),
    # What was said too lately to have been answered in time is not counted yet, unless it was.
    "replied_share": ("""
        SELECT month, count(answered_at), count(*) FROM words WHERE by_them AND (answered_at IS NOT NULL OR is_over)
        GROUP BY ALL""", ["message.sent"]),
    "promises_on_time": (f"""
        SELECT {MONTH.format("least(due, getvariable('as_of'))")}, count(*) FILTER (delivered_at <= due), count(*)
        FROM deliveries WHERE delivered_at IS NOT NULL OR due < getvariable('as_of') GROUP BY ALL""",
        ["promise.kept", "promise.broken", "promise.revised"]),
}
