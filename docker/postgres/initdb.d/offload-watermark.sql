-- How far each exchange's trades are in the lake. Set back only by hand: a run takes every trade after last_trade_id.
CREATE TABLE offload_watermark (
  table_name text NOT NULL,
  exchange text NOT NULL,
  last_trade_id bigint NOT NULL,
  -- When the last successful run read silver, by ClickHouse's clock: a quiet exchange must not look like one that lags.
  offloaded_until timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (table_name, exchange)
);
