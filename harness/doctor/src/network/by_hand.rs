//! A server that a program writes by hand, without a client library.

use std::sync::LazyLock;

use regex::Regex;

/// A line of the text format in a program's text: a name with `_` in it, and a value.
static SAMPLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r"[a-z:][a-z0-9:]*(?:_[a-z0-9:]+)+(?:\{[^\n]*?\}+)?";
    let in_quotes = format!(r#"["'`]{name} (?:[%{{$]|\d|["'`]\s*[+,])"#);
    let on_a_line = format!(r"^\s*{name} (?:\d|%[dvsfg]|\$\{{)");
    Regex::new(&format!(r"(?m)# (?:HELP|TYPE) \S|{in_quotes}|{on_a_line}")).ok()
});
/// A body that is no fixed text.
static MADE_BODY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"wfile\.write\(\s*(?:[^b\s)]|b[^"'\s])"#).ok());

/// Whether the text of a program is a server that answers every path alike, with what may be
/// metrics.
pub(crate) fn serves_by_hand(text: &str) -> bool {
    let has_samples = || SAMPLE.as_ref().is_some_and(|it| it.is_match(text));
    let is_of_python = text.contains("BaseHTTPRequestHandler") && text.contains("do_GET");
    if is_of_python && !text.contains("self.path") {
        return has_samples() || MADE_BODY.as_ref().is_some_and(|it| it.is_match(text));
    }
    let takes_all = ["HandleFunc(\"/\"", "Handle(\"/\"", "http.HandlerFunc("];
    let is_of_go = takes_all.iter().any(|call| text.contains(call)) && !text.contains(".URL.Path");
    let is_of_javascript = text.contains("createServer(") && !text.contains(".url");
    (is_of_go || is_of_javascript) && has_samples()
}

#[cfg(test)]
mod tests {
    use super::serves_by_hand;

    #[test]
    fn servers_that_answer_every_path_with_metrics_are_seen() {
        for text in [
            "class H(BaseHTTPRequestHandler):\n def do_GET(self):\n  self.wfile.write(body.encode())",
            "class H(BaseHTTPRequestHandler):\n def do_GET(self):\n  out = f'jobs_done{{q=\"a\"}} {n}'",
            "http.HandleFunc(\"/\", func(w, r) { fmt.Fprintf(w, \"jobs_done{q=\\\"a\\\"} %d\\n\", n) })",
            "http.createServer((req, res) => res.end(`jobs_done ${n}\\n`))",
            "http.HandleFunc(\"/\", func(w, r) {\n io.WriteString(w, `# TYPE a gauge\na 1`) })",
        ] {
            assert!(serves_by_hand(text), "{text}");
        }
    }

    #[test]
    fn servers_that_look_at_the_path_or_write_no_metrics_are_none() {
        for text in [
            "class H(BaseHTTPRequestHandler):\n def do_GET(self):\n  if self.path == '/x': self.wfile.write(x)",
            "class H(BaseHTTPRequestHandler):\n def do_GET(self):\n  self.wfile.write(b\"ok\")",
            "http.HandleFunc(\"/\", func(w, r) { fmt.Fprintf(w, \"hello %s\", n) })",
            "http.HandleFunc(\"/jobs\", func(w, r) { fmt.Fprintf(w, \"jobs_done %d\", n) })",
            "http.createServer((req, res) => { if (req.url) res.end(`jobs_done ${n}`) })",
        ] {
            assert!(!serves_by_hand(text), "{text}");
        }
    }
}
