"""What the oracles share: touchpoints of a file in DuckDB, as the definitions have them.

Nothing here knows how Kept does it: directions, openings and local days are written from the definitions.
"""
import tempfile

import duckdb

# The kinds of the data sets that go one way unless an event says otherwise; all others go neither way.
FROM_THEM = ["order.placed", "order.cancelled", "order.abandoned", "case.opened", "case.reopened", "call.handled",
             "info.sought", "survey.answered", "relationship.started", "relationship.resumed", "return.requested",
             "payment.received", "need.stated", "circumstance.noted", "emotion.expressed", "thanks.given", "referral.made",
             "prospect.evaluated"]
TO_THEM = ["order.approved", "order.confirmed", "order.shipped", "order.backordered", "order.delivered", "order.corrected",
           "return.refused", "return.received", "return.credited", "invoice.issued", "case.resolved", "case.closed",
           "status.reported", "message.sent", "info.requested", "promise.made", "promise.revised", "promise.kept",
           "promise.broken", "statement.contradicted", "care.given", "ask.made", "need.met", "need.declined",
           "contact.assigned", "project.advanced", "project.closed", "outcome.delivered", "outcome.checked", "survey.sent"]
BOTH = ["contract.changed", "meeting.held", "project.started", "closeout.held"]
# What a matter begins with; one whose beginning is missing begins with its first event, which then is a contact.
OPENINGS = {"case": "case.opened", "order": "order.placed", "project": "project.started"}


def unpacked(path):
    """The path of plain or gzipped JSON lines; an lz4 frame is unpacked beside."""
    if not path.endswith(".lz4"):
        return path
    import lz4.frame
    target = tempfile.NamedTemporaryFile(suffix=".jsonl", delete=False)
    with lz4.frame.open(path) as packed, target:
        target.write(packed.read())
    return target.name


def database(path, zone):
    """`events`, `touches` (those that name a customer, with local day and direction) and `contacts`."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.execute("SET VARIABLE zone = ?", [zone])
    db.execute("""
      CREATE TABLE events AS SELECT * FROM read_json(?, format = 'newline_delimited', columns = {
        source: 'VARCHAR', customer: 'VARCHAR', account: 'VARCHAR', party: 'VARCHAR', kind: 'VARCHAR', time: 'TIMESTAMPTZ',
        channel: 'VARCHAR', direction: 'VARCHAR', agent: 'VARCHAR', department: 'VARCHAR', subject: 'VARCHAR',
        amount: 'DECIMAL(18,6)', score: 'DOUBLE', due: 'VARCHAR', data: 'JSON'})""", [unpacked(path)])
    # A due without a time of day would be written as a date; these are instants.
    db.execute(f"""
      CREATE TABLE touches AS
        SELECT rowid AS position, * EXCLUDE (direction, due), due::TIMESTAMPTZ AS due,
          (time AT TIME ZONE '{zone}')::DATE AS day,
          coalesce(direction, CASE WHEN kind IN {tuple(FROM_THEM)} THEN 'in' WHEN kind IN {tuple(TO_THEM)} THEN 'out'
            WHEN kind IN {tuple(BOTH)} THEN 'both' END) AS direction,
          split_part(kind, '.', 1) AS noun
        FROM events WHERE customer IS NOT NULL""")
    nouns = " UNION ALL ".join(f"SELECT '{noun}' AS noun, '{kind}' AS opening" for noun, kind in OPENINGS.items())
    db.execute(f"""
      CREATE TABLE contacts AS
        WITH matters AS (
          SELECT t.*, opening, row_number() OVER (
            PARTITION BY customer, t.noun, coalesce(data->>('$.' || t.noun || '_id'), subject) ORDER BY time, position) AS place
          FROM touches t JOIN ({nouns}) USING (noun)
          WHERE coalesce(data->>('$.' || t.noun || '_id'), subject) IS NOT NULL)
        SELECT customer, source, position, time, day FROM touches WHERE direction IN ('in', 'both')
        UNION
        SELECT customer, source, position, time, day FROM matters WHERE place = 1 AND kind <> opening""")
    as_of = db.execute("SELECT max(time) FROM events").fetchone()[0]
    db.execute("SET VARIABLE as_of = ?::TIMESTAMPTZ", [as_of])
    db.execute(f"SET VARIABLE today = (getvariable('as_of') AT TIME ZONE '{zone}')::DATE")
    return db
