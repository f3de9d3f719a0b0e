#!/usr/bin/env python3
"""Back-test the WE index of some lives by counting pairs.

usage: backtests.py LIVES AS_OF

A line of the file is a life: "kind,time;kind,time;...". Of the kinds care.given says +1 and case.opened, a complaint, -1,
with a half-life of 90 days; relationship.ended ends it. For the first of each of the last 12 months whose 90 days are over,
a line "date,area,n,events" is printed: of all pairs of one who left within 90 days and one who did not, the share in which
the first had the lower index, ties counting half. Standard library only.
"""
import sys
from datetime import datetime, timedelta, timezone

LIVES, AS_OF = sys.argv[1:]
POINTS = {"care.given": 1, "case.opened": -1}


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def index(touches, at):
    into = against = 0.0
    for kind, time in touches:
        if kind in POINTS and time < at:
            weight = 2 ** (-(at - time) / timedelta(days=90))
            if POINTS[kind] > 0:
                into += weight
            else:
                against += weight
    if into + against < 0.25:
        return None
    return round(100 * (into - against) / (into + against + 4), 2)


lives = [[(kind, instant(time)) for kind, time in (touch.split(",") for touch in line.split(";"))]
         for line in open(LIVES, encoding="utf-8").read().splitlines()]
as_of = datetime.fromisoformat(AS_OF).replace(tzinfo=timezone.utc)
months = []
first = as_of.replace(day=1)
while len(months) < 12:
    if first + timedelta(days=90) <= as_of:
        months.append(first)
    first = (first - timedelta(days=1)).replace(day=1)
for at in reversed(months):
    left, stayed = [], []
    for touches in lives:
        if touches[0][1] >= at:
            continue
        ends = [time for kind, time in touches if kind == "relationship.ended"]
        if ends and ends[0] <= at:
            continue
        known = index(touches, at)
        if known is None:
            continue
        (left if ends and ends[0] <= at + timedelta(days=90) else stayed).append(known)
    won = sum((a < b) + (a == b) / 2 for a in left for b in stayed)
    print(f"{at:%Y-%m-%d},{won / (len(left) * len(stayed))!r},{len(left) + len(stayed)},{len(left)}")
