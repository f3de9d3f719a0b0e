#!/usr/bin/env python3
"""Makes events.jsonl.lz4 from the publisher's incident_event_log.csv (a .gz of it works too): see README.md.

    python3 make_events.py incident_event_log.csv.gz events.jsonl.lz4

Needs the `lz4` tool. The same input gives the same lines on every machine.
"""
import collections
import csv
import gzip
import hashlib
import io
import json
import subprocess
import sys
from datetime import datetime

# Whole incidents of about one caller in six: those whose name has a digest that begins with a byte below this.
CALLER_BYTE_LIMIT = 44

KEPT_COLUMNS = [
    "incident_state", "sys_mod_count", "reassignment_count", "reopen_count", "made_sla", "active", "category",
    "subcategory", "u_symptom", "location", "impact", "urgency", "priority", "notify", "knowledge", "closed_code",
    "resolved_by", "resolved_at", "opened_by", "problem_id", "rfc", "vendor", "caused_by",
]
# The export copies the final value of these into every row of an incident: only the last events may know it.
FINAL_COLUMNS = {"closed_code", "resolved_by", "resolved_at"}
BOOLEAN_COLUMNS = {"made_sla", "active", "knowledge"}
COUNT_COLUMNS = {"sys_mod_count", "reassignment_count", "reopen_count"}
MISSING = "?"


def instant(text):
    """The publisher names no zone: the wall-clock time is written as if it were UTC."""
    return datetime.strptime(text, "%d/%m/%Y %H:%M").strftime("%Y-%m-%dT%H:%M:00Z")


def value(column, text):
    if column in BOOLEAN_COLUMNS:
        return text == "true"
    if column in COUNT_COLUMNS:
        return int(text)
    return instant(text) if column == "resolved_at" else text


def kind_of(row, previous):
    """What an audit row says happened, read off the change against the incident's row before it."""
    state = row["incident_state"]
    is_new_state = previous is None or previous["incident_state"] != state
    if previous and int(row["reopen_count"]) > int(previous["reopen_count"]):
        return "case.reopened"
    if is_new_state and state == "Closed":
        return "case.closed"
    if is_new_state and state == "Resolved":
        return "case.resolved"
    if is_new_state and state.startswith("Awaiting"):
        return "case.paused"
    if previous and int(row["reassignment_count"]) > int(previous["reassignment_count"]):
        return "case.assigned"
    for column in ("assignment_group", "assigned_to"):
        if row[column] != MISSING and (previous is None or previous[column] != row[column]):
            return "case.assigned"
    return "case.updated"


def is_chosen(caller):
    return caller != MISSING and hashlib.sha256(caller.encode()).digest()[0] < CALLER_BYTE_LIMIT


def events(rows):
    previous_row, count, chosen = {}, collections.Counter(), {}
    for row in rows:
        incident = row["number"]
        if not chosen.setdefault(incident, is_chosen(row["caller_id"])):
            continue
        count[incident] += 1
        previous = previous_row.get(incident)
        previous_row[incident] = row
        common = {"source": "servicenow", "customer": row["caller_id"], "subject": incident}
        if row["contact_type"] != MISSING:
            common["channel"] = row["contact_type"].lower()
        if previous is None:
            yield dict(common, id=incident + ":opened", kind="case.opened", time=instant(row["opened_at"]),
                       direction="in")
        kind = kind_of(row, previous)
        is_final = kind in ("case.resolved", "case.closed")
        event = dict(common, id=f"{incident}#{count[incident]}", kind=kind, time=instant(row["sys_updated_at"]))
        if is_final:
            event["direction"] = "out"
        if row["assigned_to"] != MISSING:
            event["agent"] = row["assigned_to"]
        if row["assignment_group"] != MISSING:
            event["department"] = row["assignment_group"]
        event["data"] = {
            column: value(column, row[column]) for column in KEPT_COLUMNS
            if row[column] not in (MISSING, "") and (is_final or column not in FINAL_COLUMNS)
        }
        yield event


ORDER = ["source", "id", "customer", "kind", "time", "channel", "direction", "agent", "department", "subject", "data"]


def main(source, target):
    opened = gzip.open if source.endswith(".gz") else open
    with opened(source, "rt", encoding="utf-8", newline="") as file:
        made = sorted(events(csv.DictReader(file)), key=lambda event: event["time"])  # stable: ties keep file order
    text = io.StringIO()
    for event in made:
        text.write(json.dumps({key: event[key] for key in ORDER if key in event}, separators=(",", ":")) + "\n")
    subprocess.run(["lz4", "-12", "-BD", "-f", "-q", "--content-size", "-", target],
                   input=text.getvalue().encode(), check=True)
    customers = {event["customer"] for event in made}
    cases = {event["subject"] for event in made}
    print(f"{len(made)} events, {len(cases)} cases, {len(customers)} customers")
    for kind, number in sorted(collections.Counter(event["kind"] for event in made).items()):
        print(f"{number:7d} {kind}")


if __name__ == "__main__":
    main(*sys.argv[1:])
