"""Survival and incidence with lifelines, from observations made here of the touchpoints.

Definitions 3.1 (who may have begun before the log), 3.4 and 3.41 (lapse, ends) and 3.5. lifelines has the log-log interval
alone; the plain and the log one are the definition's, of its S and its Greenwood sum. So is the incidence, Σ S(t−)·d/n,
since lifelines shakes ties apart at random. Tolerances: 1e-9, of a log-rank test 1e-7.
"""
import math

import lifelines
import numpy as np
import pandas as pd
from lifelines.statistics import multivariate_logrank_test

Z = 1.959963984540054
FAMILIES = ["cohort", "fit", "found_via", "offering", "party", "source"]
CAUSES = {"customer": "they_left", "us": "we_left", "mutual": "mutual", "external": "external", None: "unsaid"}


def compare_all(db, snapshot, compare, rules):
    people = _people(db, rules)
    models = {(model, parameter): value for model, parameter, value in db.execute(
        f"SELECT model, parameter, value FROM '{snapshot}/models.parquet'").fetchall()}
    for curve, observe in (("lapse", _lapse), ("tenure", _tenure)):
        table = db.execute(f"SELECT * FROM '{snapshot}/survival.parquet' WHERE curve = '{curve}'").df()
        if table.reason.notna().any():
            print(f"no curve of {curve}: {table.reason[0]}")
            continue
        strata = _strata(observe(db, people, rules))
        compare.rows(f"survival {curve} strata", {name: [1] for name in strata}, {name: [1] for name in table.stratum})
        for name, members in strata.items():
            _curve(compare, curve, name, members, table[table.stratum == name], models)
        for family in FAMILIES:
            members = {name: those for name, those in strata.items() if name.startswith(family + "=")}
            if 1 < len(members) <= 60:
                _log_rank(compare, curve, family, members, models)
        if curve == "tenure":
            _incidence(db, snapshot, compare, strata)


def _people(db, rules):
    """Of each customer who surely did not begin before the log: days, words of the first who said them, until when seen."""
    truncated = 0 if rules["retention"]["log_starts_with_business"] else rules["retention"]["truncated_days"]
    db.execute(f"""
      CREATE OR REPLACE TABLE people AS
        WITH ends AS (SELECT source, max(day) AS last FROM touches GROUP BY source),
        began AS (SELECT * FROM touches WHERE kind = 'relationship.started')
        SELECT customer, min(day) AS first_day, arg_min(source, (time, position)) AS source,
          coalesce(arg_min(party, (time, position)) FILTER (party IS NOT NULL), CASE WHEN bool_or(account IS NOT NULL)
            THEN 'b2b' ELSE 'b2c' END) AS party, max(last) AS observed,
          any_value(first_contact) AS first_contact, any_value(last_contact) AS last_contact,
          any_value(found_via) AS found_via, any_value(offering) AS offering, any_value(started) AS started
        FROM touches JOIN ends USING (source) LEFT JOIN (
          SELECT customer, min(day) AS first_contact, max(day) AS last_contact FROM contacts GROUP BY customer)
          USING (customer) LEFT JOIN (
          SELECT customer, arg_min(data->>'$.found_via', (time, position)) FILTER (data->>'$.found_via' IS NOT NULL) AS found_via,
            arg_min(data->>'$.offering', (time, position)) FILTER (data->>'$.offering' IS NOT NULL) AS offering,
            min(time) AS started FROM began GROUP BY customer) USING (customer)
        GROUP BY customer HAVING min(day) >= (SELECT min(day) FROM touches) + {truncated}""")
    fits = {}
    for customer, day, score in db.execute("""
        SELECT customer, day, score FROM touches WHERE kind = 'fit.assessed' AND score IS NOT NULL
        ORDER BY time, position""").fetchall():
        fits.setdefault(customer, []).append((day, score))
    people = db.execute("SELECT * FROM people").df()
    people["fits"] = people.customer.map(lambda name: fits.get(name, []))
    for column in ("first_day", "observed", "first_contact", "last_contact"):
        people[column] = pd.to_datetime(people[column])
    return people


def _member(one, start, exit, cause):
    """Who was observed for how many days, and whether they left: `cause` False, or by which."""
    start = pd.Timestamp(start)
    words = {"party": one.party, "cohort": f"{start.year}-Q{start.quarter}", "found_via": one.found_via,
             "offering": one.offering, "source": one.source}
    fit = next((score for day, score in one.fits if (pd.Timestamp(day) - start).days <= 30), None)
    if fit is not None:
        words["fit"] = "0.7 or more" if fit >= 0.7 else "below 0.7"
    return exit, cause, {name: word for name, word in words.items() if isinstance(word, str)}


def _lapse(db, people, rules):
    """From the first contact to the last; who was in contact within the longest limit is there, and censored."""
    longest = pd.Timedelta(days=math.ceil(rules["lapse"]["max_days"]))
    for one in people.itertuples():
        until = one.observed - longest
        if pd.isna(one.first_contact) or one.first_contact > until:
            continue
        is_there = one.last_contact > until
        last = until if is_there else one.last_contact
        yield _member(one, one.first_contact, (last - one.first_contact).days, False if is_there else "lapsed")


