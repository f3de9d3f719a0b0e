-- What happened to customers after close-out? What came first after it, how long we were silent, and who is still with us.
SELECT
  coalesce(p.first_after, 'nothing yet') AS first_after,
  count(*) AS projects,
  count(DISTINCT p.customer) AS customers,
  round(median(p.after_silence_d), 1) AS silence_days_median,
  count(*) FILTER (WHERE p.closed_well) AS closed_well,
  count(DISTINCT p.customer) FILTER (WHERE c.status = 'active') AS still_active,
  count(DISTINCT p.customer) FILTER (WHERE c.status = 'quiet') AS gone_quiet,
  count(DISTINCT p.customer) FILTER (WHERE c.status = 'ended') AS ended,
  count(*) FILTER (WHERE c.last_at > p.closed_at) AS touched_since
FROM 'projects.parquet' AS p
LEFT JOIN 'customers.parquet' AS c ON c.customer = p.customer
WHERE p.state = 'closed'
GROUP BY 1
ORDER BY projects DESC, 1;
