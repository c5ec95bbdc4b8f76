//! Java and Kotlin: Micrometer (Spring Boot's actuator, Quarkus) and Prometheus's own client.

use std::sync::LazyLock;

use regex::Regex;

use super::common_tags::common_tags;
use super::meter_labels;
use super::text::{Constants, Language, Pattern, all, arguments};
use super::{Code, Scan, constants_of, tells_of_metrics};
use crate::checkout::SourceFile;
use crate::knowledge::{Born, Family, MetricKind};

const CURLY: Language = Language::Curly;

/// `Counter.builder("orders.created")`, `registry.timer("orders", …)`, `@Timed("orders")`
static BUILDER: Pattern = LazyLock::new(|| {
    let kinds =
        "Counter|FunctionCounter|Timer|LongTaskTimer|Gauge|DistributionSummary|FunctionTimer";
    Regex::new(&format!(r"\b({kinds})\s*\.\s*builder\s*\(")).ok()
});
static OF_REGISTRY: Pattern = LazyLock::new(|| {
    Regex::new(r"\b\w*(?i:registry|metrics|meter)\w*\s*\.\s*(counter|timer|gauge|summary)\s*\(")
        .ok()
});
static ANNOTATION: Pattern =
    LazyLock::new(|| Regex::new(r#"@(Timed|Counted)\s*\(\s*(?:value\s*=\s*)?("[^"]+")"#).ok());
/// Prometheus's own client: `Counter.build().name("x")`, `Counter.build("x", "help")`
static CLIENT: Pattern = LazyLock::new(|| {
    Regex::new(r#"\b(Counter|Gauge|Histogram|Summary)\s*\.\s*build(?:er)?\s*\(\s*(?:\)(?s:.{0,200}?)\.name\(\s*)?("[^"]+")"#).ok()
});
static IMPORT: Pattern =
    LazyLock::new(|| Regex::new(r"(?m)^\s*import\s+(?:static\s+)?([\w.]+)").ok());

/// Adds what Java and Kotlin files export.
pub(super) fn scan(codes: &[Code<'_>], sources: &[&SourceFile], scan: &mut Scan) {
    if codes.is_empty() {
        return;
    }
    let parts = ["pom.xml", "build.gradle", "build.gradle.kts"];
    let is_part = |file: &&&SourceFile| parts.iter().any(|part| file.path.ends_with(part));
    let made_of: Vec<_> = sources
        .iter()
        .filter(is_part)
        .map(|file| &*file.text)
        .collect();
    let uses = |name: &str| made_of.iter().any(|text| text.contains(name));
    if uses("spring-boot-starter-actuator") {
        scan.libraries.insert("client-java-spring-boot");
    } else if uses("micrometer") {
        scan.libraries.insert("client-java-micrometer");
    }
    if uses("simpleclient") || uses("prometheus-metrics-core") {
        scan.libraries.insert("client-java");
    }
    // Binders of libraries and common tags add to what is written: it is never all.
    if let Some(code) = codes.first() {
        let path = code.file.path.display();
        scan.unreadable
            .insert(format!("{path}: libraries may add metrics"));
    }
    // Code, properties and YAML say it in different ways.
    let says_it = |text: &str| {
        let plain = text.to_ascii_lowercase().replace(['-', '_', '.'], "");
        plain.contains("percentileshistogram")
            || plain.contains("percentilehistogram")
            || plain.contains("servicelevelobjectives")
            || plain.contains("distributionslo")
            || plain.contains("slo:")
            || plain.contains("sla:")
    };
    if sources.iter().any(|file| says_it(&file.text)) {
        scan.settings.push_str("percentiles-histogram ");
    }
    let files = sources.iter().map(|file| &*file.text);
    scan.common_labels.extend(files.flat_map(common_tags));
    let constants = constants_of(codes, CURLY);
    let mut texts = codes.iter().map(|code| &*code.text);
    let has_all_tags = !texts.any(meter_labels::may_have_more_tags);
    for code in codes {
        let is_micrometer = code.text.contains("io.micrometer");
        if !is_micrometer
            && all(&IMPORT, &code.text)
                .all(|it| !it.get(1).is_some_and(|it| tells_of_metrics(it.as_str())))
        {
            continue;
        }
        if is_micrometer {
            let made = meters_made(code, &constants).into_iter();
            scan.families.extend(made.map(|family| Family {
                labels: family.labels.filter(|_| has_all_tags),
                ..family
            }));
            for found in all(&ANNOTATION, &code.text) {
                if let (Some(class), Some(name)) = (found.get(1), found.get(2)) {
                    let place = code.place(name.start());
                    let name = name.as_str().trim_matches('"');
                    scan.families.extend(meters(name, class.as_str(), &place));
                }
            }
        } else {
            scan.families.extend(of_client(code));
        }
    }
}

/// What calls of Micrometer make.
fn meters_made(code: &Code<'_>, constants: &Constants) -> Vec<Family> {
    let mut families = Vec::new();
    for (pattern, is_builder) in [(&BUILDER, true), (&OF_REGISTRY, false)] {
        for found in all(pattern, &code.text) {
            let (Some(whole), Some(class)) = (found.get(0), found.get(1)) else {
                continue;
            };
            let open = whole.end() - 1;
            let given = arguments(&code.text, open, CURLY).map(|(parts, _)| parts);
            let given = given.unwrap_or_default();
            let name = given.first().and_then(|it| constants.text(it, CURLY));
            let Some(name) = name else {
                continue;
            };
            let labels = if is_builder {
                meter_labels::of_builder(&code.text, open, constants)
            } else {
                meter_labels::of_call(class.as_str(), &given, constants)
            };
            let place = code.place(whole.start());
            let born = born(&code.text, whole.start());
            let statement = statement_at(&code.text, whole.start());
            let all = if publishes_quantiles_alone(statement) {
                without_buckets(&name, class.as_str(), &place)
            } else {
                meters(&name, class.as_str(), &place)
            };
            families.extend(all.into_iter().map(|family| Family {
                born,
                labels: labels.clone(),
                ..family
            }));
        }
    }
    families
}

/// What Prometheus's own client makes.
fn of_client(code: &Code<'_>) -> Vec<Family> {
    let mut families = Vec::new();
    for found in all(&CLIENT, &code.text) {
        if let (Some(class), Some(name)) = (found.get(1), found.get(2)) {
            let place = code.place(class.start());
            let name = name.as_str().trim_matches('"');
            let kind = kind_of(class.as_str());
            let mut family = Family::new(name, kind, &place);
            family.has_quantiles = kind == MetricKind::Summary;
            if kind == MetricKind::Counter && !name.ends_with("_total") {
                // The client's versions differ in whether they add it.
                let total = format!("{name}_total");
                families.push(Family::new(&total, kind, &place));
            }
            families.push(family);
        }
    }
    families
}

fn statement_at(text: &str, start: usize) -> &str {
    let statement = text.get(start..).unwrap_or_default();
    statement.split(';').next().unwrap_or_default()
}

/// Whether a meter asks for quantiles, and for no buckets.
fn publishes_quantiles_alone(statement: &str) -> bool {
    let asks = |method: &str| statement.contains(method);
    asks(".publishPercentiles(") && !asks("ercentileHistogram") && !asks("erviceLevelObjectives(")
}

/// What becomes of a timer or a summary with quantiles, whose buckets a setting of the program
/// would add.
fn without_buckets(name: &str, class: &str, place: &str) -> Vec<Family> {
    let meters = meters(name, class, place).into_iter();
    meters
        .flat_map(|family| match family.kind {
            MetricKind::Histogram => {
                let mut buckets = Family::new(
                    &format!("{}_bucket", family.name),
                    MetricKind::Counter,
                    place,
                );
                buckets.needs_flag = Some("percentiles-histogram".to_owned());
                let summary = Family {
                    kind: MetricKind::Summary,
                    ..family
                };
                vec![summary, buckets]
            }
            _ => vec![family],
        })
        .collect()
}

/// Since when a meter is there that is made at `start` of a text: one that is made and counted in one
/// go is made by its first event.
fn born(text: &str, start: usize) -> Born {
    let counts = statement_at(text, start)
        .split_once(".increment(")
        .map(|(_, rest)| rest);
    match counts {
        Some(by) if !by.trim_start().starts_with('0') => Born::WithAnEvent,
        _ => Born::AtStart,
    }
}

fn kind_of(class: &str) -> MetricKind {
    match class {
        "Counter" => MetricKind::Counter,
        "Histogram" => MetricKind::Histogram,
        "Summary" => MetricKind::Summary,
        _ => MetricKind::Gauge,
    }
}

/// What Micrometer's Prometheus registry makes of a meter: dots become `_`, and the kind is added.
fn meters(name: &str, class: &str, place: &str) -> Vec<Family> {
    let name = name.replace(
        |c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':',
        "_",
    );
    let one = |name: &str, kind| Family::new(name, kind, place);
    match class.to_ascii_lowercase().as_str() {
        "counter" | "functioncounter" | "counted" => {
            let name = name.trim_end_matches("_total");
            vec![one(&format!("{name}_total"), MetricKind::Counter)]
        }
        "timer" | "functiontimer" | "timed" | "longtasktimer" => {
            let name = format!("{}_seconds", name.trim_end_matches("_seconds"));
            let max = one(&format!("{name}_max"), MetricKind::Gauge);
            // Buckets and quantiles are a matter of configuration.
            let mut all = one(&name, MetricKind::Histogram);
            all.kind = MetricKind::Histogram;
            vec![all, max, one(&name, MetricKind::Untyped)]
        }
        "distributionsummary" | "summary" => {
            let max = one(&format!("{name}_max"), MetricKind::Gauge);
            vec![
                one(&name, MetricKind::Histogram),
                max,
                one(&name, MetricKind::Untyped),
            ]
        }
        // A gauge may have its unit at the end.
        _ => vec![
            one(&name, MetricKind::Gauge),
            one(&format!("{name}_*"), MetricKind::Gauge),
        ],
    }
}
