#!/bin/bash
# Each exchange has a lane of its own, so that one that fails or stands still leaves the others alone.
set -euo pipefail

: "${EXCHANGES:?must name the exchanges, separated by spaces}"
: "${KAFKA_BROKERS:=broker:9092}"

# A block ends when it is full (or when nothing came for 2 s): 200 rows are 4 s of 50 trades a second. The engine rests 0.5 s
# after each commit, so a lane that lags takes little more than a block in 0.5 s. Larger blocks catch up sooner, and take as
# much longer to fill: every trade is later by half of that.
: "${BLOCK_ROWS:=200}"

# toDecimal64 makes 0 of 'abc', and refuses ''; so what is no number is made '' and its block refused, not stored as a price.
readonly NUMBER='^[0-9]{1,9}([.][0-9]{1,8})?$'
# JSONEachRow of this version takes no Decimal in quotes.
readonly TRADE='exchange String, symbol String, trade_id UInt64, price String, quantity String, side String, exchange_timestamp UInt64'

for exchange in $EXCHANGES; do
  clickhouse-client --multiquery <<SQL
-- A stand-in that the views are made on. On the real queue the first of them would start the lane, and what came before
-- the second would be missing in silver.
DROP TABLE IF EXISTS k2.queue_$exchange;
CREATE TABLE k2.queue_$exchange ($TRADE) ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS k2.bronze_${exchange}_mv TO k2.bronze_trades AS
SELECT
    exchange,
    symbol,
    trade_id,
    toDecimal64(if(match(price, '$NUMBER'), price, ''), 8) AS price,
    toDecimal64(if(match(quantity, '$NUMBER'), quantity, ''), 8) AS quantity,
    side,
    exchange_timestamp,
    now() AS ingestion_timestamp
FROM k2.queue_$exchange;

-- From the view, not from its table: this version passes a view's rows on only to views of the view itself.
-- Nothing in it can fail on a value: its error would have the block written to bronze again at every attempt.
CREATE MATERIALIZED VIEW IF NOT EXISTS k2.silver_${exchange}_mv TO k2.silver_trades AS
SELECT
    lower(exchange) AS exchange,
    upper(symbol) AS symbol,
    trade_id,
    price,
    quantity,
    lower(side) AS side,
    exchange_timestamp,
    ingestion_timestamp
FROM k2.bronze_${exchange}_mv;

DROP TABLE k2.queue_$exchange;
CREATE TABLE k2.queue_$exchange ($TRADE)
ENGINE = Kafka
SETTINGS
    kafka_broker_list = '$KAFKA_BROKERS',
    kafka_topic_list = 'market.crypto.trades.$exchange.raw',
    kafka_group_name = 'clickhouse-bronze-$exchange',
    kafka_format = 'JSONEachRow',
    kafka_max_block_size = $BLOCK_ROWS;
SQL
done
