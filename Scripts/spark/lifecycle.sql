-- Month by month: who came for the first time, came again, came back, did not come any more, has not come for longer.
-- Who did not come in a month that is still open may come yet, so that nothing is said of them.
WITH active AS (SELECT DISTINCT customer, month FROM touches WHERE direction = 'in'),
moves AS (
  SELECT customer, month, lag(month) OVER lives AS before, lead(month) OVER lives AS after FROM active
  WINDOW lives AS (PARTITION BY customer ORDER BY month)),
periods AS (
  SELECT explode(sequence(first_month, as_of_month)) AS month, as_of_month, as_of_is_month_end
  FROM (SELECT min(month) AS first_month FROM active) CROSS JOIN instant),
arrivals AS (
  SELECT month, count(*) AS active, count_if(before IS NULL) AS new_count, count_if(before = month - 1) AS still_here,
    count_if(before < month - 1) AS came_back
  FROM moves GROUP BY month),
departures AS (
  SELECT month + 1 AS month, count(*) AS gone_quiet FROM moves
  WHERE after IS NULL OR after > month + 1 GROUP BY month),
counted AS (
  SELECT month, coalesce(active, 0) AS active, coalesce(new_count, 0) AS new_count, coalesce(still_here, 0) AS still_here,
    coalesce(came_back, 0) AS came_back, coalesce(gone_quiet, 0) AS gone_quiet,
    sum(coalesce(new_count, 0)) OVER (ORDER BY month) AS known, month < as_of_month OR as_of_is_month_end AS complete
  FROM periods LEFT JOIN arrivals USING (month) LEFT JOIN departures USING (month))
SELECT month_start(month) AS period, active, new_count, still_here, came_back, IF(complete, gone_quiet, NULL) AS gone_quiet,
  IF(complete, known - active - gone_quiet, NULL) AS asleep, complete
FROM counted
