-- Cohorts by the month of the first touch, and in which later months they came by themselves.
-- A cell is complete once its month had ended by the as-of instant; counts of an open month stand, its rates do not.
WITH firsts AS (SELECT customer, min(month) AS cohort FROM touches GROUP BY customer),
active AS (
  SELECT DISTINCT customer, cohort, month - cohort AS age FROM touches JOIN firsts USING (customer)
  WHERE direction = 'in'),
returns AS (
  SELECT customer, cohort, min(age) FILTER (WHERE age > 0) AS first_return, max(age) AS last_return
  FROM active GROUP BY customer, cohort),
sizes AS (SELECT cohort, count(*) AS cohort_size FROM firsts GROUP BY cohort),
cells AS (
  SELECT cohort, cohort_size, explode(sequence(0, as_of_month - cohort)) AS age, as_of_month, as_of_is_month_end
  FROM sizes CROSS JOIN instant),
bounded AS (SELECT cohort, age, count(*) AS bounded FROM active GROUP BY cohort, age),
ever AS (
  SELECT cells.cohort, cells.age, count_if(last_return >= cells.age) AS unbounded,
    count_if(first_return <= cells.age) AS returned_by
  FROM cells LEFT JOIN returns ON returns.cohort = cells.cohort GROUP BY cells.cohort, cells.age),
counted AS (
  SELECT cohort, age, cohort_size, coalesce(bounded, 0) AS bounded, unbounded, returned_by,
    cohort + age < as_of_month OR as_of_is_month_end AS complete
  FROM cells JOIN ever USING (cohort, age) LEFT JOIN bounded USING (cohort, age))
SELECT month_start(cohort) AS cohort, age, cohort_size, IF(complete, cohort_size, 0) AS eligible, bounded, unbounded,
  returned_by, IF(complete, bounded / cohort_size, NULL) AS bounded_rate,
  IF(complete, unbounded / cohort_size, NULL) AS unbounded_rate, bounded / cohort_size AS rate_so_far, complete
FROM counted
