"""Asks DuckDB and `kept query` the same generated questions about a snapshot, and compares the answers cell by cell.

    queries.py KEPT SNAPSHOT SEED COUNT
    queries.py KEPT SNAPSHOT FILE.sql…

Prints each question that is answered differently, with both answers, and at the end how many were asked.
"""
import datetime
import decimal
import json
import math
import os
import random
import re
import subprocess
import sys

import duckdb

KINDS = {"BIGINT": "int", "INTEGER": "int", "DOUBLE": "dbl", "BOOLEAN": "bool", "VARCHAR": "str", "DATE": "date"}


class Snapshot:
  """Columns by kind and values that occur, so that conditions are sometimes true."""

  TABLES = [
    "customers", "promises", "cases", "orders", "calls", "scores", "signals", "lifecycle", "churn", "projects", "returns",
    "word_of_mouth", "moves", "lapses", "survival", "parity", "sources", "accounts",
  ]
  OF_CUSTOMERS = ["customers", "promises", "cases", "orders", "scores", "projects", "returns", "lapses"]

  def __init__(self, connection):
    self.columns, self.values = {}, {}
    for table in self.TABLES:
      described = connection.execute(f"DESCRIBE SELECT * FROM '{table}.parquet'").fetchall()
      columns = {}
      for name, kind in [(row[0], row[1]) for row in described][:30]:
        kind = "ts" if kind.startswith("TIMESTAMP") else "dec" if kind.startswith("DECIMAL") else KINDS[kind]
        columns.setdefault(kind, []).append(name)
        if kind == "str":
          self.values[table, name] = [
            row[0] for row in connection.execute(
              f"SELECT DISTINCT {name} FROM '{table}.parquet' WHERE {name} IS NOT NULL ORDER BY 1 LIMIT 20").fetchall()]
      self.columns[table] = columns


