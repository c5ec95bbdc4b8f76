from http.server import BaseHTTPRequestHandler, HTTPServer


class Bridge(BaseHTTPRequestHandler):
    def do_POST(self):
        self.send_response(200)
        self.end_headers()


HTTPServer(("0.0.0.0", 8089), Bridge).serve_forever()
