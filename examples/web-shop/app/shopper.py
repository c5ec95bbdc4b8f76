"""The shopper: five requests a second, of which two are orders. The shop's customers, so to say."""

import itertools
import os
import signal
import sys
import threading
import time
import urllib.request

SHOP = os.environ["SHOP_URL"]
PAUSE_SECONDS = 0.2
TIMEOUT_SECONDS = 4
PAGES = (("GET", "/"), ("POST", "/order"), ("GET", "/"), ("POST", "/order"), ("GET", "/"))


def visit(method: str, path: str):
    request = urllib.request.Request(SHOP + path, method=method)
    try:
        urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS).close()
    except OSError:
        # The customer is disappointed; the shop counts its own failures.
        pass


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # Each in a thread of its own: a slow page does not keep the others away.
    for page in itertools.cycle(PAGES):
        threading.Thread(target=visit, args=page, daemon=True).start()
        time.sleep(PAUSE_SECONDS)
