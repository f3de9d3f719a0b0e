-- Points of every touch, halved every `half_life` days, by customer and list. Each term is rounded to a whole number of
-- 2^-32 before it is added, as Kept does, so that the sum does not depend on the order in which a cluster adds.
WITH terms AS (
  SELECT customer, list, points,
    CAST(round(points * 4294967296 * pow(2, -(as_of_micros - unix_micros(time)) / (half_life * 86400000000))) AS BIGINT)
      AS term
  FROM touches JOIN rules USING (kind, direction) CROSS JOIN instant),
sums AS (
  SELECT customer, list, coalesce(sum(term) FILTER (WHERE points > 0), 0) AS into_sum,
    coalesce(-sum(term) FILTER (WHERE points < 0), 0) AS not_into_sum
  FROM terms GROUP BY customer, list)
SELECT label AS customer, list, into_sum / 4294967296 AS points_into, not_into_sum / 4294967296 AS points_not_into,
  (into_sum - not_into_sum) / 4294967296 AS points_net
FROM sums JOIN labels USING (customer)
