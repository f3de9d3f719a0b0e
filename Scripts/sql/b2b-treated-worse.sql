-- Do we treat b2b worse? Each service fact over all months: how much worse they are served than b2c, and from how many.
SELECT
  metric,
  unit,
  round(party_median, 3) AS b2b,
  round(against_median, 3) AS b2c,
  round(gap, 3) AS gap,
  party_n AS b2b_n,
  against_n AS b2c_n,
  CASE
    WHEN parity IS NULL THEN 'not known'
    WHEN parity THEN 'not worse'
    ELSE 'worse'
  END AS answer
FROM 'parity.parquet'
WHERE party = 'b2b' AND against = 'b2c' AND period IS NULL
ORDER BY metric;
