SELECT i + i, i * 2, -i, abs(i), i // 3, i % 7, sign(d), round(d, 2), sqrt(d), d / d FROM t WHERE b IS NOT TRUE
