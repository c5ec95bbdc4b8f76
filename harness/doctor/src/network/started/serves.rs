//! Whether the files that a service runs serve metrics, and on which port.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use alertdrill_project::Service;
use regex::Regex;

use super::{Started, ending};
use crate::checkout::SourceFile;
use crate::network::serves_by_hand;

/// What a service's files serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Serves {
    /// No metrics.
    Nothing,
    /// Metrics on this port, and on no other; where that is written.
    Only {
        /// The port.
        port: u16,
        /// `app/worker.py`
        place: String,
        /// The ends of their paths; none if they are at any.
        paths: Vec<String>,
    },
}

/// What serves metrics in Python, besides a server of the client's own.
const PYTHON: [&str; 26] = [
    "generate_latest",
    "make_asgi_app",
    "make_wsgi_app",
    "/metrics",
    "instrumentator",
    "prometheusmetrics",
    "flask_exporter",
    "starlette_exporter",
    "starlette_prometheus",
    "openmetrics",
    "django_prometheus",
    "handle_metrics",
    "opentelemetry",
    "aioprometheus",
    "prometheus_async",
    "start_wsgi_server",
    "prometheus_client.exposition",
    "text/plain; version",
    "metricreader",
    "bentoml",
    "ray import serve",
    "mlserver",
    "seldon",
    "streamlit",
    "vllm",
    "dispatchermiddleware",
];
/// Words of commands that serve metrics, or start more than they name.
const IN_COMMANDS: [&str; 12] = [
    "opentelemetry",
    "prom",
    "metrics",
    "flower",
    "jupyter",
    "streamlit",
    "bentoml",
    "vllm",
    "exporter",
    "supervisor",
    "honcho",
    "circus",
];
/// Servers of an application's own, besides the one that runs it.
const OTHER_SERVERS: [&str; 6] = [
    "make_server(",
    "httpserver(",
    "uvicorn.config(",
    "start_server(",
    "tcpsite(",
    "run_simple(",
];
const JAVASCRIPT: [&str; 9] = [
    "metrics",
    "prom-",
    "prometheus",
    "openmetrics",
    "opentelemetry",
    "swagger-stats",
    "appmetrics",
    "telemetry",
    "text/plain; version",
];
const GO: [&str; 16] = [
    "promhttp",
    "/metrics",
    "writeprometheus",
    "opentelemetry",
    "opencensus",
    "expfmt",
    "echoprometheus",
    "ginprometheus",
    "gin-metrics",
    "controller-runtime",
    "go-zero",
    "dskit",
    "kratos",
    "gofr.dev",
    "fiberprometheus",
    "exporter-toolkit",
];
/// What serves an application whose own port is the one of its metrics.
const APPLICATIONS: [&str; 5] = ["fastapi(", "flask(", "starlette(", "sanic(", "litestar("];

/// A call of what is imported, which may serve metrics.
static SET_UP: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let what = "metrics|telemetry|monitoring|observability|instrumentation";
    let does = "setup|init|initialize|configure|enable|instrument|start|register|expose|add|mount";
    Regex::new(&format!(r"(?i)\b((?:{does})_?\w*(?:{what})\w*)\s*\(")).ok()
});
static DEFINED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:def|func|function|const)\s+(?:\([^)]*\)\s*)?(\w+)").ok());
static OWN_SERVER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\bstart_http_server\s*\(\s*(?:port\s*=\s*)?([^,)\n]*(?:\([^)\n]*\))*[^,)\n]*)")
        .ok()
});
/// `port=settings.api_port` of a call that runs a server.
static RUN_AT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?s)\b(?:uvicorn\.run|app\.run|serve)\s*\((.{0,400}?)\n?\s*\)\s*(?:\n|$)").ok()
});
static PATH: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["'](/?[\w./-]*(?:metrics|prometheus|prom))/?["']"#).ok());
static PORT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bport\s*=\s*([^,\n]+)").ok());
static VARIABLE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"environ(?:\.get)?[\[(]\s*["'](\w+)["']|getenv\(\s*["'](\w+)["']"#).ok()
});

