"""The shop's web server: it writes orders down and leaves their shipping to the worker."""

import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
import redis
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

from connections import JOBS, Database, connect_to_queue

REQUESTS = Counter("shop_requests_total", "Requests answered.", ["route", "status"])
DURATION = Histogram(
    "shop_request_duration_seconds",
    "Time to answer a request.",
    ["route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 2, 3, 5),
)

database = Database(most=5)
queue = connect_to_queue()


def show_home() -> tuple[int, str]:
    return 200, "Welcome to the shop. POST /order to buy something.\n"


def take_order() -> tuple[int, str]:
    try:
        with database.transaction() as cursor:
            cursor.execute("INSERT INTO orders DEFAULT VALUES RETURNING id")
            order = cursor.fetchone()[0]
        queue.rpush(JOBS, order)
    except (psycopg2.Error, redis.RedisError) as error:
        print(f"an order was refused: {error}", file=sys.stderr)
        return 503, "We cannot take your order just now.\n"
    return 201, f"Order {order} is on its way.\n"


ROUTES = {("GET", "/"): show_home, ("POST", "/order"): take_order}

# A counter that starts with its first error has no rate at that moment.
for _, path in ROUTES:
    for status in ("200", "201", "503"):
        REQUESTS.labels(path, status)
    DURATION.labels(path)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.answer(200, "ok\n")
        elif self.path == "/metrics":
            self.answer(200, generate_latest().decode(), CONTENT_TYPE_LATEST)
        else:
            self.serve("GET")

    def do_POST(self):
        self.serve("POST")

    def serve(self, method: str):
        show = ROUTES.get((method, self.path))
        if show is None:
            self.answer(404, "There is no such page.\n")
            return
        began = time.monotonic()
        status, text = show()
        DURATION.labels(self.path).observe(time.monotonic() - began)
        REQUESTS.labels(self.path, str(status)).inc()
        self.answer(status, text)

    def answer(self, status: int, text: str, kind: str = "text/plain; charset=utf-8"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing: requests are counted."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        """Says nothing of clients that left before their answer."""


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    Server(("", 8000), Handler).serve_forever()
