CREATE DATABASE IF NOT EXISTS k2;

-- Trades as they came. One can be here twice, after a server was killed between a block's insert and its commit.
CREATE TABLE IF NOT EXISTS k2.bronze_trades
(
    exchange String,
    symbol String,
    trade_id UInt64,
    price Decimal(18, 8),
    quantity Decimal(18, 8),
    side String,
    exchange_timestamp UInt64,
    ingestion_timestamp DateTime
)
ENGINE = MergeTree
PARTITION BY toDate(ingestion_timestamp)
ORDER BY (exchange, trade_id);

-- Each trade once (read it with FINAL). Partitioned by what a repeated trade repeats, or it would not meet its twin.
CREATE TABLE IF NOT EXISTS k2.silver_trades
(
    exchange String,
    symbol String,
    trade_id UInt64,
    price Decimal(18, 8),
    quantity Decimal(18, 8),
    side String,
    exchange_timestamp UInt64,
    ingestion_timestamp DateTime
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(toDateTime(intDiv(exchange_timestamp, 1000)))
ORDER BY (exchange, trade_id);
