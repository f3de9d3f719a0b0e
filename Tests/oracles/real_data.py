#!/usr/bin/env python3
"""Compare a snapshot with what DuckDB, lifelines and lifetimes make of the events themselves.

usage: real_data.py SNAPSHOT_DIR EVENTS.jsonl[.gz|.lz4] RULEBOOK.json TOPICS [--zone UTC]

TOPICS is a list with commas of presence (retention, lifecycle, lapses, churn), curves (survival, incidence, medians,
log-rank), buyers (BG/NBD, Gamma-Gamma) and programs (measures). Prints how many numbers were compared of each topic.
Exit status: 0 equal within the tolerances stated where they are compared, 1 not (the first differences are printed).
"""
import argparse
import json
import sys
import warnings

import touchpoints
from comparison import Comparison

warnings.filterwarnings("ignore")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("snapshot")
    parser.add_argument("events")
    parser.add_argument("rulebook")
    parser.add_argument("topics")
    parser.add_argument("--zone", default="UTC")
    arguments = parser.parse_args()
    with open(arguments.rulebook) as file:
        rules = json.load(file)
    db = touchpoints.database(arguments.events, arguments.zone)
    compare = Comparison()
    topics = arguments.topics.split(",")
    if "presence" in topics:
        import presence
        presence.retention(db, arguments.snapshot, compare, rules["retention"], arguments.zone)
        presence.lifecycle(db, arguments.snapshot, compare)
        presence.silences(db, arguments.snapshot, compare, rules["lapse"])
    if "curves" in topics:
        import curves
        curves.compare_all(db, arguments.snapshot, compare, rules)
    if "buyers" in topics:
        import buyers
        buyers.compare_all(db, arguments.snapshot, compare, rules)
    if "programs" in topics:
        import programs
        programs.compare_all(db, arguments.snapshot, compare, rules)
    return compare.report()


if __name__ == "__main__":
    sys.exit(main())
