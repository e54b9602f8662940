"""A province on Spark from the command line, for ``spark-submit``: see docs/scale.md.

spark-submit .../carbonzone/scale/submit.py PARTS OUT [--in-parts KEY ...] [--batch-rows N]

Exit codes: 0 done; 1 a city failed, with its findings on standard error; 2 could not run.
"""

from __future__ import annotations

import argparse
import sys

from carbonzone import CarbonzoneError
from carbonzone.scale import open_province
from carbonzone.scale._storage import BATCH_ROWS
from carbonzone.scale.spark import run_city, run_province


def main(arguments: list[str] | None = None) -> int:
    """Runs a province; gives the exit code."""
    parser = argparse.ArgumentParser(prog="submit.py", description="Computes every city of a province on Spark.")
    parser.add_argument("parts", help="folder of `carbonzone partition`: path or URL")
    parser.add_argument("out", help="folder of the results: path or URL that all workers see")
    parser.add_argument("--in-parts", nargs="+", default=[], metavar="KEY", help="cities to compute over many tasks each")
    parser.add_argument("--batch-rows", type=int, default=BATCH_ROWS, help="parcels in memory at a time")
    given = parser.parse_args(arguments)
    from pyspark.sql import SparkSession

    spark = SparkSession.builder.appName("carbonzone").getOrCreate()
    try:
        province = open_province(given.parts)
        failed = {}
        for key in set(given.in_parts) & set(province.unfinished(given.out)):
            try:
                run_city(spark, province.city(key), batch_rows=given.batch_rows).save(given.out)
            except CarbonzoneError as error:
                failed[key] = error.findings
        result = run_province(spark, province, given.out, batch_rows=given.batch_rows, leave=set(failed))
        result.failed.update(failed)
        result.save(given.out)
    except CarbonzoneError as error:
        print(error, file=sys.stderr)
        return 2
    finally:
        spark.stop()
    for key, findings in result.failed.items():
        print(f"{key}:\n{findings.errors or findings}", file=sys.stderr)
    print(f"{len(result.cities)} cities finished, {len(result.resumed)} of them before; {len(result.failed)} failed; written to {given.out}")
    return result.exit_code


if __name__ == "__main__":
    sys.exit(main())