def _tenure(db, people, rules):
    """From the start to the first end that took effect; what begins before an announced end takes it back."""
    ends = [end["kind"] for end in rules["relationship"]["ends"]]
    starts = [start["kind"] for start in rules["relationship"]["starts"]]
    turns = {}
    for customer, kind, time, change, by, effective in db.execute(f"""
        SELECT customer, kind, time, data->>'$.change', data->>'$.ended_by',
          greatest(time, coalesce((data->>'$.effective_at')::TIMESTAMPTZ, time))
        FROM touches WHERE list_contains(?, kind) ORDER BY time, position""", [ends + starts]).fetchall():
        if kind in starts and kind == "contract.changed" and change not in ("new", "renewed"):
            continue
        turns.setdefault(customer, []).append((kind in ends, time, by, effective))
    as_of = db.execute("SELECT getvariable('as_of')").fetchone()[0]
    for one in people.itertuples():
        announced = end = None
        begun = False
        for is_end, time, by, effective in turns.get(one.customer, []) + [(False, as_of, None, None)]:
            if announced and announced[0] <= time and not end:
                end = announced
            if is_end and not end:
                announced = min(effective, announced[0] if announced else effective), by
                if announced[0] <= time:
                    end = announced
            elif not is_end and effective is not None:
                announced, begun = None, True
        if pd.isna(one.first_contact) and not begun and not end:
            continue
        told = not pd.isna(one.started) and (not end or one.started < pd.Timestamp(end[0]))
        start = one.first_day if not told else pd.Timestamp(_local(db, one.started))
        if end:
            yield _member(one, start, max(0, (pd.Timestamp(_local(db, end[0])) - start).days), CAUSES[end[1]])
        else:
            yield _member(one, start, (one.observed - start).days, False)


def _local(db, instant):
    return db.execute("SELECT (?::TIMESTAMPTZ AT TIME ZONE getvariable('zone'))::DATE", [instant]).fetchone()[0]


def _strata(members):
    strata = {}
    for exit, cause, words in members:
        for name in ["all"] + [f"{family}={word}" for family, word in words.items()]:
            strata.setdefault(name, []).append((exit, cause))
    return strata


def _fit(members):
    # A day on, so that whoever leaves on the day they came was there before.
    return lifelines.KaplanMeierFitter().fit(
        np.array([exit + 1 for exit, _ in members]), np.array([bool(cause) for _, cause in members]))


def _intervals(s, greenwood, log_log):
    if not 0 < s < 1:
        return {"plain": (None, None), "log": (None, None), "log-log": (None, None)}
    error = s * math.sqrt(greenwood)
    return {"plain": (max(0, s - Z * error), min(1, s + Z * error)),
            "log": (s * math.exp(-Z * error / s), min(1, s * math.exp(Z * error / s))), "log-log": log_log}


def _curve(compare, curve, name, members, table, models):
    topic = f"survival {curve}"
    fitter = _fit(members)
    events, bands = fitter.event_table, fitter.confidence_interval_
    found = {(row.t_days, row.ci_kind): (row.at_risk, row.events, row.censored, row.survival, row.se, row.lo, row.hi)
             for row in table.itertuples()}
    expected = {}
    last = max(exit for exit, _ in members)
    for time in sorted({exit for exit, _ in members} | {day for day in (365, 1095, 1825) if day <= last}):
        known = time + 1 in events.index
        at = events.index[events.index <= time + 1][-1]
        counts = ((events.at_risk[at], events.observed[at], events.censored[at]) if known else
                  (sum(exit >= time for exit, _ in members), 0, 0))
        s, greenwood = fitter.survival_function_.iloc[:, 0][at], fitter._cumulative_sq_[at]
        band = (bands.iloc[:, 0][at], bands.iloc[:, 1][at])
        for kind, (low, high) in _intervals(s, greenwood, band).items():
            error = s * math.sqrt(greenwood) if s > 0 else None
            expected[time, kind] = (*counts, s, error, low, high)
    compare.rows(topic, {(name, *key): value for key, value in found.items()},
                 {(name, *key): value for key, value in expected.items()}, 1e-9)
    # Where the curve, and its band while it has one, first is at a half; lifelines' S may miss it by a rounding.
    s = fitter.survival_function_.iloc[:, 0]
    has_band = (s > 0) & (s < 1)
    for parameter, values in (("days", s), ("lo", bands.iloc[:, 0][has_band]), ("hi", bands.iloc[:, 1][has_band])):
        times = values.index[values <= 0.5 + 1e-12]
        compare.same(f"median {curve}", f"{name} {parameter}", models.get((f"median {curve} {name}", parameter)),
                     times[0] - 1 if len(times) else None)


def _log_rank(compare, curve, family, strata, models):
    rows = [(exit, bool(cause), name) for name, members in strata.items() for exit, cause in members]
    exits, ended, names = (np.array(values) for values in zip(*rows))
    test = multivariate_logrank_test(exits, names, ended)
    for parameter, value in (("chi_square", test.test_statistic), ("df", test.degrees_of_freedom), ("p_value", test.p_value)):
        compare.same(f"log-rank {curve}", f"{family} {parameter}", models[f"log-rank {curve} by {family}", parameter], value, 1e-7)


def _incidence(db, snapshot, compare, strata):
    table = db.execute(f"SELECT * FROM '{snapshot}/incidence.parquet'").df()
    found = {(row.stratum, row.cause, row.t_days): (row.at_risk, row.events, row.incidence, row.survival)
             for row in table.itertuples()}
    expected = {}
    for name, members in strata.items():
        fitter = _fit(members)
        events, survival = fitter.event_table, fitter.survival_function_.iloc[:, 0]
        for cause in sorted({cause for _, cause in members if cause}):
            incidence, before = 0.0, 1.0
            for time in sorted({exit for exit, _ in members}):
                left = sum(exit == time and by == cause for exit, by in members)
                incidence += before * left / events.at_risk[time + 1]
                before = survival[time + 1]
                expected[name, cause, time] = (events.at_risk[time + 1], left, incidence, before)
    compare.rows("incidence", found, expected, 1e-9)
