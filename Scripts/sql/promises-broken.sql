-- Which promise do we break most? Ours that are settled, by the department that made them; the most often late or broken first.
SELECT
  coalesce(department, 'not recorded') AS department,
  count(*) AS settled,
  count(*) FILTER (WHERE state = 'broken') AS broken,
  count(*) FILTER (WHERE state = 'late') AS late,
  round(count(*) FILTER (WHERE state IN ('broken', 'late')) / count(*), 3) AS missed_share,
  round(median(late_hours) FILTER (WHERE state = 'late'), 1) AS late_hours_median,
  sum(revisions) AS revisions
FROM 'promises.parquet'
WHERE made_by = 'us' AND state IN ('kept', 'late', 'broken')
GROUP BY 1
ORDER BY missed_share DESC, settled DESC, 1;