class Generator:
  """Expressions of a kind over the columns of the tables behind FROM."""

  def __init__(self, snapshot, seed):
    self.snapshot, self.random = snapshot, random.Random(seed)
    self.scope = []

  def pick(self, items):
    return self.random.choice(items)

  def chance(self, share):
    return self.random.random() < share

  def column(self, kind):
    """A column of a kind; None where no table has one."""
    found = [
      (alias, table, name) for alias, table in self.scope for name in self.snapshot.columns[table].get(kind, [])]
    if not found:
      return None
    alias, table, name = self.pick(found)
    self.last = (table, name)
    return f"{alias}.{name}" if alias else name

  def reads_column(self, text):
    words = set(re.findall(r"\w+", text))
    return any(name in words for _, table in self.scope for names in self.snapshot.columns[table].values() for name in names)

  def literal(self, kind):
    r = self.random
    if kind == "int":
      return str(r.choice([0, 1, 2, 3, 5, 10, 100, -1]))
    if kind == "dbl":
      return r.choice(["0.5e0", "1e0", "2.25e0", "-1.5e0", "1e3"])
    if kind == "dec":
      return r.choice(["0.5", "2.5", "19.99", "-3.125", "100.0"])
    if kind == "bool":
      return r.choice(["true", "false"])
    if kind == "str":
      if self.column("str") and self.snapshot.values.get(self.last):
        return self.quoted(self.pick(self.snapshot.values[self.last]))
      return self.quoted(r.choice(["us", "late", "b2c", "", "x%y"]))
    if kind == "date":
      return f"DATE '{r.randint(2022, 2024)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}'"
    return f"TIMESTAMPTZ '{r.randint(2022, 2024)}-{r.randint(1, 12):02}-{r.randint(1, 28):02} {r.randint(0, 23):02}:30:00+00'"

  @staticmethod
  def quoted(text):
    return "'" + text.replace("'", "''") + "'"

  def make(self, kind, depth=2):
    if depth <= 0 or self.chance(0.35):
      return self.column(kind) if self.chance(0.8) and self.column(kind) else self.literal(kind)
    make = lambda inner: self.make(inner, depth - 1)
    if self.chance(0.15):
      return f"CASE WHEN {make('bool')} THEN {make(kind)} {'ELSE ' + make(kind) + ' ' if self.chance(0.7) else ''}END"
    if self.chance(0.1):
      return f"coalesce({make(kind)}, {make(kind)})"
    if self.chance(0.06):
      return f"nullif({make(kind)}, {make(kind)})"
    if kind != "bool" and self.chance(0.05):
      return f"{self.pick(['greatest', 'least'])}({make(kind)}, {make(kind)})"
    return getattr(self, kind)(make)

  def int(self, make):
    return self.pick([
      lambda: f"({make('int')} {self.pick('+-*')} {self.literal('int')})",
      lambda: f"({make('int')} {self.pick('+-')} {make('int')})",
      lambda: f"({make('int')} {self.pick(['//', '%'])} {self.pick(['2', '3', '7', '-4'])})",
      lambda: f"abs({make('int')})",
      lambda: f"-({make('int')})",
      lambda: f"sign({make(self.pick(['int', 'dbl', 'dec']))})",
      lambda: f"length({make('str')})",
      lambda: f"{self.pick(['year', 'month', 'quarter', 'day', 'week', 'dayofweek', 'dayofyear', 'isodow'])}({make(self.pick(['date', 'ts']))})",
      lambda: f"date_part('{self.pick(['year', 'month', 'day', 'hour', 'minute', 'second', 'doy', 'dow'])}', {make('ts')})",
      lambda: f"extract(month FROM {make('date')})",
      lambda: f"date_diff('{self.pick(['day', 'week', 'month', 'quarter', 'year'])}', {make('date')}, {make('date')})",
      lambda: f"date_diff('{self.pick(['hour', 'minute', 'day'])}', {make('ts')}, {make('ts')})",
      lambda: f"({make('date')} - {make('date')})",
      lambda: f"strpos({make('str')}, {self.pick(['chr(97)', self.quoted('e'), self.quoted('')])})".replace("chr(97)", "'a'"),
      lambda: f"CAST({make('dec')} AS BIGINT)",
      lambda: f"CAST({make('bool')} AS BIGINT)",
      lambda: f"TRY_CAST({make('str')} AS BIGINT)",
    ])()

  def dbl(self, make):
    return self.pick([
      lambda: f"({make('dbl')} {self.pick('+-*')} {make('dbl')})",
      lambda: f"({make('int')} / {make('int')})",
      lambda: f"({make('dec')} / {make('int')})",
      lambda: f"({make('dbl')} / nullif({make('dbl')}, 0))",
      lambda: f"({make('int')} * {make('dbl')})",
      lambda: f"sqrt(abs({make('dbl')}))",
      lambda: f"ln(abs({make('dbl')}) + 1)",
      lambda: f"power({make('dbl')}, 2)",
      lambda: f"round({self.column('dbl') or '2.345e0'}, {self.pick(['0', '1', '3', '-1'])})",
      lambda: f"{self.pick(['floor', 'ceil', 'abs', 'trunc'])}({self.column('dbl') or '-2.5e0'})",
      lambda: f"CAST({make('dec')} AS DOUBLE)",
      lambda: f"epoch({make('ts')})",
    ])()

  def dec(self, make):
    return self.pick([
      lambda: f"({make('dec')} {self.pick('+-')} {make('dec')})",
      lambda: f"({make('dec')} {self.pick('+-')} {make('int')})",
      lambda: f"({make('dec')} * {self.pick(['2', '3', '-1', '10'])})",
      lambda: f"round({make('dec')}, {self.pick(['0', '1', '2'])})",
      lambda: f"abs({make('dec')})",
      lambda: f"-({make('dec')})",
      lambda: f"floor({make('dec')})",
      lambda: f"CAST({make('int')} AS DECIMAL(18,6))",
    ])()

  def bool(self, make):
    comparison = lambda: self.pick(["=", "<>", "<", "<=", ">", ">="])
    any_kind = lambda: self.pick(["int", "dbl", "dec", "str", "date", "ts", "int", "str"])

    def same_kind():
      kind = any_kind()
      return f"({make(kind)} {comparison()} {make(kind)})"

    def is_distinct():
      kind = any_kind()
      return f"({make(kind)} IS {self.pick(['', 'NOT '])}DISTINCT FROM {make(kind)})"

    def listed():
      kind = self.pick(["int", "str", "date"])
      items = [self.literal(kind) for _ in range(self.random.randint(1, 4))] + (["NULL"] if self.chance(0.1) else [])
      return f"({make(kind)} {self.pick(['', 'NOT '])}IN ({', '.join(items)}))"

    def between():
      kind = self.pick(["int", "dbl", "date", "str", "ts", "dec"])
      return f"({make(kind)} {self.pick(['', 'NOT '])}BETWEEN {make(kind)} AND {make(kind)})"

    return self.pick([
      same_kind, same_kind, same_kind, is_distinct, listed, between,
      lambda: f"({make('bool')} {self.pick(['AND', 'OR'])} {make('bool')})",
      lambda: f"({make('bool')} {self.pick(['AND', 'OR'])} {make('bool')})",
      lambda: f"(NOT {make('bool')})",
      lambda: f"({make(any_kind())} IS {self.pick(['', 'NOT '])}NULL)",
      lambda: f"({make('bool')} IS {self.pick(['', 'NOT '])}{self.pick(['TRUE', 'FALSE'])})",
      lambda: f"({make('str')} {self.pick(['', 'NOT '])}{self.pick(['LIKE', 'ILIKE'])} {self.pick(self.PATTERNS)})",
      lambda: f"{self.pick(['starts_with', 'contains', 'ends_with'])}({make('str')}, {self.pick(['chr', 'a', 'e', 'C-'])!r})",
      lambda: f"({make('date')} {comparison()} '2023-0{self.random.randint(1, 9)}-15')",
      lambda: f"({make('int')} {comparison()} {make(self.pick(['dec', 'dbl']))})",
    ])()

  PATTERNS = ["'%e%'", "'_2%'", "'c%'", "'%'", "''", "'%a_e%'", "'C-__0%'", "'%s'", "'x!%y' ESCAPE '!'"]

  def str(self, make):
    return self.pick([
      lambda: f"{self.pick(['lower', 'upper', 'trim', 'ltrim', 'rtrim'])}({make('str')})",
      lambda: f"substr({make('str')}, {self.pick(['1', '2', '-2', '0', '3'])}, {self.pick(['1', '2', '4', '0'])})",
      lambda: f"substring({make('str')}, {self.pick(['2', '-3'])})",
      lambda: f"{self.pick(['left', 'right'])}({make('str')}, {self.pick(['1', '3', '-1'])})",
      lambda: f"({make('str')} || {make('str')})",
      lambda: f"concat({make('str')}, '-', {make('int')})",
      lambda: f"replace({make('str')}, 'e', '_')",
      lambda: f"CAST({make('int')} AS VARCHAR)",
      lambda: f"CAST({make('date')} AS VARCHAR)",
      lambda: f"CAST({make('bool')} AS VARCHAR)",
      lambda: f"strftime({make(self.pick(['date', 'ts']))}, '{self.pick(['%Y-%m', '%Y-%m-%d', '%H:%M:%S', '%j', '%a %d %b', '%A %B'])}')",
    ])()

  def date(self, make):
    return self.pick([
      lambda: f"({make('date')} {self.pick('+-')} {self.pick(['1', '7', '30', '365'])})",
      lambda: f"CAST({make('ts')} AS DATE)",
      lambda: f"CAST(date_trunc('{self.pick(['year', 'quarter', 'month', 'week'])}', {make('date')}) AS DATE)",
      lambda: f"make_date({self.random.randint(2020, 2025)}, {self.random.randint(1, 12)}, {self.random.randint(1, 28)})",
    ])()

  def ts(self, make):
    return self.pick([
      lambda: f"date_trunc('{self.pick(['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute'])}', {make('ts')})",
      lambda: f"({make('ts')} {self.pick('+-')} INTERVAL '{self.pick(['1 month', '90 days', '6 hours', '1 year', '3 months'])}')",
      lambda: f"({make('ts')} {self.pick('+-')} INTERVAL {self.random.randint(1, 40)} {self.pick(['DAY', 'HOUR', 'MONTH', 'WEEK'])})",
    ])()

  # Questions.

  def from_clause(self):
    """One table, or two that have customers in common."""
    if self.chance(0.55):
      table = self.pick(Snapshot.TABLES)
      alias = self.pick(["", "t"])
      self.scope = [(alias, table)]
      return f"'{table}.parquet'" + (f" AS {alias}" if alias else "")
    left, right = self.random.sample(Snapshot.OF_CUSTOMERS, 2)
    self.scope = [("a", left), ("b", right)]
    kind = self.pick(["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", ","])
    if kind == ",":
      self.where_extra = "a.customer = b.customer"
      return f"'{left}.parquet' a, '{right}.parquet' b"
    condition = "a.customer = b.customer"
    if self.chance(0.3):
      condition += f" AND {self.make('bool', 1)}"
    return f"'{left}.parquet' AS a {kind} '{right}.parquet' AS b ON {condition}"

  def where(self):
    conditions = [self.where_extra] if self.where_extra else []
    if self.chance(0.7):
      conditions.append(self.make("bool", 3))
    if self.chance(0.08):
      table = self.pick(Snapshot.OF_CUSTOMERS)
      column = next((f"{alias}.customer" if alias else "customer"
                     for alias, known in self.scope if "customer" in self.snapshot.columns[known]["str"]), None)
      if column:
        conditions.append(f"{column} {self.pick(['', 'NOT '])}IN (SELECT customer FROM '{table}.parquet')")
    if self.chance(0.05):
      conditions.append(f"{self.make('int', 1)} >= (SELECT min(people) FROM 'cases.parquet')")
    return " WHERE " + " AND ".join(conditions) if conditions else ""

  def aggregate(self):
    kind = self.pick(["int", "dbl", "dec", "str", "date", "ts", "bool", "int", "dbl"])
    value = self.make(kind, 1)
    names = ["count", "min", "max"]
    if kind in ("int", "dbl", "dec"):
      names += ["sum", "avg", "sum", "avg", "median", "stddev", "var_pop", "stddev_pop", "variance"]
    if kind == "bool":
      names = ["count", "bool_and", "bool_or", "sum"]
    name = self.pick(names)
    if name in ("avg", "median", "stddev", "stddev_pop", "var_pop", "variance"):
      # Of infinite numbers and of decimals of fewer places DuckDB's are its own, and averages of long columns differ in the
      # last digit.
      value = self.column(kind) or "1"
    if kind in ("date", "ts") and self.chance(0.1):
      name = "median"
    distinct = "DISTINCT " if name in ("count", "sum", "avg") and kind != "dbl" and self.chance(0.25) else ""
    call = f"{name}({distinct}{value})"
    if kind in ("int", "dbl") and self.chance(0.1):
      call = f"quantile_cont({value}, {self.pick(['0.1', '0.25', '0.9'])})"
    elif kind in ("int", "str", "date") and self.chance(0.08):
      call = f"quantile_disc({value}, {self.pick(['0.1', '0.5', '0.75'])})"
    elif self.chance(0.12):
      call = "count(*)"
    if self.chance(0.3):
      call += f" FILTER (WHERE {self.make('bool', 1)})"
    return call

  def scan(self):
    source = self.from_clause()
    kinds = [self.pick(["int", "dbl", "dec", "bool", "str", "date", "ts"]) for _ in range(self.random.randint(1, 5))]
    items = [self.make(kind, 3) for kind in kinds]
    distinct = "DISTINCT " if self.chance(0.2) else ""
    text = f"SELECT {distinct}" + ", ".join(f"{item} AS c{i}" for i, item in enumerate(items))
    text += f" FROM {source}{self.where()}"
    exact = [i for i, kind in enumerate(kinds) if kind != "dbl"]
    return text, exact if len(exact) == len(kinds) else []

  def group(self):
    source = self.from_clause()
    kinds = [self.pick(["str", "str", "date", "bool", "int"]) for _ in range(self.random.randint(0, 3))]
    keys = [self.column(kind) if self.chance(0.7) else self.make(kind, 2) for kind in kinds]
    # Grouped by constants alone, DuckDB gives a row for no rows.
    keys = [key if key and self.reads_column(key) else self.column("str") for key in keys]
    aggregates = [self.aggregate() for _ in range(self.random.randint(1, 4))]
    items = keys + aggregates
    text = "SELECT " + ", ".join(f"{item} AS c{i}" for i, item in enumerate(items))
    text += f" FROM {source}{self.where()}"
    if keys:
      text += " GROUP BY " + ("ALL" if self.chance(0.2) else ", ".join(str(i + 1) for i in range(len(keys))))
      if self.chance(0.25):
        text += f" HAVING {self.pick(['count(*) > 1', 'count(*) BETWEEN 2 AND 9', 'max(' + self.make('int', 0) + ') > 1'])}"
    return text, list(range(len(keys)))

  def nested(self):
    inner, keys = self.group()
    self.where_extra = None
    if not keys:
      return inner, []
    outer = f"SELECT c0 AS c0, count(*) AS c1, count(DISTINCT c{len(keys)}) AS c2 FROM"
    if self.chance(0.5):
      return f"WITH inside AS ({inner}) {outer} inside GROUP BY 1", []
    return f"{outer} ({inner}) AS inside GROUP BY 1", []

  def window(self):
    table = self.pick(["promises", "cases", "orders", "lifecycle", "word_of_mouth", "scores", "signals", "projects"])
    self.scope = [("", table)]
    source = f"'{table}.parquet'"
    columns = [name for names in self.snapshot.columns[table].values() for name in names]
    order = ", ".join(columns)
    partition = self.pick(self.snapshot.columns[table].get("str", ["NULL"]))
    over = self.pick([
      f"PARTITION BY {partition} ORDER BY {order}", f"ORDER BY {order}", f"PARTITION BY {partition}",
      f"PARTITION BY {partition} ORDER BY {self.pick(columns)} {self.pick(['', 'DESC'])}",
      f"PARTITION BY {partition} ORDER BY {order} ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
      f"ORDER BY {order} ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
      f"ORDER BY {order} ROWS BETWEEN 1 PRECEDING AND 2 FOLLOWING",
    ])
    number = self.column("int") or self.column("dbl")
    peers = self.pick(columns)
    calls = self.pick([
      [f"count(*) OVER ({over})", f"sum({number}) OVER ({over})", f"max({self.pick(columns)}) OVER ({over})"],
      [f"rank() OVER (ORDER BY {peers})", f"dense_rank() OVER (PARTITION BY {partition} ORDER BY {peers} DESC)"],
      [f"row_number() OVER (PARTITION BY {partition} ORDER BY {order})"],
      [f"lag({number}) OVER (PARTITION BY {partition} ORDER BY {order})",
       f"lead({number}, 2, -1) OVER (ORDER BY {order})"],
      [f"first_value({number}) OVER (ORDER BY {order})", f"avg({number}) OVER ({over})"],
      [f"count({number}) FILTER (WHERE {self.make('bool', 1)}) OVER ({over})"],
    ])
    items = columns[:4] + calls
    text = "SELECT " + ", ".join(f"{item} AS c{i}" for i, item in enumerate(items)) + f" FROM {source}"
    if self.chance(0.2):
      text += f" QUALIFY row_number() OVER (PARTITION BY {partition} ORDER BY {order}) <= 2"
    return text, []

  def question(self):
    self.where_extra = None
    text, keys = self.pick([self.scan, self.scan, self.group, self.group, self.group, self.nested, self.window])()
    order = []
    if keys and self.chance(0.6):
      order = self.random.sample(keys, len(keys))
      text += " ORDER BY " + ", ".join(
        f"{i + 1}{self.pick(['', ' ASC', ' DESC'])}{self.pick(['', '', ' NULLS FIRST', ' NULLS LAST'])}" for i in order)
      # Rows that are equal in all that is ordered by are equal, or there is one row of each.
      if self.chance(0.4):
        text += f" LIMIT {self.random.randint(0, 12)}" + (f" OFFSET {self.random.randint(0, 5)}" if self.chance(0.3) else "")
    return text, bool(order)