/// What a service serves by the files that it runs; `None` if that cannot be told.
pub(crate) fn serves(started: &Started<'_>, service: &Service) -> Option<Serves> {
    let has_word = |words: &[&str]| {
        started.files.iter().any(|file| {
            let text = without_comments(file).to_lowercase();
            words.iter().any(|word| text.contains(word))
        })
    };
    let command = started.words.join(" ").to_lowercase();
    let mut environment = String::new();
    let own = service.environment.iter();
    for (key, value) in own.filter(|(key, _)| !names_a_server(key)) {
        environment.push_str(&key.to_lowercase());
        environment.push('=');
        environment.push_str(&value.as_deref().unwrap_or_default().to_lowercase());
        environment.push(' ');
    }
    let is_set_up = IN_COMMANDS.iter().any(|word| command.contains(word))
        || ["otel_", "opentelemetry", "prometheus"]
            .iter()
            .any(|word| environment.contains(word));
    let texts: Vec<_> = started
        .files
        .iter()
        .map(|it| without_comments(it))
        .collect();
    let is_by_hand = texts.iter().any(|text| serves_by_hand(text));
    if is_set_up || is_by_hand || is_set_up_elsewhere(&texts) {
        return None;
    }
    match ending(&started.entry.path) {
        "py" => of_python(started, service, &has_word),
        "go" => (!has_word(&GO)).then_some(Serves::Nothing),
        _ => (!has_word(&JAVASCRIPT)).then_some(Serves::Nothing),
    }
}

/// Whether a variable says where a Prometheus is that is asked, and nothing of metrics to serve.
fn names_a_server(key: &str) -> bool {
    let rest = key.to_lowercase();
    let rest = rest.strip_prefix("prometheus_").unwrap_or_default();
    let ends = [
        "url", "host", "address", "addr", "server", "endpoint", "base_url", "api_url",
    ];
    ends.contains(&rest)
}

fn of_python(
    started: &Started<'_>,
    service: &Service,
    has_word: &dyn Fn(&[&str]) -> bool,
) -> Option<Serves> {
    let own_servers: Vec<_> = started
        .files
        .iter()
        .flat_map(|file| {
            let text = without_comments(file);
            let found: Vec<String> = OWN_SERVER
                .iter()
                .flat_map(|it| it.captures_iter(&text))
                .filter_map(|it| Some(it.get(1)?.as_str().trim().to_owned()))
                .collect();
            found.into_iter().map(move |port| (*file, port))
        })
        .collect();
    let in_application = has_word(&PYTHON);
    let mentions_server = has_word(&["start_http_server"]);
    if !in_application && !mentions_server {
        // What is imported from elsewhere may serve them.
        return (!has_word(&[
            "import prometheus_",
            "from prometheus_f",
            "from prometheus_a",
        ]))
        .then_some(Serves::Nothing);
    }
    if !in_application {
        let ports: Option<Vec<_>> = own_servers
            .iter()
            .map(|(file, port)| Some((*file, number(port, started, service)?)))
            .collect();
        let ports = ports?;
        let (file, port) = *ports.first()?;
        let is_one = ports.iter().all(|(_, other)| *other == port);
        return is_one.then(|| Serves::Only {
            port,
            place: file.path.display().to_string(),
            paths: Vec::new(),
        });
    }
    if mentions_server || !has_word(&APPLICATIONS) || has_word(&OTHER_SERVERS) {
        return None;
    }
    let (port, file) = port_of_application(started, service)?;
    Some(Serves::Only {
        port,
        place: file.path.display().to_string(),
        paths: paths(started, has_word),
    })
}

/// The paths at which an application serves metrics; none if that is not written.
fn paths(started: &Started<'_>, has_word: &dyn Fn(&[&str]) -> bool) -> Vec<String> {
    if has_word(&["endpoint=", "metrics_path", "metrics_url"]) {
        return Vec::new();
    }
    let mut found = BTreeSet::new();
    for file in &started.files {
        let text = without_comments(file);
        let paths = PATH.iter().flat_map(|it| it.captures_iter(&text));
        found.extend(paths.filter_map(|it| Some(it.get(1)?.as_str().to_owned())));
    }
    if has_word(&["instrumentator", "prometheusmetrics", "flask_exporter"]) {
        found.insert("/metrics".to_owned());
    }
    found.into_iter().collect()
}

