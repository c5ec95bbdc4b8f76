//! A target that serves no metrics, or serves them at another path.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use alertdrill_core::Finding;
use alertdrill_project::Service;
use regex::Regex;

use super::scraped_targets::{Asked, asked};
use crate::checks::check::{Case, Check, Said};
use crate::network::{
    Answers, ImageFacts, Names, Serves, ServiceTexts, Started, exporter_at, image_facts, serves,
};

pub(in crate::checks) const WRONG_PATH: Check = Check {
    id: "scraped/wrong-path",
    title: "a target serves no metrics at its path",
    run,
};

/// Images that serve what their configuration says.
const BY_CONFIGURATION: [&str; 13] = [
    "nginx",
    "nginx-unprivileged",
    "httpd",
    "php",
    "tomcat",
    "haproxy",
    "traefik",
    "envoy",
    "caddy",
    "kong",
    "jenkins",
    "wiremock",
    "mockserver",
];

/// Programs that serve no metrics by themselves, by the command that starts them.
const SERVE_NONE: [&str; 2] = ["airflow", "mlflow"];

/// What serves metrics by itself, at a path that no source need say.
const SERVE_BY_THEMSELVES: [&str; 22] = [
    "start_http_server",
    "start_wsgi_server",
    "make_asgi_app",
    "make_wsgi_app",
    "instrumentator",
    "prometheusmetrics",
    "flask_exporter",
    "django_prometheus",
    "prom-bundle",
    "prombundle",
    "express-prometheus",
    "httpserver",
    "metricsservlet",
    "mapmetrics",
    "usemetricserver",
    "kestrelmetricserver",
    "quarkus",
    "micronaut",
    "actuator",
    "enableprometheusendpoint",
    "prometheusexporter",
    "starlette",
];

