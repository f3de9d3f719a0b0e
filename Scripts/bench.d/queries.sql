-- The five questions as an analyst would put them to DuckDB, over a view `events` of the generated Parquet file.
-- A query starts at a line "-- Qn name"; $T stands for the as-of instant. rulebook.json asks Kept for the same: its
-- names are new / still here / came back / gone quiet for the movements of Q2, `they` and `we_done` for the two lists
-- of Q3, `kept` and `late` for promises kept in Q5.
-- Q1 cohorts: monthly bounded-retention triangle
WITH f AS (SELECT customer, date_trunc('month', min(time)) AS cohort FROM events GROUP BY customer),
a AS (SELECT DISTINCT customer, date_trunc('month', time) AS month FROM events WHERE direction = 'in')
SELECT cohort, date_diff('month', cohort, month) AS age, count(*) AS active,
  any_value(size) AS size, count(*) / any_value(size)::DOUBLE AS retention
FROM a JOIN f USING (customer) JOIN (SELECT cohort, count(*) AS size FROM f GROUP BY cohort) s USING (cohort)
GROUP BY cohort, age ORDER BY cohort, age;
-- Q2 lifecycle: monthly new / retained / resurrected / dormant
WITH a AS (SELECT DISTINCT customer, date_trunc('month', time)::DATE AS month FROM events WHERE direction = 'in'),
w AS (SELECT customer, month, lag(month) OVER p AS before, lead(month) OVER p AS after FROM a
      WINDOW p AS (PARTITION BY customer ORDER BY month)),
m AS (SELECT month, CASE WHEN before IS NULL THEN 'new' WHEN before = month - INTERVAL 1 MONTH THEN 'retained'
      ELSE 'resurrected' END AS movement FROM w
  UNION ALL SELECT (month + INTERVAL 1 MONTH)::DATE, 'dormant' FROM w
      WHERE after IS DISTINCT FROM (month + INTERVAL 1 MONTH)::DATE
      AND month < date_trunc('month', TIMESTAMP '$T' - INTERVAL 1 MONTH))
SELECT month, movement, count(*) AS customers FROM m GROUP BY ALL ORDER BY ALL;
-- Q3 scores: decayed into-score of every customer, both directions, half-life 90 days
WITH weights(kind, weight) AS (VALUES ('order.placed',10),('order.confirmed',1),('order.shipped',1),
 ('order.delivered',2),('return.requested',-4),('return.credited',2),('question.asked',2),('question.answered',3),
 ('complaint.raised',-8),('complaint.resolved',4),('status.updated',2),('promise.made',1),('promise.kept',6),
 ('survey.answered',3),('call.held',3),('info.repeated',-5),('case.opened',-2),('case.handed-off',-3),
 ('case.closed',2),('project.started',12),('project.closed',6),('care.introduced',8),('campaign.sent',0.2),
 ('relationship.ended-by-customer',-50),('relationship.ended-by-company',-50),('mention.posted',4))
SELECT customer,
 sum(weight * pow(0.5, (epoch_ms(TIMESTAMPTZ '$T+00') - epoch_ms(time)) / 7776000000.0))
   FILTER (direction = 'in') AS into_us,
 sum(weight * pow(0.5, (epoch_ms(TIMESTAMPTZ '$T+00') - epoch_ms(time)) / 7776000000.0))
   FILTER (direction = 'out') AS into_them
FROM events JOIN weights USING (kind) GROUP BY customer;
-- Q4 word of mouth: satisfied (4,5) against dissatisfied (1,2) customers by their last score in each month
WITH s AS (SELECT date_trunc('month', time) AS month, customer, arg_max(score, time) AS score,
  count(*) FILTER (kind = 'mention.posted') AS mentions FROM events
  WHERE kind IN ('survey.answered', 'mention.posted') GROUP BY ALL)
SELECT month, count(*) FILTER (score >= 4) AS satisfied, count(*) FILTER (score <= 2) AS dissatisfied,
 sum(mentions) FILTER (score >= 4) AS praised, sum(mentions) FILTER (score <= 2) AS panned,
 satisfied / nullif(dissatisfied, 0)::DOUBLE AS ratio FROM s GROUP BY month ORDER BY month;
-- Q5 promises: kept on time by department, with latency
WITH p AS (SELECT subject, department, time AS made, due FROM events WHERE kind = 'promise.made'),
k AS (SELECT subject, min(time) AS kept FROM events WHERE kind = 'promise.kept' GROUP BY subject)
SELECT department, count(*) AS made, count(kept) AS kept, count(*) FILTER (kept <= due) AS on_time,
 count(*) FILTER (kept IS NULL AND due < TIMESTAMPTZ '$T+00') AS broken,
 count(*) FILTER (kept <= due) / count(*)::DOUBLE AS on_time_rate,
 median(epoch_ms(kept) - epoch_ms(made)) / 3600000.0 AS median_hours
FROM p LEFT JOIN k USING (subject) GROUP BY department ORDER BY department;