/// The port on which a command, or a call in the file that it starts, runs the application.
fn port_of_application<'a>(
    started: &Started<'a>,
    service: &Service,
) -> Option<(u16, &'a SourceFile)> {
    let words = &started.words;
    let of_word = |(index, word): (usize, &String)| -> Option<String> {
        let next = || words.get(index + 1).cloned();
        match word.as_str() {
            "--port" | "-p" | "--bind" | "-b" => next(),
            _ => {
                let value = word
                    .strip_prefix("--port=")
                    .or_else(|| word.strip_prefix("--bind="))
                    .or_else(|| word.strip_prefix("-b"));
                value.map(str::to_owned)
            }
        }
    };
    let written: Vec<_> = words.iter().enumerate().filter_map(of_word).collect();
    if let Some(first) = written.first() {
        let port = first.rsplit(':').next()?.parse().ok()?;
        let is_one = written.iter().all(|other| other == first);
        return is_one.then_some((port, started.entry));
    }
    let text = without_comments(started.entry);
    let mut calls = RUN_AT.iter().flat_map(|it| it.captures_iter(&text));
    let call = calls.next()?;
    if calls.next().is_some() {
        return None;
    }
    let port = PORT.as_ref()?.captures(call.get(1)?.as_str())?;
    let port = number(port.get(1)?.as_str(), started, service)?;
    Some((port, started.entry))
}

/// The number that `8000`, `settings.api_port` or `int(os.getenv("PORT", 8000))` means.
fn number(written: &str, started: &Started<'_>, service: &Service) -> Option<u16> {
    let written = written.trim().trim_end_matches(')').trim();
    if let Ok(port) = written.parse() {
        return Some(port);
    }
    let set = |name: &str| {
        let mut environment = service.environment.iter();
        let (_, value) = environment.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        value.as_deref()?.trim().parse::<u16>().ok()
    };
    if let Some(found) = VARIABLE.as_ref().and_then(|it| it.captures(written)) {
        let name = found.get(1).or_else(|| found.get(2))?.as_str();
        let otherwise = written.rsplit(',').next()?;
        let otherwise = otherwise.trim_matches(|c: char| !c.is_ascii_digit());
        return set(name).or_else(|| otherwise.parse().ok());
    }
    let is_name = written
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    let (owner, name) = written.rsplit_once('.').unwrap_or(("", written));
    let is_argument = ["args", "options", "opts", "self", "arguments"].contains(&owner);
    if !is_name || is_argument {
        return None;
    }
    // Settings are what the environment says, whatever their own values are.
    let of_environment = (!owner.is_empty()).then(|| set(name)).flatten();
    of_environment.or_else(|| assigned(name, started, service))
}

/// What the files that run give to a name, if it is the same everywhere.
fn assigned(name: &str, started: &Started<'_>, service: &Service) -> Option<u16> {
    let pattern = format!(r"(?m)^\s*{name}(?:\s*:[^=\n]+=\s*|\s+=\s+)([^\n#]+)");
    let pattern = Regex::new(&pattern).ok()?;
    let texts: Vec<_> = started
        .files
        .iter()
        .map(|it| without_comments(it))
        .collect();
    let mut values = texts.iter().flat_map(|text| pattern.captures_iter(text));
    let first = values
        .next()?
        .get(1)?
        .as_str()
        .trim_end_matches(',')
        .to_owned();
    if values.next().is_some() || first.contains(name) && !first.contains("environ") {
        return None;
    }
    let is_simple = first.parse::<u16>().is_ok() || first.contains("env");
    is_simple
        .then(|| number(&first, started, service))
        .flatten()
}

/// Whether a file calls something that is named after metrics and that none of them defines: what
/// that serves is not seen.
fn is_set_up_elsewhere(texts: &[String]) -> bool {
    let defined: BTreeSet<&str> = texts
        .iter()
        .flat_map(|text| DEFINED.iter().flat_map(move |it| it.captures_iter(text)))
        .filter_map(|it| Some(it.get(1)?.as_str()))
        .collect();
    let mut called = texts
        .iter()
        .flat_map(|text| SET_UP.iter().flat_map(move |it| it.captures_iter(text)))
        .filter_map(|it| Some(it.get(1)?.as_str()));
    called.any(|name| !defined.contains(name))
}

fn without_comments(file: &SourceFile) -> String {
    let mark = if ending(&file.path) == "py" {
        "#"
    } else {
        "//"
    };
    let is_comment = |line: &str| line.trim_start().starts_with(mark);
    let lines = file.text.lines().filter(|line| !is_comment(line));
    let mut text = String::with_capacity(file.text.len());
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}
