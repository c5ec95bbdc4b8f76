CREATE TABLE orders (id bigserial PRIMARY KEY, placed_at timestamptz NOT NULL DEFAULT now());

CREATE TABLE shipments (order_id bigint PRIMARY KEY, shipped_at timestamptz NOT NULL DEFAULT now());

CREATE ROLE exporter LOGIN PASSWORD 'exporter' IN ROLE pg_monitor;
