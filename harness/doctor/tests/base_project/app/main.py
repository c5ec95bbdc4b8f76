from fastapi import FastAPI, Request
from prometheus_client import Counter, Gauge, Histogram, Summary, make_asgi_app

app = FastAPI()
app.mount("/metrics", make_asgi_app())

REQUESTS = Counter("desk_http_requests_total", "Requests answered", ["method", "status"])
LATENCY = Histogram("desk_http_request_duration_seconds", "Time to answer", ["method"])
OPEN = Gauge("desk_tickets_open", "Tickets nobody has closed")
QUEUE_FILL = Gauge("desk_queue_fill_ratio", "Part of the queue that is used")
EXPORT = Summary("desk_export_seconds", "Time of an export")

for method in ("GET", "POST"):
    for status in ("2xx", "4xx", "5xx"):
        REQUESTS.labels(method=method, status=status)


@app.middleware("http")
async def measure(request: Request, call_next):
    with LATENCY.labels(method=request.method).time():
        response = await call_next(request)
    REQUESTS.labels(method=request.method, status=f"{response.status_code // 100}xx").inc()
    return response


def fill_of_queue():
    return len(app.state.queue) / 1000


@app.get("/tickets")
def tickets():
    OPEN.set(len(app.state.tickets))
    QUEUE_FILL.set(fill_of_queue())
    return []


@app.get("/export")
@EXPORT.time()
def export():
    return []