/// A path in a source, in quotes, that speaks of metrics.
static PATHS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"["'`](/?[\w./-]*(?:metrics|prometheus)/?)["'`]"#).ok());

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(names) = Names::of(case.checkout) else {
        return Vec::new();
    };
    let targets = asked(case.checkout, &names);
    let mut texts = BTreeMap::new();
    let findings = targets.iter().filter(|it| !it.is_probed).filter_map(|it| {
        let Answers::Service(name) = it.answers else {
            return None;
        };
        let service = names.service(name)?;
        let texts = texts
            .entry(name)
            .or_insert_with(|| ServiceTexts::of(case.checkout, service));
        let image = service.image.as_deref().filter(|_| service.build.is_none());
        let facts = image.and_then(image_facts).or_else(|| runs(service));
        let said = match facts {
            Some(facts) => of_image(it, facts, texts, !service.volumes.is_empty())?,
            None => of_programs(it, name, service, texts)?,
        };
        let finding = said.at(WRONG_PATH.id, &it.file.path, it.place);
        Some(Finding {
            about: Some(it.job.name.text.clone()),
            ..finding
        })
    });
    findings.collect()
}

fn of_image(
    it: &Asked<'_>,
    facts: &ImageFacts,
    texts: &ServiceTexts<'_>,
    has_mounts: bool,
) -> Option<Said> {
    let (address, path, image) = (it.address, it.path, facts.name);
    if facts.metrics.is_empty() {
        if let Some(said) = on_an_exporters_port(it, facts, texts) {
            return Some(said);
        }
        let settings = texts.settings();
        let may_be_set_up = match facts.only_with {
            // Files beside them speak of metrics that they send, or keep.
            _ if SERVE_NONE.contains(&image) => {
                let is_told = |word: &str| facts.is_told(&settings, word);
                is_told("prometheus")
                    || is_told("exporter")
                    || texts.mention("airflow-exporter")
                    || texts.mention("airflow_exporter")
                    || texts.mention("airflow-prometheus")
            }
            Some(setting) => {
                let key = setting.rsplit(['.', '-', '_']).next().unwrap_or(setting);
                has_mounts
                    || texts.mention(setting)
                    || texts.mention(key)
                    || texts.mention("metrics")
            }
            None => {
                texts.mention("metrics")
                    || texts.mention("prometheus")
                    || BY_CONFIGURATION.contains(&image) && has_mounts && !says_all(texts)
            }
        };
        let is = if texts.is_built() {
            "runs"
        } else {
            "is the image"
        };
        return (!may_be_set_up).then(|| {
            Said::error(
                format!("`{address}` serves no metrics: it {is} `{image}`"),
                "scrape an exporter for it, or set up its own metrics, or take the target away",
            )
        });
    }
    if let Some(said) = on_another_port(it, facts, texts) {
        return Some(said);
    }
    let mut there = facts.metrics.iter();
    let is_its_port = facts.metrics.iter().any(|(port, _)| Some(*port) == it.port);
    let asks = |served: &str| path == served || path.starts_with(&format!("{served}/"));
    let is_there = there.any(|(_, served)| asks(served));
    if !is_its_port
        || is_there
        || texts.mention(path)
        || texts.mention("prefix")
        || has_subpath(texts)
    {
        return None;
    }
    let served = facts
        .metrics
        .first()
        .map(|(_, path)| *path)
        .unwrap_or_default();
    Some(Said::error(
        format!(
            "`{address}` serves no metrics at `{path}`: the image `{image}` has them at `{served}`"
        ),
        format!("write `metrics_path: {served}`"),
    ))
}

/// What is known of a program that a service's command starts in an image of its own.
fn runs(service: &Service) -> Option<&'static ImageFacts> {
    let word = service.entrypoint.first().or(service.command.first())?;
    let program = word
        .rsplit('/')
        .next()
        .filter(|it| SERVE_NONE.contains(it))?;
    image_facts(program)
}

/// That an exporter would listen there, and it is none.
fn on_an_exporters_port(
    it: &Asked<'_>,
    facts: &ImageFacts,
    texts: &ServiceTexts<'_>,
) -> Option<Said> {
    let port = it.port.filter(|port| !facts.ports.contains(port))?;
    let exporter = exporter_at(port).filter(|_| !texts.mention_number(port))?;
    let (address, image) = (it.address, facts.name);
    Some(Said::warning(
        format!(
            "`{address}` may serve no metrics: {port} is the port of `{exporter}`, and this is \
             the image `{image}`"
        ),
        format!("run `{exporter}` beside it and scrape that, or take the target away"),
    ))
}

/// That it is a port of the image's, and not the one with its metrics.
fn on_another_port(it: &Asked<'_>, facts: &ImageFacts, texts: &ServiceTexts<'_>) -> Option<Said> {
    let port = it.port?;
    let of_metrics = facts.metrics.iter().any(|(there, _)| *there == port);
    // Its second port has metrics of its own.
    let has_two = facts.name == "kube-state-metrics";
    if of_metrics || has_two || !facts.ports.contains(&port) || texts.mention("metrics") {
        return None;
    }
    let (there, path) = facts.metrics.first()?;
    let (address, image) = (it.address, facts.name);
    Some(Said::error(
        format!(
            "`{address}` serves no metrics on that port: the image `{image}` has them on {there}"
        ),
        format!("write the port {there}, and `metrics_path: {path}`"),
    ))
}

fn has_subpath(texts: &ServiceTexts<'_>) -> bool {
    texts.mention("sub_path") || texts.mention("external-url") || texts.mention("external_url")
}

/// Whether all that configures a web server is in the checkout, so that it can be seen that it says
/// nothing of metrics.
fn says_all(texts: &ServiceTexts<'_>) -> bool {
    let mut files = texts.files();
    files.any(|file| {
        file.path.extension().is_some_and(|end| end == "conf")
            && ["server", "<virtualhost", "listen"]
                .iter()
                .any(|word| file.text.contains(word))
            && ![
                "include ",
                "proxy_pass",
                "stub_status",
                "fastcgi_pass",
                "proxypass",
            ]
            .iter()
            .any(|word| {
                file.text
                    .replace("include /etc/nginx/mime.types", "")
                    .replace("include mime.types", "")
                    .contains(word)
            })
    })
}

/// Of a service that is built from, or runs, programs of this checkout.
fn of_programs(
    it: &Asked<'_>,
    name: &str,
    service: &Service,
    texts: &ServiceTexts<'_>,
) -> Option<Said> {
    if !texts.has_programs() {
        return None;
    }
    let (address, path) = (it.address, it.path);
    let started = Started::of(name, service, texts);
    if let Some(started) = &started
        && let Some(serves) = serves(started, service)
    {
        return of_started(it, started, &serves);
    }
    if !texts.mention("metric")
        && !texts.mention("prom")
        && !texts.mention("openmetrics")
        && !texts.mention("telemetry")
        && !texts.mention("actuator")
    {
        let message = format!(
            "`{address}` may serve no metrics: nothing in the source of `{name}` speaks of any"
        );
        let help = "serve them with a client library, or take the target away";
        return Some(Said::warning(message, help));
    }
    if let Some(said) = of_spring(it, texts) {
        return Some(said);
    }
    if SERVE_BY_THEMSELVES.iter().any(|it| texts.mention(it)) {
        return None;
    }
    let pattern = PATHS.as_ref()?;
    let mut served: Vec<&str> = Vec::new();
    for file in texts.files() {
        let found = pattern.captures_iter(&file.text);
        served.extend(found.filter_map(|it| Some(it.get(1)?.as_str())));
    }
    let served: Vec<_> = served
        .into_iter()
        .filter(|it| it.starts_with('/'))
        .collect();
    let trimmed = path.trim_end_matches('/');
    let may_be_it = served.iter().any(|served| {
        let served = served.trim_end_matches('/');
        trimmed.ends_with(served) || served == trimmed
    });
    if served.is_empty() || may_be_it || says_path(texts, trimmed) {
        return None;
    }
    let message = format!(
        "`{address}` may serve no metrics at `{path}`: the source of `{name}` speaks of `{}`",
        served[0]
    );
    Some(Said::warning(
        message,
        format!("write `metrics_path: {}`", served[0]),
    ))
}

/// Of a service of which it is seen which files it runs.
fn of_started(it: &Asked<'_>, started: &Started<'_>, serves: &Serves) -> Option<Said> {
    let (address, entry) = (it.address, started.entry.path.display());
    match serves {
        Serves::Nothing => Some(Said::warning(
            format!("`{address}` may serve no metrics: nothing that {entry} runs serves any"),
            "serve them with a client library, or take the target away",
        )),
        Serves::Only { port, place, .. } if it.port.is_some_and(|asked| asked != *port) => {
            Some(Said::warning(
                format!(
                    "`{address}` may serve no metrics: {place} serves them on port {port} only"
                ),
                format!("write the port {port}"),
            ))
        }
        Serves::Only { place, paths, .. } => {
            let path = it.path.trim_end_matches('/');
            let is_there = paths.iter().any(|served| path.ends_with(served.as_str()));
            let first = paths.first().filter(|_| !is_there)?;
            Some(Said::warning(
                format!(
                    "`{address}` may serve no metrics at `{}`: {place} serves them at `{first}`",
                    it.path
                ),
                format!("write `metrics_path: {first}`"),
            ))
        }
    }
}

/// Whether a source has the path, and not as the end of a longer one.
fn says_path(texts: &ServiceTexts<'_>, path: &str) -> bool {
    let is_in_a_name = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    texts.files().any(|file| {
        let mut found = file.text.match_indices(path);
        found.any(|(at, _)| {
            let before = file
                .text
                .get(..at)
                .and_then(|text| text.chars().next_back());
            !before.is_some_and(is_in_a_name)
        })
    })
}

/// Spring Boot serves Prometheus's format below `/actuator`, unless it is told otherwise.
fn of_spring(it: &Asked<'_>, texts: &ServiceTexts<'_>) -> Option<Said> {
    let has_actuator = texts.mention("spring-boot-starter-actuator")
        && texts.mention("micrometer-registry-prometheus");
    let is_moved = [
        "base-path",
        "base_path",
        "path-mapping",
        "context-path",
        "management.server",
    ]
    .iter()
    .any(|word| texts.mention(word));
    let path = it.path;
    if !has_actuator || is_moved || path != "/metrics" || texts.mention("\"/metrics\"") {
        return None;
    }
    let address = it.address;
    Some(Said::error(
        format!(
            "`{address}` serves no metrics at `{path}`: Spring Boot has them at \
             `/actuator/prometheus`"
        ),
        "write `metrics_path: /actuator/prometheus`",
    ))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "scraped/wrong-path";

    fn project(target: &str, path: &str, service: &str, files: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  it:
{service}--- prometheus.yml
scrape_configs:
  - job_name: a
    metrics_path: {path}
    static_configs: [{{targets: ['{target}']}}]
{files}"
        )
    }

    #[test]
    fn image_that_serves_no_metrics_is_found() {
        for (target, image, expected) in [
            (
                "it:5432",
                "postgres:16",
                "`it:5432` serves no metrics: it is the image `postgres`",
            ),
            (
                "it:80",
                "nginx:latest",
                "`it:80` serves no metrics: it is the image `nginx`",
            ),
        ] {
            let expected = format!("prometheus.yml:4:33 error: {expected}");
            let service = format!("    image: {image}\n");
            assert_finds(ID, &project(target, "/metrics", &service, ""), &[&expected]);
        }
        let rabbitmq = "    image: rabbitmq:3-management\n";
        assert_finds(
            ID,
            &project("it:15672", "/metrics", rabbitmq, ""),
            &[
                "prometheus.yml:4:33 error: `it:15672` serves no metrics on that port: the image \
               `rabbitmq` has them on 15692",
            ],
        );
        let nginx = "    image: nginx\n    volumes: ['./nginx.conf:/etc/nginx/nginx.conf']\n";
        let conf = "--- nginx.conf\nserver { listen 80; location / { return 200 \"up\"; } }\n";
        assert_finds(
            ID,
            &project("it:80", "/metrics", nginx, conf),
            &["prometheus.yml:4:33 error: `it:80` serves no metrics"],
        );
    }

    #[test]
    fn other_path_of_an_image_and_of_spring_boot_is_found() {
        assert_finds(
            ID,
            &project("it:9000", "/metrics", "    image: minio/minio\n", ""),
            &[
                "prometheus.yml:4:33 error: `it:9000` serves no metrics at `/metrics`: the image \
               `minio` has them at `/minio/v2/metrics/cluster`",
            ],
        );
        let files = "--- app/pom.xml\n<a>spring-boot-starter-actuator micrometer-registry-prometheus</a>\n--- app/A.java\nclass A {}\n";
        assert_finds(
            ID,
            &project("it:8080", "/metrics", "    build: app\n", files),
            &["prometheus.yml:4:33 error: `it:8080` serves no metrics at `/metrics`: Spring Boot"],
        );
    }

    #[test]
    fn program_that_speaks_of_no_metrics_or_of_another_path_is_found() {
        let files = "--- app/app.py\n@app.route('/health')\n--- app/Dockerfile\nFROM python\n";
        assert_finds(
            ID,
            &project("it:8000", "/metrics", "    build: app\n", files),
            &[
                "prometheus.yml:4:33 warning: `it:8000` may serve no metrics: nothing in the source of `it`",
            ],
        );
        let files = "--- app/app.js\napp.get('/internal/metrics', show)\n";
        assert_finds(
            ID,
            &project("it:8000", "/metrics", "    build: app\n", files),
            &[
                "prometheus.yml:4:33 warning: `it:8000` may serve no metrics at `/metrics`: the \
               source of `it` speaks of `/internal/metrics`",
            ],
        );
    }

    /// A service that runs `command` in a folder with `files`.
    fn running(target: &str, path: &str, command: &str, files: &str) -> String {
        let service = format!(
            "    build: app\n    command: {command}\n    environment: {{API_PORT: '8002'}}\n"
        );
        project(target, path, &service, files)
    }

    const TWO_PROGRAMS: &str = "--- app/worker.py\nfrom prometheus_client import Counter, start_http_server\nstart_http_server(9200)\n\
         --- app/main.py\nfrom fastapi import FastAPI\nfrom shop import orders\napp = FastAPI()\n\
         --- app/shop/__init__.py\n# a package\n--- app/shop/orders.py\nx = 1\n\
         --- app/api.py\nfrom fastapi import FastAPI\nfrom prometheus_client import make_asgi_app\n\
         app = FastAPI()\napp.mount('/metrics', make_asgi_app())\nuvicorn.run(app, port=settings.api_port)\n\
         --- app/idle.py\nfrom prometheus_client import Counter\nC = Counter('a', 'b')\n";

    #[test]
    fn program_that_runs_without_serving_metrics_is_found() {
        for (target, path, command, expected) in [
            (
                "it:8000",
                "/metrics",
                "uvicorn main:app --port 8000",
                "`it:8000` may serve no metrics: nothing that app/main.py runs serves any",
            ),
            (
                "it:8000",
                "/metrics",
                "python -m idle",
                "`it:8000` may serve no metrics: nothing that app/idle.py runs serves any",
            ),
            (
                "it:9100",
                "/metrics",
                "python worker.py",
                "`it:9100` may serve no metrics: app/worker.py serves them on port 9200 only",
            ),
            (
                "it:9100",
                "/metrics",
                "python api.py",
                "`it:9100` may serve no metrics: app/api.py serves them on port 8002 only",
            ),
            (
                "it:8000",
                "/actuator/prometheus",
                "uvicorn api:app --port 8000",
                "`it:8000` may serve no metrics at `/actuator/prometheus`: app/api.py serves them at `/metrics`",
            ),
        ] {
            let expected = format!("prometheus.yml:4:33 warning: {expected}");
            let project = running(target, path, command, TWO_PROGRAMS);
            assert_finds(ID, &project, &[&expected]);
        }
        let node = "--- app/server.js\nconst r = require('./routes')\n--- app/routes.js\nmodule.exports = 1\n\
             --- app/other.js\napp.get('/metrics', x)\n";
        assert_finds(
            ID,
            &running("it:8000", "/metrics", "node server.js", node),
            &[
                "prometheus.yml:4:33 warning: `it:8000` may serve no metrics: nothing that app/server.js",
            ],
        );
        let go = "--- app/consumer.go\npackage main\nfunc main() {}\n--- app/main.go\npackage main\nfunc main() { promhttp.Handler() }\n";
        assert_finds(
            ID,
            &running("it:8000", "/metrics", "./consumer", go),
            &[
                "prometheus.yml:4:33 warning: `it:8000` may serve no metrics: nothing that app/consumer.go",
            ],
        );
    }

    #[test]
    fn program_that_serves_metrics_is_silent() {
        for (target, path, command) in [
            ("it:9200", "/metrics", "python worker.py"),
            ("it:8002", "/metrics", "python api.py"),
            ("it:8000", "/metrics", "uvicorn api:app --port 8000"),
            ("it:8000", "/metrics/", "uvicorn api:app --port 8000"),
            ("it:8000", "/api/metrics", "uvicorn api:app --port 8000"),
            (
                "it:8000",
                "/metrics",
                "opentelemetry-instrument uvicorn main:app",
            ),
            ("it:8000", "/metrics", "./start"),
        ] {
            assert_silent(ID, &running(target, path, command, TWO_PROGRAMS));
        }
        let app = |text: &str| {
            format!("--- app/main.py\n{text}\n--- app/lib/shop/web.py\n@app.get('/metrics')\n")
        };
        for text in [
            "from shop.web import app",
            "from shop import web",
            "import importlib\nload()",
            "app.include('shop.web')",
            "from .metrics import app\n",
            "from lib.metrics import app\n",
            "from django_prometheus import x",
            "from prometheus_flask_exporter import PrometheusMetrics",
        ] {
            assert_silent(
                ID,
                &running("it:8000", "/metrics", "uvicorn main:app", &app(text)),
            );
        }
    }

    #[test]
    fn exporters_port_of_a_server_is_found() {
        let nginx = "    image: nginx\n    volumes: ['./conf:/etc/nginx']\n";
        assert_finds(
            ID,
            &project("it:9113", "/metrics", nginx, ""),
            &[
                "prometheus.yml:4:33 warning: `it:9113` may serve no metrics: 9113 is the port of \
               `nginx-prometheus-exporter`, and this is the image `nginx`",
            ],
        );
        let conf = "--- conf/a.conf\nserver { listen 9113; location /metrics { vhost_traffic_status_display; } }\n";
        assert_silent(ID, &project("it:9113", "/metrics", nginx, conf));
    }

    #[test]
    fn airflow_and_mlflow_serve_none() {
        for service in [
            "    image: apache/airflow\n    environment: {AIRFLOW__METRICS__STATSD_ON: 'true'}\n",
            "    build: .\n    command: mlflow server --port 8000\n",
        ] {
            let files = "--- app/main.py\nimport prometheus_client\n";
            assert_finds(
                ID,
                &project("it:8000", "/metrics", service, files),
                &["prometheus.yml:4:33 error: `it:8000` serves no metrics"],
            );
        }
        let mlflow = "    build: .\n    command: mlflow server --expose-prometheus /x\n";
        assert_silent(ID, &project("it:5000", "/metrics", mlflow, ""));
    }

    #[test]
    fn look_alikes_are_silent() {
        let app = |text: &str| format!("--- app/app.py\n{text}\n");
        for (target, path, service, files) in [
            (
                "it:9187",
                "/metrics",
                "    image: prometheuscommunity/postgres-exporter\n",
                String::new(),
            ),
            (
                "it:9187",
                "/probe",
                "    image: prometheuscommunity/postgres-exporter\n",
                String::new(),
            ),
            (
                "it:15692",
                "/metrics",
                "    image: rabbitmq:3\n",
                String::new(),
            ),
            (
                "it:3000",
                "/metrics",
                "    image: grafana/grafana\n",
                String::new(),
            ),
            ("it:80", "/metrics", "    image: me/thing\n", String::new()),
            (
                "it:8000",
                "/metrics",
                "    build: app\n",
                app("prometheus_client.start_http_server(8000)"),
            ),
            (
                "it:8000",
                "/api/metrics",
                "    build: app\n",
                app("router.get('/metrics')"),
            ),
            (
                "it:8000",
                "/metrics",
                "    build: app\n",
                app("get('/metrics')"),
            ),
            ("it:8000", "/metrics", "    build: elsewhere\n", app("x")),
            (
                "it:80",
                "/metrics",
                "    image: nginx\n    volumes: ['./a.conf:/etc/nginx/nginx.conf']\n",
                "--- a.conf\nserver { listen 80; location /metrics { proxy_pass http://a; } }\n"
                    .to_owned(),
            ),
            (
                "it:8080",
                "/metrics",
                "    image: keycloak\n    environment: {KC_METRICS_ENABLED: 'true'}\n",
                String::new(),
            ),
            (
                "it:8080",
                "/metrics",
                "    image: traefik\n    command: [--metrics.prometheus=true]\n",
                String::new(),
            ),
        ] {
            assert_silent(ID, &project(target, path, service, &files));
        }
    }
}
