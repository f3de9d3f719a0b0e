"""BG/NBD and Gamma-Gamma with lifetimes, from purchases that DuckDB counts. Definitions 3.6 and 3.7.

Orders of one local day are one; a customer first seen buying in the first days of the log is fitted on only where the log
starts with the business. Tolerances: likelihoods 1e-9 relative; lifetimes' own parameters 2 per mille of a logarithm, and
they may not be likelier; a customer's chance and expectation at Kept's parameters 1e-8.
"""
import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter

WEEKS = 90 / 7


def compare_all(db, snapshot, compare, rules):
    db.execute("""
      CREATE OR REPLACE TABLE bought AS
        WITH days AS (
          SELECT customer, day, sum(amount)::DOUBLE AS amount, bool_and(amount IS NOT NULL) AS is_valued FROM touches
          WHERE kind = 'order.placed' AND coalesce(data->>'$.order_id', subject, position::VARCHAR) NOT IN (
            SELECT coalesce(data->>'$.order_id', subject) FROM touches WHERE kind = 'order.cancelled')
          GROUP BY ALL),
        firsts AS (SELECT customer, min(day) AS first FROM days GROUP BY customer)
        SELECT customer, first, max(day) AS last, count(*) - 1 AS x,
          count(*) FILTER (day > first AND is_valued) AS valued, sum(amount) FILTER (day > first AND is_valued) AS spent,
          (max(day) - first) / 7 AS recency, (getvariable('today') - first) / 7 AS age
        FROM days JOIN firsts USING (customer) GROUP BY customer, first""")
    models = {(model, parameter): (value, likelihood, n) for model, parameter, value, likelihood, n in db.execute(
        f"SELECT model, parameter, value, log_likelihood, n FROM '{snapshot}/models.parquet'").fetchall()}
    truncated = 0 if rules["retention"]["log_starts_with_business"] else rules["retention"]["truncated_days"]
    fitted = db.execute(
        "SELECT * FROM bought WHERE first >= (SELECT min(day) FROM touches) + ?::INTEGER", [truncated]).df()
    if _purchases(compare, models, fitted):
        _customers(db, snapshot, compare, models)
    _spending(compare, models, fitted)


def _agree(compare, topic, names, own, theirs, likelihood):
    """Neither may be likelier than the other, and the parameters must be near."""
    compare.same(topic, "lifetimes' fit is not likelier", bool(likelihood(theirs) <= likelihood(own) + 1e-6), True)
    for name, one, other in zip(names, own, theirs):
        compare.same(topic, f"ln {name}", one, other, 2e-3)


def _purchases(compare, models, people):
    topic, names = "BG/NBD", ["r", "alpha", "a", "b"]
    compare.same(topic, "customers", models["bg_nbd", "r"][2], len(people))
    if models["bg_nbd", "r"][0] is None:
        print(f"no fit of purchases: of {len(people)} buyers {int((people.x > 0).sum())} came again")
        return False
    # Customers with the same history count together.
    alike = people.groupby(["x", "recency", "age"]).size().reset_index(name="weight")
    x, recency, age, weight = (alike[name].to_numpy(dtype=float) for name in ("x", "recency", "age", "weight"))
    own = np.log([models["bg_nbd", name][0] for name in names])
    likelihood = lambda point: -BetaGeoFitter._negative_log_likelihood(point, x, recency, age, weight, 0) * weight.sum()
    compare.same(topic, "log likelihood", models["bg_nbd", "r"][1], likelihood(own), 1e-9)
    fitter = BetaGeoFitter().fit(x, recency, age, weights=weight)
    _agree(compare, topic, names, own, np.log([fitter.params_[name] for name in names]), likelihood)
    return True


def _customers(db, snapshot, compare, models):
    people = db.execute(f"""
      SELECT x, recency, age, p_alive, expected_orders FROM bought JOIN '{snapshot}/customers.parquet' USING (customer)
      WHERE x > 0 AND coalesce(p_alive_reason, '') <> 'ended' ORDER BY customer""").df()
    fitter = BetaGeoFitter()
    fitter.params_ = pd.Series({name: models["bg_nbd", name][0] for name in ("r", "alpha", "a", "b")})
    alive = fitter.conditional_probability_alive(people.x, people.recency, people.age)
    orders = fitter.conditional_expected_number_of_purchases_up_to_time(WEEKS, people.x, people.recency, people.age)
    for place, one in enumerate(people.itertuples()):
        compare.same("p_alive", one, one.p_alive, np.asarray(alive)[place], 1e-8)
        compare.same("expected_orders", one, one.expected_orders, np.asarray(orders)[place], 1e-8)
    unsaid = db.execute(f"""
      SELECT count(*), count(p_alive), count(*) FILTER (p_alive_reason = 'no repeat yet')
      FROM bought JOIN '{snapshot}/customers.parquet' USING (customer)
      WHERE x = 0 AND coalesce(p_alive_reason, '') <> 'ended'""").fetchone()
    compare.same("p_alive", "of those who bought once", unsaid[1:], (0, unsaid[0]))


def _spending(compare, models, people):
    topic, names = "Gamma-Gamma", ["p", "q", "gamma"]
    people = people[(people.valued > 0) & (people.spent > 0)]
    compare.same(topic, "customers", models["gamma_gamma", "p"][2], len(people))
    if models["gamma_gamma", "p"][0] is None:
        return
    x, mean = people.valued.to_numpy(dtype=float), (people.spent / people.valued).to_numpy(dtype=float)
    own = np.log([models["gamma_gamma", name][0] for name in names])
    likelihood = lambda point: -GammaGammaFitter._negative_log_likelihood(point, x, mean, np.ones_like(x), 0) * len(x)
    compare.same(topic, "log likelihood", models["gamma_gamma", "p"][1], likelihood(own), 1e-9)
    compare.same(topic, "correlation", models["gamma_gamma", "correlation"][0], np.corrcoef(x, mean)[0, 1], 1e-9)
    fitter = GammaGammaFitter().fit(x, mean)
    _agree(compare, topic, names, own, np.log([fitter.params_[name] for name in "pqv"]), likelihood)
    p, q, v = (models["gamma_gamma", name][0] for name in names)
    compare.same(topic, "population mean", models["gamma_gamma", "population_mean"][0], p * v / (q - 1), 1e-12)
