"""Does once, on local files, what the offload does, so that the build can archive the classes that it loads."""

from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

spark = (
    SparkSession.builder.appName("rehearsal")
    .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
    .config("spark.sql.catalog.lake.type", "hadoop")
    .config("spark.sql.catalog.lake.warehouse", "/tmp/warehouse")
    .getOrCreate()
)
jvm = spark._jvm

Path("/tmp/trades.csv").write_text('"binance","BTC-USD",1,"64000.12",1763876543210\n"kraken","BTC-USD",2,"1.5",1763876543210\n')
spark.sql(
    "CREATE TABLE lake.k2.trades (exchange string, symbol string, trade_id bigint, price decimal(18,8), at timestamp)"
    " USING iceberg PARTITIONED BY (exchange)"
    " TBLPROPERTIES ('format-version' = '2', 'write.spark.fanout.enabled' = 'true', 'write.distribution-mode' = 'none')"
)
rows = spark.read.csv("/tmp/trades.csv", schema="exchange string, symbol string, trade_id bigint, price decimal(18,8), at_ms bigint")
for _ in range(2):
    rows.select("exchange", "symbol", "trade_id", "price", f.timestamp_millis("at_ms").alias("at")).writeTo(
        "lake.k2.trades"
    ).option("snapshot-property.rehearsal", "1").append()
table = jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergTable(spark._jsparkSession, "lake.k2.trades")
assert table.currentSnapshot().summary().get("total-records") == "4"

# The clients of the object store and of the catalog's database load their classes before they find nobody at home.
object_store = jvm.org.apache.iceberg.aws.s3.S3FileIO()
object_store.initialize(
    {
        "s3.endpoint": "http://127.0.0.1:1",
        "s3.access-key-id": "none",
        "s3.secret-access-key": "none",
        "client.region": "us-east-1",
        "s3.retry.num-retries": "0",
    }
)
catalog = jvm.org.apache.iceberg.jdbc.JdbcCatalog()
for attempt in (
    lambda: object_store.newInputFile("s3://none/none").exists(),
    lambda: catalog.initialize("lake", {"uri": "jdbc:postgresql://127.0.0.1:1/none", "warehouse": "s3://none"}),
):
    try:
        attempt()
    except Py4JJavaError as failure:
        # Not refused but, say, a class that is missing from the image: better seen here than in every run.
        if "onnect" not in str(failure.java_exception):
            raise
    else:
        raise SystemExit("error: somebody is at home on port 1")

# The JVM writes the archive when it ends, and it ends when nobody holds its standard input.
process = spark.sparkContext._gateway.proc
spark.stop()
process.stdin.close()
raise SystemExit(process.wait())
