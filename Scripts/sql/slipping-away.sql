-- Who is slipping away, and why? Those who are quiet, unhappy with us or owed a promise, the least likely to return first.
SELECT
  c.customer,
  c.party,
  c.status,
  c.silence_d,
  round(c.p_alive, 3) AS p_alive,
  CASE
    WHEN p.missed > 0 THEN 'promises of ours late or broken'
    WHEN c.leave_signal > 0 THEN 'spoke of leaving'
    WHEN c.felt_index < 0 THEN 'feels badly treated'
    WHEN c.they_index < 0 THEN 'not into us'
    ELSE 'silent'
  END AS why,
  coalesce(p.missed, 0) AS promises_missed,
  round(c.felt_index, 1) AS felt_index,
  round(c.they_index, 1) AS they_index
FROM 'customers.parquet' AS c
LEFT JOIN (
  SELECT customer, count(*) AS missed
  FROM 'promises.parquet'
  WHERE made_by = 'us' AND state IN ('late', 'broken')
  GROUP BY customer
) AS p ON p.customer = c.customer
WHERE c.status IN ('active', 'quiet')
  AND (c.status = 'quiet' OR c.they_index < 0 OR c.felt_index < 0 OR c.leave_signal > 0 OR p.missed > 0)
ORDER BY c.p_alive ASC NULLS LAST, c.silence_d DESC NULLS LAST, c.customer;
