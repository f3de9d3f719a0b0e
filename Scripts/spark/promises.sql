-- A row a promise: the first promise.kept of its subject settles it, in time or late; past its due instant without one it
-- is broken. One that was kept and of which nobody said that it was made is kept, with nothing known of its making.
WITH made AS (
  SELECT subject AS promise, customer, department, time AS made_at, due AS due_at, source
  FROM touches WHERE kind = 'promise.made'),
kept AS (
  SELECT subject AS promise, min(time) AS settled_at, min_by(customer, struct(time, position)) AS keeping_customer,
    min_by(source, struct(time, position)) AS keeping_source
  FROM touches WHERE kind = 'promise.kept' GROUP BY subject)
SELECT promise, label AS customer, department, made_at, due_at, settled_at,
  CASE WHEN settled_at > due_at THEN 'late' WHEN settled_at IS NOT NULL THEN 'kept'
    WHEN unix_micros(due_at) < as_of_micros THEN 'broken' ELSE 'open' END AS state,
  IF(settled_at IS NULL OR due_at IS NULL, NULL, greatest(unix_micros(settled_at) - unix_micros(due_at), 0) / 3600000000)
    AS late_hours, coalesce(source, keeping_source) AS source
FROM made FULL JOIN kept USING (promise) JOIN labels ON labels.customer = coalesce(made.customer, keeping_customer)
  CROSS JOIN instant
