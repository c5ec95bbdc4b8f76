"""The worker: it takes orders from the queue and ships them, one after the other."""

import signal
import sys
import time

import psycopg2
import redis
from prometheus_client import Counter, start_http_server

from connections import JOBS, Database, connect_to_queue

DONE = "done"
FAILED = "failed"
SHIPMENTS = Counter("worker_jobs_total", "Jobs that the worker tried.", ["outcome"])
# An order stays here until it is shipped, so that a worker that dies loses none.
IN_PROGRESS = "shipping"

database = Database(most=1)
queue = connect_to_queue()


def ship(order: int):
    with database.transaction() as cursor:
        cursor.execute("INSERT INTO shipments (order_id) VALUES (%s) ON CONFLICT DO NOTHING", (order,))


def ship_next():
    order = queue.lindex(IN_PROGRESS, 0) or queue.blmove(JOBS, IN_PROGRESS, timeout=1)
    if order is None:
        return
    ship(int(order))
    queue.lrem(IN_PROGRESS, 1, order)
    SHIPMENTS.labels(DONE).inc()


def work():
    while True:
        try:
            ship_next()
        except (psycopg2.Error, redis.RedisError) as error:
            print(f"an order was not shipped: {error}", file=sys.stderr)
            SHIPMENTS.labels(FAILED).inc()
            time.sleep(1)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for outcome in (DONE, FAILED):
        SHIPMENTS.labels(outcome)
    start_http_server(8000)
    work()
