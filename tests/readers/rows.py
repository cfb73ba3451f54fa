"""Prints a Parquet file as DuckDB reads it: a JSON list of columns with their types, then one of each row."""

import json
import sys

import duckdb

table = duckdb.sql(f"select * from read_parquet('{sys.argv[1]}')")
print(json.dumps([[name, str(kind)] for name, kind in zip(table.columns, table.types)]))
for row in table.fetchall():
    print(json.dumps(row))
