#!/usr/bin/env python3
"""Writes years.jsonl, or the file named: the two and a half years in which the 2024 of events.jsonl lies.

The same bytes on every run: `random.random` of a seed is promised to stay what it is, and nothing else of it is used.

A crowd of consumers, accounts and colleagues is drawn so that every measure has something to say; Mila's life, at the end,
is written by hand, and README.md works out its numbers.
"""
import json
import os
import sys

from years_by_hand import mila, canteen, newcomer, rewritten
from years_drawing import FAIRS, FIRST, LAST, Person, at_work, chance, draw, events, iso, later, pick
from years_lives import case, kindness, part, begin, buyer, account, firm


def crowd():
    ends = ["customer"] * 3 + ["us", "customer", "mutual", "customer", "external"]
    ended = 0
    for place in range(80):
        joined = later(FIRST, days=2 + place * 10.4 + 3 * draw(), hours=12 * draw() + 7)
        is_business = place % 5 in (1, 3, 4)
        one, last = buyer(f"{'B' if is_business else 'C'}-{2201 + place}", f"A-{201 + place}" if is_business else None, joined)
        if later(last, days=100) < LAST and chance(.75):
            part(one, later(last, days=20 + 50 * draw()), ends[ended % len(ends)])
            ended += 1
    for place in range(9):
        joined = at_work(later(FIRST, days=3 + place * 50, hours=9))
        lead, contract, monthly = account(f"A-{101 + place}", joined)
        ended_by = {1: "customer", 2: "us", 3: "customer", 5: "external", 6: "customer"}.get(place)
        if ended_by:
            leaves = later(joined, days=330 + 20 * place)
            lead.touch("contract.changed", leaves, contract_id=contract, change=pick("cancel_notice", "lapsed"),
                       mrr_before=monthly, mrr_after=0, ends_at=iso(later(leaves, days=30)), currency="EUR")
            part(lead, later(leaves, days=30), ended_by)
            for event in [event for event in events if event.get("account") == lead.account]:
                if event["time"] > iso(later(leaves, days=31)):
                    events.remove(event)
    for place in range(5):
        one = Person(f"I-{3101 + place}", "internal")
        one.channel = "chat"
        begin(one, later(FIRST, days=20 + 5 * place, hours=8))
        for week in FAIRS:
            case(one, later(week, days=int(4 * draw()), hours=8 + 6 * draw()), pick("request", "fault"))
        kindness(one, at_work(later(FIRST, days=200 + 90 * place)))


def main():
    crowd()
    firm()
    mila()
    # Those who came into the story later have numbers of their own, and nobody above is drawn otherwise because of them.
    before = len(events)
    canteen()
    newcomer()
    rewritten()
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "years.jsonl")
    with open(sys.argv[1] if len(sys.argv) > 1 else beside, "w") as file:
        lines = []
        for letter, part in (("y", events[:before]), ("z", events[before:])):
            for index, event in enumerate(sorted(part, key=lambda event: event["time"])):
                lines.append({"source": event.pop("source"), "id": f"{letter}{index:05d}"} | event)
        for line in sorted(lines, key=lambda line: line["time"]):
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
