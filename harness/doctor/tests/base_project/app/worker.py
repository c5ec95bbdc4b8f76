import time

from prometheus_client import Counter, Gauge, start_http_server

JOBS = Counter("desk_jobs_total", "Jobs done", ["outcome"])
LAST_RUN = Gauge("desk_worker_last_run_timestamp_seconds", "When the last run ended")

for outcome in ("done", "failed"):
    JOBS.labels(outcome=outcome)

if __name__ == "__main__":
    start_http_server(9200)
    while True:
        JOBS.labels(outcome="done").inc()
        LAST_RUN.set_to_current_time()
        time.sleep(10)
