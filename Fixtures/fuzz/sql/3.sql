SELECT t.s || u.s, t.day - u.day, t.at + INTERVAL '3 months' FROM t JOIN u ON t.i = u.i AND t.d < u.d LEFT JOIN u AS v USING (s) WHERE t.s LIKE '%a_' ESCAPE '!'
