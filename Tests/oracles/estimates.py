#!/usr/bin/env python3
"""Compare survival curves, tests and purchase models with lifelines and lifetimes.

usage: estimates.py CASES.json

The file holds data and what Kept made of them; the test beside KeptStatistics writes it. Compared are
- Kaplan-Meier, late entry and weights included: at risk, events, survival and its log-log interval at every time, median;
- log-rank of any number of groups (without late entry, which lifelines does not take);
- Aalen-Johansen with standard errors (without ties, which lifelines can only shake apart);
- BG/NBD and Gamma-Gamma: the likelihood and the forecasts at Kept's parameters, to their digits, and the parameters that
  lifetimes finds itself, which must be no likelier.
Exit status: 0 equal, 1 not (the first differences are printed).
"""
import json
import math
import sys
import warnings

warnings.filterwarnings("ignore")

import lifelines
import numpy as np
import pandas as pd
from lifelines.statistics import multivariate_logrank_test
from lifetimes import BetaGeoFitter, GammaGammaFitter

from comparison import Comparison

comparison = Comparison()


def same(what, found, expected, tolerance=1e-9):
    """`found` is Kept's."""
    comparison.same("estimates", what, found, expected, tolerance)


def column(rows, name):
    return np.array([row[name] for row in rows], dtype=float)


def kaplan_meier(case, number):
    subjects = case["subjects"]
    fitter = lifelines.KaplanMeierFitter().fit(
        column(subjects, "exit"), column(subjects, "cause") > 0, entry=column(subjects, "entry"),
        weights=column(subjects, "weight"))
    bounds = fitter.confidence_interval_
    for row in case["rows"]:
        what = f"Kaplan-Meier {number} at {row['time']}"
        table = fitter.event_table.loc[row["time"]]
        same(f"{what}: at risk", row["atRisk"], table["at_risk"] - table["entrance"])
        same(f"{what}: events", row["events"], table["observed"])
        same(f"{what}: survival", row["survival"], fitter.survival_function_.iloc[:, 0][row["time"]])
        if row["lower"] is not None:
            same(f"{what}: lower", row["lower"], bounds.iloc[:, 0][row["time"]])
            same(f"{what}: upper", row["upper"], bounds.iloc[:, 1][row["time"]])
    same(f"Kaplan-Meier {number}: median", case["median"], fitter.median_survival_time_)


def log_rank(case, number):
    subjects = case["subjects"]
    test = multivariate_logrank_test(
        column(subjects, "exit"), column(subjects, "stratum"), column(subjects, "cause") > 0,
        weights=column(subjects, "weight"))
    same(f"log-rank {number}: chi-square", case["chiSquare"], test.test_statistic)
    same(f"log-rank {number}: p", case["pValue"], test.p_value)
    same(f"log-rank {number}: degrees of freedom", case["degreesOfFreedom"], test.degrees_of_freedom)


def aalen_johansen(case, number):
    subjects = case["subjects"]
    for place, cause in enumerate(case["causes"]):
        fitter = lifelines.AalenJohansenFitter().fit(
            column(subjects, "exit"), column(subjects, "cause").astype(int), cause, entry=column(subjects, "entry"))
        for row in case["rows"]:
            what = f"Aalen-Johansen {number}, cause {cause} at {row['time']}"
            same(f"{what}: incidence", row["incidence"][place], fitter.cumulative_density_.iloc[:, 0][row["time"]])
            variance = fitter.variance_[row["time"]]
            # Once nobody is left lifelines divides by zero.
            if math.isfinite(variance):
                same(f"{what}: standard error", row["errors"][place], math.sqrt(max(0, variance)), 1e-7)


def purchases(case):
    x, recency, age = (column(case["customers"], name) for name in ("x", "recency", "age"))
    names = ["r", "alpha", "a", "b"]
    own = np.log([case["fit"][name] for name in names])
    likelihood = lambda point: -BetaGeoFitter._negative_log_likelihood(point, x, recency, age, np.ones_like(x), 0) * len(x)
    same("BG/NBD: log likelihood", case["fit"]["logLikelihood"], likelihood(own))
    fitter = BetaGeoFitter().fit(x, recency, age)
    theirs = np.log([fitter.params_[name] for name in names])
    if likelihood(theirs) > likelihood(own) + 1e-6:
        comparison.differences.append(f"BG/NBD: lifetimes found a likelier fit, {fitter.params_.to_dict()}")
    for name, one, other in zip(names, own, theirs):
        same(f"BG/NBD: ln {name}", one, other, 2e-3)
        same(f"BG/NBD: error of ln {name}", case["errors"][name] / case["fit"][name],
             fitter.standard_errors_[name] / fitter.params_[name], 1e-3)
    fitter.params_ = pd.Series(np.exp(own), index=names)
    expected = fitter.conditional_expected_number_of_purchases_up_to_time(39, x, recency, age)
    alive = fitter.conditional_probability_alive(x, recency, age)
    for i, customer in enumerate(case["customers"]):
        same(f"BG/NBD: purchases of customer {i}", customer["expected"], expected[i], 1e-8)
        if customer["x"] > 0:
            same(f"BG/NBD: customer {i} alive", customer["pAlive"], alive[i])
    same("BG/NBD: purchases of a new customer", case["expected"],
         float(fitter.expected_number_of_purchases_up_to_time(39)), 1e-8)


def spending(case):
    x, mean = (column(case["customers"], name) for name in ("x", "mean"))
    own = np.log([case["fit"][name] for name in ("p", "q", "gamma")])
    likelihood = lambda point: -GammaGammaFitter._negative_log_likelihood(point, x, mean, np.ones_like(x), 0) * len(x)
    same("Gamma-Gamma: log likelihood", case["fit"]["logLikelihood"], likelihood(own))
    same("Gamma-Gamma: correlation", case["fit"]["correlation"], np.corrcoef(x, mean)[0, 1])
    fitter = GammaGammaFitter().fit(x, mean)
    theirs = np.log([fitter.params_[name] for name in "pqv"])
    if likelihood(theirs) > likelihood(own) + 1e-6:
        comparison.differences.append(f"Gamma-Gamma: lifetimes found a likelier fit, {fitter.params_.to_dict()}")
    for name, one, other in zip("pqv", own, theirs):
        same(f"Gamma-Gamma: ln {name}", one, other, 2e-3)
        same(f"Gamma-Gamma: error of ln {name}", case["errors"][{"v": "gamma"}.get(name, name)] / math.exp(one),
             fitter.standard_errors_[name] / fitter.params_[name], 1e-3)
    fitter.params_ = pd.Series(np.exp(own), index=list("pqv"))
    expected = fitter.conditional_expected_average_profit(x, mean)
    for i, customer in enumerate(case["customers"]):
        same(f"Gamma-Gamma: customer {i}", customer["expected"], expected[i])


def main():
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    for number, case in enumerate(cases["kaplanMeier"]):
        kaplan_meier(case, number)
    for number, case in enumerate(cases["logRank"]):
        log_rank(case, number)
    for number, case in enumerate(cases["aalenJohansen"]):
        aalen_johansen(case, number)
    purchases(cases["purchases"])
    spending(cases["spending"])
    return comparison.report()


if __name__ == "__main__":
    sys.exit(main())
