#!/usr/bin/env python3
"""Write facts.csv: what Python's zoneinfo says about the TZif files beside this script.

A line is a zone, an instant (UTC) and the offset there in seconds: on both sides of every change of the offset in some
years, and at random instants in between. Run it in this folder, then run the tests.
"""
import datetime, pathlib, random, zoneinfo

UTC = datetime.timezone.utc
YEARS = (1911, 1916, 1940, 1945, 1981, 1985, 1988, 2007, 2011, 2024, 2037, 2038, 2100, 2199)
here = pathlib.Path(__file__).parent
lines = []
for path in sorted(here.glob("*.tzif")):
    with path.open("rb") as file:
        zone = zoneinfo.ZoneInfo.from_file(file)
    offset = lambda t: int(t.astimezone(zone).utcoffset().total_seconds())
    instants = set()
    for year in YEARS:
        start = datetime.datetime(year, 1, 1, tzinfo=UTC)
        for day in range(365):
            low, high = start + datetime.timedelta(days=day), start + datetime.timedelta(days=day + 1)
            if offset(low) == offset(high):
                continue
            while high - low > datetime.timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
            instants |= {low, high}
    rng = random.Random(path.stem)
    first = datetime.datetime(1900, 1, 1, tzinfo=UTC)
    instants |= {first + datetime.timedelta(seconds=rng.randrange(300 * 365 * 86400)) for _ in range(40)}
    lines += [f"{path.stem},{t:%Y-%m-%dT%H:%M:%SZ},{offset(t)}\n" for t in sorted(instants)]
(here / "facts.csv").write_text("".join(lines))
