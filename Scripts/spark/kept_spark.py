#!/usr/bin/env python3
"""Five of Kept's projections as Spark SQL over an export: retention, lifecycle, scores, word of mouth, promises.

usage: kept_spark.py EXPORT OUT --as-of TIME [--rules rules.json]

EXPORT is a folder that `kept export` wrote, or a copy of it; only the parts that its manifest lists are read. Each
projection is written as Parquet to OUT/<name>. TIME is an RFC 3339 time. The queries beside this file say what is computed;
README.md says how they compare with Kept's own tables. Needs pyspark and Java.
"""

import argparse
import json
from datetime import datetime, timezone
from pathlib import Path

from corrections import resolve

HERE = Path(__file__).parent
PROJECTIONS = ["retention", "lifecycle", "scores", "word_of_mouth", "promises"]
# What the ledger says of itself is no touch of anybody.
LEDGER_KINDS = ["event.retracted", "customer.merged", "customer.forgotten", "rulebook.adopted", "import.finished"]


def events(spark, folder):
    """The events of an export, as they were recorded, each once, and its manifest."""
    folder = str(folder).rstrip("/")
    manifest = json.loads(spark.sparkContext.textFile(f"{folder}/manifest.json").first())
    paths = [f"{folder}/{part['path']}" for part in manifest["parts"]]
    frame = spark.read.option("basePath", f"{folder}/events").parquet(*paths)
    return frame, manifest


def effective(spark, frame):
    """Events that count, under the customers that they count for: what retractions, replacements and merges leave."""
    speaking = frame.where("corrects IS NOT NULL OR kind = 'customer.merged'").select(
        "position", "kind", "source", "corrects", "customer_number", "other_customer_number").collect()
    targets = {}
    if speaking:
        named = spark.createDataFrame(
            [(row.source, row.corrects) for row in speaking if row.corrects is not None], "source STRING, id STRING")
        for row in frame.join(named.distinct(), ["source", "id"]).select("source", "id", "position").collect():
            targets[row.source, row.id] = row.position
    dead, merged = resolve(speaking, targets)
    gone = spark.createDataFrame([(position,) for position in sorted(dead)], "position BIGINT")
    ends = spark.createDataFrame(sorted(merged.items()), "customer_number BIGINT, into BIGINT")
    kinds = ", ".join(f"'{kind}'" for kind in LEDGER_KINDS)
    return (frame.join(gone, "position", "left_anti").where(f"kind NOT IN ({kinds})")
            .join(ends, "customer_number", "left").selectExpr("*", "coalesce(into, customer_number) AS counted_for"))


def project(spark, folder, as_of, rules):
    """A table by name for each projection, as of an instant.

    `rules`: for scores, a list of {kind, direction, list, points}, and the half-life in days.
    """
    frame, manifest = events(spark, folder)
    micros = (as_of.astimezone(timezone.utc) - datetime(1970, 1, 1, tzinfo=timezone.utc))
    micros = (micros.days * 86400 + micros.seconds) * 1_000_000 + micros.microseconds
    zone = manifest["zone"]
    month = f"(year(from_utc_timestamp({{0}}, '{zone}')) * 12 + month(from_utc_timestamp({{0}}, '{zone}')) - 1)"
    touches = effective(spark, frame).where(f"unix_micros(time) <= {micros} AND customer_number IS NOT NULL").selectExpr(
        "position", "time", "kind", "source", "counted_for AS customer", "direction", "department", "subject", "score",
        "due", f"CAST({month.format('time')} AS INT) AS month")
    touches.createOrReplaceTempView("touches")
    frame.where("customer_number IS NOT NULL").selectExpr("customer_number AS customer", "customer AS label").groupBy(
        "customer").agg({"label": "max"}).toDF("customer", "label").createOrReplaceTempView("labels")
    spark.sql(f"SELECT timestamp_micros({micros}) AS as_of").selectExpr(
        f"{micros} AS as_of_micros", f"CAST({month.format('as_of')} AS INT) AS as_of_month",
        f"{month.format('as_of')} < {month.format('timestamp_micros(' + str(micros + 1) + ')')} AS as_of_is_month_end",
    ).createOrReplaceTempView("instant")
    spark.sql("CREATE OR REPLACE TEMPORARY FUNCTION month_start(month INT) RETURNS DATE "
              "RETURN make_date(CAST(floor(month / 12) AS INT), month % 12 + 1, 1)")
    spark.createDataFrame(
        [(rule["kind"], rule["direction"], rule["list"], float(rule["points"])) for rule in rules["rules"]],
        "kind STRING, direction STRING, list STRING, points DOUBLE",
    ).selectExpr("*", f"{float(rules['half_life'])}D AS half_life").createOrReplaceTempView("rules")
    return {name: spark.sql((HERE / f"{name}.sql").read_text()) for name in PROJECTIONS}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export")
    parser.add_argument("out")
    parser.add_argument("--as-of", required=True, type=datetime.fromisoformat)
    parser.add_argument("--rules", type=Path, default=HERE / "rules.json")
    options = parser.parse_args()
    if options.as_of.tzinfo is None:
        parser.error("--as-of wants an offset, such as 2024-03-31T09:05:00Z")
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("kept").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    for name, table in project(spark, options.export, options.as_of, json.loads(options.rules.read_text())).items():
        table.write.mode("overwrite").parquet(f"{options.out}/{name}")


if __name__ == "__main__":
    main()