def plain(value):
  """A cell as both sides can have it."""
  if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
    return value
  if isinstance(value, float):
    return value if math.isfinite(value) else None
  if isinstance(value, decimal.Decimal):
    return float(value)
  return value.isoformat()


def micros(text):
  moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
  delta = moment - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
  return (delta.days * 86400 + delta.seconds) * 1000000 + delta.microseconds


def near(a, b):
  if isinstance(a, (int, float)) and isinstance(b, (int, float)) and not isinstance(a, bool) and not isinstance(b, bool):
    return a == b or abs(a - b) <= 1e-6 + 1e-9 * max(abs(a), abs(b))
  return type(a) is type(b) and a == b


def sortable(row):
  """Doubles to ten digits: sums of them differ in the last ones."""
  return [
    (0, "") if cell is None else (1, f"{cell + 0.0:.9e}") if isinstance(cell, float) else (2, str(cell)) for cell in row]


def differs(ours, theirs, ordered):
  if len(ours) != len(theirs):
    return f"{len(ours)} rows, expected {len(theirs)}"
  if not ordered:
    ours, theirs = sorted(ours, key=sortable), sorted(theirs, key=sortable)
  for index, (mine, other) in enumerate(zip(ours, theirs)):
    if not all(near(a, b) for a, b in zip(mine, other)):
      return f"row {index}: {mine}, expected {other}"
  return None


