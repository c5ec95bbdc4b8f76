//! What programs of the checkout serve, by their source.

use std::sync::LazyLock;

use alertdrill_project::Service;
use regex::Regex;

use crate::checks::check::Said;
use crate::checks::scraped::scraped_targets::Asked;
use crate::network::{Serves, ServiceTexts, Started, serves, serves_by_hand};

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

/// Of a service that is built from, or runs, programs of this checkout.
pub(super) fn of_programs(
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
    if texts.files().any(|file| serves_by_hand(&file.text)) {
        return None;
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
        return Some(Said::warning(message, what_to_look_at(it)));
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

/// What tells whether a target serves metrics: who takes a target away that does loses its alerts.
fn what_to_look_at(it: &Asked<'_>) -> String {
    format!(
        "ask it from a container beside it: `curl http://{}{}`; if what it answers is no metrics, \
         serve them with a client library",
        it.address, it.path
    )
}

/// Of a service of which it is seen which files it runs.
fn of_started(it: &Asked<'_>, started: &Started<'_>, serves: &Serves) -> Option<Said> {
    let (address, entry) = (it.address, started.entry.path.display());
    match serves {
        Serves::Nothing => Some(Said::warning(
            format!("`{address}` may serve no metrics: nothing that {entry} runs serves any"),
            what_to_look_at(it),
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
