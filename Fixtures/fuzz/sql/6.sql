SELECT date_trunc('quarter', at), date_part('week', day), date_diff('month', day, at), strftime(at, '%Y-%m-%d %H:%M:%S'), year(day), epoch(at), make_date(2024, 2, i) FROM t