class Comparison:
  """Both answers to one question."""

  def __init__(self, connection, kept, text, ordered):
    self.text, self.difference, self.cells, self.refused = text, None, 0, False
    try:
      described = connection.execute(f"DESCRIBE {text}").fetchall()
      names = [row[0] for row in described]
      instants = [i for i, row in enumerate(described) if row[1].startswith("TIMESTAMP")]
      inexact = [i for i, row in enumerate(described) if row[1].startswith(("DOUBLE", "DECIMAL"))]
      shown = ", ".join(f'epoch_us("{name}")' if i in instants else f'"{name}"' for i, name in enumerate(names))
      rows = connection.execute(f"SELECT {shown} FROM ({text})").fetchall()
    except duckdb.Error as error:
      rows, refusal = None, str(error).split("\n")[0]
    run = subprocess.run([kept, "query", ".", text, "--format", "jsonl"], capture_output=True, text=True)
    if rows is None:
      # Both may refuse to compute.
      self.refused = True
      if run.returncode == 0:
        self.difference = f"DuckDB refuses: {refusal}"
      return
    if run.returncode != 0:
      self.difference = f"kept refuses: {run.stderr.strip()}"
      return
    ours = [[json.loads(line)[name] for name in names] for line in run.stdout.splitlines()]
    for row in ours:
      for i, cell in enumerate(row):
        if cell is not None:
          row[i] = micros(cell) if i in instants else float(cell) if i in inexact else cell
    theirs = [[plain(cell) for cell in row] for row in rows]
    self.cells = len(theirs) * len(names)
    self.difference = differs(ours, theirs, ordered)


def questions(arguments, connection):
  """Generated ones, or those in files, which are ordered."""
  if not arguments[0].endswith(".sql"):
    generator = Generator(Snapshot(connection), int(arguments[0]))
    for _ in range(int(arguments[1])):
      yield generator.question()
  for path in arguments:
    if path.endswith(".sql"):
      with open(path) as file:
        yield file.read().rstrip().rstrip(";"), True


def main():
  kept, snapshot, arguments = sys.argv[1], sys.argv[2], sys.argv[3:]
  os.chdir(snapshot)
  connection = duckdb.connect()
  connection.execute("SET TimeZone = 'UTC'; SET threads = 1")
  asked = cells = failures = refused = 0
  for text, ordered in questions(arguments, connection):
    comparison = Comparison(connection, kept, text, ordered)
    asked += 1
    cells += comparison.cells
    refused += comparison.refused
    if comparison.difference:
      failures += 1
      print(f"question {asked}: {text}\n  {comparison.difference}")
  print(f"{asked} questions, {cells} cells, {refused} refused by both, {failures} answered differently")


if __name__ == "__main__":
  main()
