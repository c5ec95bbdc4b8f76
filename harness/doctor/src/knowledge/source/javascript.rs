//! JavaScript and TypeScript: `prom-client`, and express middleware that uses it.

mod wrappers;

use std::sync::LazyLock;

use regex::Regex;

use super::buckets::{HIGHEST_BY_DEFAULT, highest};
use super::text::{Constants, Language, Pattern, all, any, arguments, pair};
use super::{Code, Defined, Scan, constants_of, tells_of_metrics};
use crate::knowledge::catalogue::exporter;
use crate::knowledge::{Family, MetricKind};
use wrappers::Wrapper;

const CURLY: Language = Language::Curly;

static METRIC: Pattern = LazyLock::new(|| {
    let made = r"\bnew\s+(?:[\w$]+\.)*(Counter|Gauge|Histogram|Summary)(?:<[^>(]*>)?\s*\(";
    let provided = r"\bmake(Counter|Gauge|Histogram|Summary)Provider\s*\(";
    Regex::new(&format!("{made}|{provided}")).ok()
});
static VARIABLE: Pattern =
    LazyLock::new(|| Regex::new(r"([A-Za-z_$][\w$]*)\s*(?::\s*[\w.<>\x22'| ]+\s*)?[=:]\s*$").ok());
static IMPORT: Pattern = LazyLock::new(|| {
    Regex::new(r#"(?:\bfrom\s+|\brequire\s*\(\s*|\bimport\s*\(?\s*)['"]([^'"]+)['"]"#).ok()
});
static DEFAULTS: Pattern = LazyLock::new(|| Regex::new(r"\bcollectDefaultMetrics\s*\(").ok());
static COMMON_LABELS: Pattern = LazyLock::new(|| Regex::new(r"\bsetDefaultLabels\s*\(").ok());
static BUNDLE: Pattern = LazyLock::new(|| {
    Regex::new(r"\b(?:promBundle|prometheusBundle|bundle|expressPromBundle)\s*\(").ok()
});

/// Adds what JavaScript and TypeScript files export.
pub(super) fn scan(codes: &[Code<'_>], scan: &mut Scan) {
    let constants = constants_of(codes, CURLY);
    let uses_client = codes.iter().any(|code| {
        let text = &code.text;
        ["prom-client", "nestjs-prometheus", "express-prom-bundle"]
            .iter()
            .any(|it| text.contains(it))
    });
    if !uses_client {
        for code in codes {
            imports_of(code, scan);
        }
        return;
    }
    let mut defined = Vec::new();
    let mut wrappers = Vec::new();
    for code in codes {
        metrics_of(code, &constants, &mut defined, &mut wrappers, scan);
        defaults_of(code, &constants, scan);
        bundle_of(code, &mut defined, scan);
        imports_of(code, scan);
    }
    for wrapper in &wrappers {
        wrapper.follow(codes, &constants, &mut defined, scan);
    }
    scan.add(defined, codes, CURLY);
}

fn metrics_of<'a>(
    code: &'a Code<'_>,
    constants: &Constants,
    defined: &mut Vec<Defined>,
    wrappers: &mut Vec<Wrapper<'a>>,
    scan: &mut Scan,
) {
    for found in all(&METRIC, &code.text) {
        let (Some(whole), Some(class)) = (found.get(0), found.get(1).or_else(|| found.get(2)))
        else {
            continue;
        };
        let Some((parts, _)) = arguments(&code.text, whole.end() - 1, CURLY) else {
            continue;
        };
        let place = code.place(whole.start());
        let (Some(first), Some(made)) = (parts.first(), Made::of(&parts)) else {
            continue;
        };
        let class = class.as_str();
        if let Some(wrapper) = Wrapper::around(&code.text, whole.start(), class, &made) {
            wrappers.push(wrapper);
            continue;
        }
        let Some(name) = made.name.and_then(|name| constants.text(name, CURLY)) else {
            scan.unreadable
                .insert(format!("{place}: a metric's name is made at run time"));
            continue;
        };
        let labels = match made.labels {
            None => (!made.spreads).then(Vec::new),
            Some(list) => constants.list(list, CURLY),
        };
        let before = code.text.get(..whole.start()).unwrap_or_default();
        let sets_itself = first.contains("collect");
        let variable = variable_before(before);
        define(&name, class, labels, variable, sets_itself, &place, defined);
        if let (MetricKind::Histogram, Some(last)) = (kind_of(class), defined.last_mut()) {
            last.family.highest_bucket = match made.buckets {
                Some(written) => highest(written, CURLY),
                None if made.spreads => None,
                None => Some(HIGHEST_BY_DEFAULT),
            };
        }
    }
}

/// What a metric is made of, as it is written.
#[derive(Clone, Copy, Debug, Default)]
struct Made<'a> {
    name: Option<&'a str>,
    labels: Option<&'a str>,
    buckets: Option<&'a str>,
    /// Whether an object that is not seen adds to it.
    spreads: bool,
}

