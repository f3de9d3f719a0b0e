-- Are we above 2.5 to 1? Satisfied for each dissatisfied customer, by quarter; each counts once in a month that they rated in.
SELECT
  CAST(date_trunc('quarter', period) AS DATE) AS quarter,
  sum(answered) AS answered,
  sum(satisfied) AS satisfied,
  sum(dissatisfied) AS dissatisfied,
  round(sum(satisfied) / nullif(sum(dissatisfied), 0), 2) AS ratio,
  CASE
    WHEN sum(satisfied) + sum(dissatisfied) = 0 THEN 'nobody has an opinion'
    WHEN sum(satisfied) > 2.5 * sum(dissatisfied) THEN 'above'
    WHEN sum(satisfied) = 2.5 * sum(dissatisfied) THEN 'at break-even'
    ELSE 'below'
  END AS answer
FROM 'word_of_mouth.parquet'
GROUP BY 1
ORDER BY 1;
