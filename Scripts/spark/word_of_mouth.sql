-- By month and customer the last score: from 4 on satisfied, up to 2 dissatisfied. What each said in public counts with
-- that. Break-even is 2.5 satisfied for one dissatisfied.
WITH scored AS (
  SELECT month, customer, max_by(score, struct(time, position)) AS score, count(*) AS answers,
    count_if(kind = 'mention.posted') AS mentions
  FROM touches WHERE kind IN ('survey.answered', 'mention.posted') GROUP BY month, customer),
counted AS (
  SELECT month, sum(answers) AS answered, count_if(score >= 4) AS satisfied, count_if(score <= 2) AS dissatisfied,
    count_if(score > 2 AND score < 4) AS neutral
  FROM scored GROUP BY month)
SELECT month_start(month) AS period, answered, satisfied, dissatisfied, neutral,
  satisfied / nullif(dissatisfied, 0) AS ratio, CAST(satisfied - 2.5 * dissatisfied AS DOUBLE) AS balance,
  CAST(4 * satisfied AS DOUBLE) AS told_good_lo, CAST(6 * satisfied AS DOUBLE) AS told_good_hi,
  CAST(9 * dissatisfied AS DOUBLE) AS told_bad_lo, CAST(15 * dissatisfied AS DOUBLE) AS told_bad_hi
FROM counted