impl<'a> Made<'a> {
    /// Of the arguments of its constructor: an object, or name, help and labels.
    fn of(parts: &[&'a str]) -> Option<Self> {
        let first = *parts.first()?;
        if !first.starts_with('{') {
            return Some(Self {
                name: Some(first),
                labels: parts.get(2).copied(),
                buckets: parts.get(3).copied(),
                spreads: false,
            });
        }
        let (entries, _) = arguments(first, 0, CURLY)?;
        let of = |key: &str| {
            entries.iter().find_map(|entry| match pair(entry) {
                Some((name, value)) => (name == key).then_some(value),
                // `{ name, help }` takes variables of these names.
                None => (*entry == key).then_some(*entry),
            })
        };
        Some(Self {
            name: of("name"),
            labels: of("labelNames").map(|list| list.trim_end_matches(" as const")),
            buckets: of("buckets"),
            spreads: entries.iter().any(|entry| entry.starts_with("...")),
        })
    }
}

/// The variable that the text before a call assigns to.
fn variable_before(before: &str) -> Option<String> {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let found = all(&VARIABLE, line).last()?;
    Some(found.get(1)?.as_str().to_owned())
}

/// Adds a metric of the client's `class`.
fn define(
    name: &str,
    class: &str,
    labels: Option<Vec<String>>,
    variable: Option<String>,
    sets_itself: bool,
    place: &str,
    defined: &mut Vec<Defined>,
) {
    let mut family = Family::new(name, kind_of(class), place);
    family.has_quantiles = family.kind == MetricKind::Summary;
    family.labels = labels
        .clone()
        .map(|labels| labels.into_iter().map(|label| (label, None)).collect());
    defined.push(Defined {
        family,
        variable,
        label_names: labels.unwrap_or_default(),
        sets_itself,
    });
}

fn kind_of(class: &str) -> MetricKind {
    match class {
        "Counter" => MetricKind::Counter,
        "Histogram" => MetricKind::Histogram,
        "Summary" => MetricKind::Summary,
        _ => MetricKind::Gauge,
    }
}

/// The client's own metrics, which may have a prefix, and labels of all metrics.
fn defaults_of(code: &Code<'_>, constants: &Constants, scan: &mut Scan) {
    for found in all(&COMMON_LABELS, &code.text) {
        let Some((parts, _)) = found
            .get(0)
            .and_then(|whole| arguments(&code.text, whole.end() - 1, CURLY))
        else {
            continue;
        };
        let object = parts.first().filter(|part| part.starts_with('{'));
        let entries = object.and_then(|object| arguments(object, 0, CURLY));
        for entry in entries.map_or(Vec::new(), |(entries, _)| entries) {
            let key = pair(entry).map_or(entry, |(key, _)| key);
            scan.common_labels.insert(key.to_owned());
        }
    }
    for found in all(&DEFAULTS, &code.text) {
        let Some(whole) = found.get(0) else {
            continue;
        };
        let written = arguments(&code.text, whole.end() - 1, CURLY);
        let object = written.and_then(|(parts, _)| parts.first().copied());
        let entries = object
            .filter(|object| object.starts_with('{'))
            .and_then(|object| arguments(object, 0, CURLY));
        let entries = entries.map_or(Vec::new(), |(entries, _)| entries);
        let place = code.place(whole.start());
        let is_told = object.is_some_and(|object| !object.starts_with('{'))
            || entries
                .iter()
                .any(|it| it.starts_with("...") || *it == "prefix");
        if is_told {
            let why = format!("{place}: the prefix is made at run time");
            scan.unreadable.insert(why);
        }
        let mut pairs = entries.into_iter().filter_map(pair);
        let Some((_, prefix)) = pairs.find(|(key, _)| *key == "prefix") else {
            scan.libraries.insert("client-node");
            continue;
        };
        let Some(prefix) = constants.text(prefix, CURLY) else {
            let why = format!("{place}: the prefix is made at run time");
            scan.unreadable.insert(why);
            continue;
        };
        let own = exporter("client-node").into_iter();
        for family in own.flat_map(|own| &own.families) {
            scan.families.push(Family {
                name: format!("{prefix}{}", family.name),
                origin: place.clone(),
                ..family.clone()
            });
        }
    }
}

/// express-prom-bundle, with what it is told.
fn bundle_of(code: &Code<'_>, defined: &mut Vec<Defined>, scan: &mut Scan) {
    if !code.text.contains("express-prom-bundle") {
        return;
    }
    let Some((parts, at)) = all(&BUNDLE, &code.text).find_map(|found| {
        let whole = found.get(0)?;
        let (parts, _) = arguments(&code.text, whole.end() - 1, CURLY)?;
        Some((parts, whole.start()))
    }) else {
        return;
    };
    let place = code.place(at);
    let object = parts.first().copied().unwrap_or_default();
    let entries = object
        .starts_with('{')
        .then(|| arguments(object, 0, CURLY))
        .flatten();
    let entries = entries.map_or(Vec::new(), |(entries, _)| entries);
    let of = |key: &str| {
        let mut pairs = entries.iter().filter_map(|entry| pair(entry));
        pairs.find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    let name = of("httpDurationMetricName").map(|name| name.trim_matches(['"', '\'']));
    let is_summary = of("metricType").is_some_and(|kind| kind.contains("summary"));
    let kind = if is_summary {
        MetricKind::Summary
    } else {
        MetricKind::Histogram
    };
    let mut family = Family::new(
        name.unwrap_or("http_request_duration_seconds"),
        kind,
        &place,
    );
    family.has_quantiles = is_summary;
    let is_seen = (object.is_empty() || object.starts_with('{'))
        && !entries.iter().any(|it| it.starts_with("..."));
    family.highest_bucket = match of("buckets") {
        Some(written) => highest(written, CURLY),
        None => (is_seen && !is_summary).then_some(HIGHEST_BY_DEFAULT),
    };
    let is_told = |key: &str| of(key).is_some_and(|value| value != "false");
    let mut labels: Vec<&str> = Vec::new();
    if of("includeStatusCode") != Some("false") {
        labels.push("status_code");
    }
    if is_told("includeMethod") {
        labels.push("method");
    }
    if is_told("includePath") {
        labels.push("path");
    }
    // Labels of their own are functions that may add any.
    let has_own = ["customLabels", "transformLabels"]
        .iter()
        .any(|key| of(key).is_some());
    family.labels = (!has_own
        && (entries.is_empty() || !entries.iter().any(|it| it.starts_with("..."))))
    .then(|| {
        labels
            .iter()
            .map(|label| ((*label).to_owned(), None))
            .collect()
    });
    defined.push(Defined {
        family,
        variable: None,
        label_names: Vec::new(),
        sets_itself: false,
    });
    if of("promClient").is_some() {
        scan.libraries.insert("client-node");
    }
}

/// Packages that may export more.
fn imports_of(code: &Code<'_>, scan: &mut Scan) {
    const KNOWN: [&str; 3] = [
        "prom-client",
        "express-prom-bundle",
        "@willsoto/nestjs-prometheus",
    ];
    for found in all(&IMPORT, &code.text) {
        let Some(package) = found.get(1) else {
            continue;
        };
        let name = package.as_str();
        let is_own =
            name.starts_with(['.', '/', '~']) || name.starts_with("@/") || name.starts_with("src/");
        if name == "express-prometheus-middleware" {
            scan.libraries
                .insert("client-node-express-prometheus-middleware");
            if code.text.contains("requestDurationBuckets") {
                scan.own_buckets
                    .insert("client-node-express-prometheus-middleware");
            }
            scan.unreadable.insert(format!(
                "{}: `{name}` may be told names",
                code.place(package.start())
            ));
        } else if !is_own && tells_of_metrics(name) && !KNOWN.contains(&name) {
            let place = code.place(package.start());
            scan.unreadable
                .insert(format!("{place}: `{name}` may export more"));
        }
    }
}
