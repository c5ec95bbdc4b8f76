//! On which ports a program listens, by the calls in its source that open them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use alertdrill_project::Service;
use regex::Regex;

use super::{Started, ending};
use crate::network::ServiceTexts;

/// `app.listen(PORT, …)`, `fastify.listen({ port: 3000 })`.
static JAVASCRIPT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\.listen\(\s*(?:\{\s*port\s*:\s*)?((?:[^,(){}\n]|\([^()\n]*\))*)").ok()
});
/// `http.ListenAndServe(":8080", …)`, `r.Run(":8080")`, `Addr: ":8080"`.
static GO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let calls = r"ListenAndServe(?:TLS)?\(|\.(?:Run|Listen|Start)\(|\bAddr:";
    Regex::new(&format!(r"(?:{calls})\s*((?:[^,(){{}}\n]|\([^()\n]*\))*)")).ok()
});
/// The variable and the number of `process.env.PORT || 3000` and `getEnv("PORT", "8080")`.
static WITH_DEFAULT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let javascript = r#"process\.env\.(\w+)\s*\)?\s*(?:\|\||\?\?)\s*["'`]?(\d{2,5})\b"#;
    let go = r#"\w*[eE]nv\w*\(\s*"(\w+)"\s*,\s*":?(\d{2,5})"\s*\)"#;
    Regex::new(&format!("{javascript}|{go}")).ok()
});
static NUMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"^["'`]?(?:[\w.]*:)?(\d{2,5})["'`]?$"#).ok());

/// What opens ports in ways that are not read.
const OTHER_SERVERS: [&str; 7] = [
    "prometheusexporter",
    "opentelemetry",
    "metricsserver",
    "process.argv",
    "flag.string(",
    "flag.int(",
    "viper.",
];

/// All ports on which a program in JavaScript or Go listens; `None` if that cannot be told.
pub(crate) fn listens_on(
    started: &Started<'_>,
    service: &Service,
    texts: &ServiceTexts<'_>,
) -> Option<BTreeSet<u16>> {
    let calls = match ending(&started.entry.path) {
        "go" => GO.as_ref()?,
        "js" | "mjs" | "cjs" | "ts" => JAVASCRIPT.as_ref()?,
        _ => return None,
    };
    let is_in_go = ending(&started.entry.path) == "go";
    let sets_ports = |text: &str| text.contains("PORT=");
    let packages = texts
        .files()
        .filter(|file| file.path.ends_with("package.json"));
    if started.words.iter().any(|word| sets_ports(word))
        || packages.into_iter().any(|file| sets_ports(&file.text))
    {
        return None;
    }
    let mut ports = BTreeSet::new();
    for file in &started.files {
        let lower = file.text.to_lowercase();
        if OTHER_SERVERS.iter().any(|word| lower.contains(word)) {
            return None;
        }
        for call in calls.captures_iter(&file.text) {
            let written = call.get(1)?.as_str().trim();
            // `cmd.Run()` and `events.listen(name)` open nothing.
            let is_of_a_port = NUMBER.as_ref()?.is_match(written)
                || ["port", "addr", ":", "env"]
                    .iter()
                    .any(|it| written.to_lowercase().contains(it));
            if is_of_a_port {
                ports.insert(port_of(written, started, service, texts)?);
            } else if !is_in_go || written.is_empty() && file.text.contains("gin.") {
                return None;
            }
        }
    }
    (!ports.is_empty()).then_some(ports)
}

/// The port that an argument means.
fn port_of(
    written: &str,
    started: &Started<'_>,
    service: &Service,
    texts: &ServiceTexts<'_>,
) -> Option<u16> {
    if let Some(found) = NUMBER.as_ref()?.captures(written) {
        return found.get(1)?.as_str().parse().ok();
    }
    if let Some(found) = WITH_DEFAULT.as_ref()?.captures(written) {
        let name = found.get(1).or_else(|| found.get(3))?.as_str();
        let otherwise = found.get(2).or_else(|| found.get(4))?.as_str();
        return match set_to(name, service, texts) {
            Some(value) => value.trim().parse().ok(),
            None => otherwise.parse().ok(),
        };
    }
    let name = written
        .trim_start_matches("\":\"")
        .trim_start_matches([' ', '+']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let pattern = format!(r"(?m)\b{name}\s*(?::?=|:\s*\w+\s*=)\s*([^=;\n][^;\n]*)");
    let pattern = Regex::new(&pattern).ok()?;
    let texts_of = started.files.iter();
    let mut given = texts_of.flat_map(|file| pattern.captures_iter(&file.text));
    let first = given.next()?.get(1)?.as_str().trim();
    let is_given_once = given.next().is_none();
    let is_a_value = first != name && !first.chars().all(is_name) || first.parse::<u16>().is_ok();
    (is_given_once && is_a_value).then(|| port_of(first, started, service, texts))?
}

/// What a variable is set to, by the compose file or the Dockerfile.
fn set_to(name: &str, service: &Service, texts: &ServiceTexts<'_>) -> Option<String> {
    if let Some(value) = service.environment.get(name) {
        return Some(value.clone().unwrap_or_default());
    }
    let dockerfile = texts.dockerfile()?;
    let pattern = Regex::new(&format!(r#"(?m)^\s*ENV\s.*?\b{name}[= ]["']?(\d+)"#)).ok()?;
    let found = pattern.captures(&dockerfile.text)?;
    Some(found.get(1)?.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/wrong-port";

    fn project(target: &str, environment: &str, file: &str, text: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  it:
    build: app
    ports: ['3001:3000']
    environment: {{{environment}}}
--- prometheus.yml
scrape_configs:
  - job_name: a
    static_configs: [{{targets: ['{target}']}}]
--- app/Dockerfile
FROM node
CMD [\"node\", \"server.js\"]
--- app/{file}
{text}
"
        )
    }

    #[test]
    fn port_on_which_the_program_does_not_listen_is_found() {
        for (file, text) in [
            (
                "server.js",
                "const PORT = process.env.PORT || 3001;\napp.listen(PORT, () => {});",
            ),
            ("server.js", "app.listen(3001)"),
            ("server.js", "app.listen(process.env.PORT ?? 3001);"),
            (
                "main.go",
                "func main() {\n\thttp.ListenAndServe(\":3001\", nil)\n}",
            ),
        ] {
            let text = text.replace("func main", "\nfunc main");
            let metrics = format!("app.get('/metrics', m) // promhttp\n{text}");
            let expected = "prometheus.yml:3:33 warning: `it:3000` may be the wrong port: the \
                            source of `it` listens on 3001";
            assert_finds(ID, &project("it:3000", "", file, &metrics), &[expected]);
            assert_silent(ID, &project("it:3001", "", file, &metrics));
        }
    }

    #[test]
    fn port_of_another_program_in_the_same_context_is_silent() {
        let command = |path: &str| {
            let text = "app.listen(3001)\napp.get('/metrics')";
            let project = project("it:3000", "", "src/services/orders/server.js", text);
            project.replace(
                "    build: app\n",
                &format!("    build: app\n    command: node {path}\n"),
            )
        };
        let expected = "prometheus.yml:3:33 warning: `it:3000` may be the wrong port";
        for own in [
            "src/services/orders/server.js",
            "/app/src/services/orders/server.js",
        ] {
            assert_finds(ID, &command(own), &[expected]);
        }
        for other in [
            "src/services/auth/server.js",
            "/app/src/services/auth/server.js",
        ] {
            assert_silent(ID, &command(other));
        }
    }

    #[test]
    fn port_that_is_set_or_not_known_is_silent() {
        let env = "const PORT = process.env.PORT || 3001;\napp.listen(PORT)\napp.get('/metrics')";
        assert_silent(ID, &project("it:3000", "PORT: '3000'", "server.js", env));
        for text in [
            "app.listen(config.port)\napp.get('/metrics')",
            "const PORT = readPort();\napp.listen(PORT)\napp.get('/metrics')",
            "app.listen(3001); metrics.listen(3000)\napp.get('/metrics')",
            "new PrometheusExporter({})\napp.listen(3001)",
        ] {
            assert_silent(ID, &project("it:3000", "", "server.js", text));
        }
    }
}
