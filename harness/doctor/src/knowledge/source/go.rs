//! Go: `client_golang`.

use std::sync::LazyLock;

use regex::Regex;

use super::buckets::{HIGHEST_BY_DEFAULT, highest};
use super::text::{Constants, Language, Pattern, all, any, arguments, pair};
use super::{Code, Defined, Scan, constants_of, tells_of_metrics};
use crate::checkout::SourceFile;
use crate::knowledge::{Family, MetricKind};

const CURLY: Language = Language::Curly;

static OPTIONS: Pattern = LazyLock::new(|| {
    Regex::new(r"\b(?:\w+\.)?(Counter|Gauge|Histogram|Summary|Untyped)(?:Vec)?Opts\s*\{").ok()
});
static BARE_OPTIONS: Pattern = LazyLock::new(|| {
    Regex::new(r"\bNew(Counter|Gauge|Histogram|Summary)\w*\(\s*(?:prometheus\.)?Opts\s*\{").ok()
});
static MAKER: Pattern = LazyLock::new(|| Regex::new(r"\bNew(\w+)\s*\(\s*$").ok());
static DESCRIPTION: Pattern = LazyLock::new(|| Regex::new(r"\bNewDesc\s*\(").ok());
static FULL_NAME: Pattern = LazyLock::new(|| Regex::new(r"\bBuildFQName\s*\(").ok());
static VARIABLE: Pattern = LazyLock::new(|| {
    let made = r":?[=:]\s*[*&]?(?:\w+\.)*(?:With\([^)]*\)\.)?$";
    Regex::new(&format!(
        r"(?:\bvar\s+)?([A-Za-z_]\w*)\s*(?:\*?[\w.]+\s*)?{made}"
    ))
    .ok()
});
static IMPORT: Pattern = LazyLock::new(|| {
    Regex::new(r#"(?m)^\s*(?:import\s+)?(?:[\w.]+\s+)?"([\w.-]+\.[\w]+/[^"\s]+)"\s*$"#).ok()
});
static MODULE: Pattern = LazyLock::new(|| Regex::new(r"(?m)^module\s+(\S+)").ok());
static OWN_REGISTRY: Pattern =
    LazyLock::new(|| Regex::new(r"\bNew(?:Pedantic)?Registry\s*\(").ok());

/// Adds what Go files export.
pub(super) fn scan(codes: &[Code<'_>], sources: &[&SourceFile], scan: &mut Scan) {
    let uses_client = codes
        .iter()
        .any(|code| code.text.contains("prometheus/client_golang"));
    let modules: Vec<_> = sources
        .iter()
        .filter(|file| file.path.ends_with("go.mod"))
        .filter_map(|file| Some(all(&MODULE, &file.text).next()?.get(1)?.as_str()))
        .collect();
    for code in codes {
        imports_of(code, &modules, scan);
    }
    if !uses_client {
        return;
    }
    scan.libraries.insert("client-go");
    let constants = constants_of(codes, CURLY);
    let mut defined = Vec::new();
    for code in codes {
        for pattern in [&OPTIONS, &BARE_OPTIONS] {
            for found in all(pattern, &code.text) {
                let (Some(whole), Some(class)) = (found.get(0), found.get(1)) else {
                    continue;
                };
                let at = (whole.start(), whole.end() - 1);
                options_of(code, at, class.as_str(), &constants, &mut defined, scan);
            }
        }
        descriptions_of(code, &constants, &mut defined, scan);
    }
    if !codes.iter().any(|code| any(&OWN_REGISTRY, &code.text)) || defined.is_empty() {
        for prefix in ["go_*", "process_*", "promhttp_*"] {
            scan.families
                .push(Family::new(prefix, MetricKind::Untyped, "client_golang"));
        }
    }
    scan.add(defined, codes, CURLY);
}

fn options_of(
    code: &Code<'_>,
    (start, open): (usize, usize),
    class: &str,
    constants: &Constants,
    defined: &mut Vec<Defined>,
    scan: &mut Scan,
) {
    let Some((entries, _)) = arguments(&code.text, open, CURLY) else {
        return;
    };
    let of = |key: &str| {
        let mut pairs = entries.iter().filter_map(|entry| pair(entry));
        pairs.find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    let place = code.place(start);
    // `prometheus.CounterOpts{}` as a type's empty value names nothing.
    if entries.is_empty() {
        return;
    }
    let parts = [of("Namespace"), of("Subsystem"), of("Name")]
        .into_iter()
        .flatten();
    let parts: Option<Vec<String>> = parts.map(|part| constants.text(part, CURLY)).collect();
    let name = parts
        .map(|parts| joined(&parts))
        .filter(|name| !name.is_empty());
    let Some(name) = name else {
        scan.unreadable
            .insert(format!("{place}: a metric's name is made at run time"));
        return;
    };
    let before = code.text.get(..start).unwrap_or_default();
    let before = before.trim_end_matches("prometheus.");
    let maker = all(&MAKER, tail(before)).last();
    let maker_name = maker.as_ref().and_then(|it| Some(it.get(1)?.as_str()));
    let call = maker
        .as_ref()
        .and_then(|it| it.get(0))
        .map(|it| before.len() - tail(before).len() + it.start());
    let open_of_call = call.and_then(|at| Some(at + code.text.get(at..)?.find('(')?));
    let arguments_of_call = open_of_call.and_then(|open| arguments(&code.text, open, CURLY));
    let mut labels = match (maker_name, arguments_of_call) {
        (Some(maker), Some((parts, _))) if maker.ends_with("Vec") => {
            parts.get(1).and_then(|list| constants.list(list, CURLY))
        }
        (Some(_), _) => Some(Vec::new()),
        (None, _) => None,
    };
    let names = labels.clone().unwrap_or_default();
    if of("ConstLabels").is_some() {
        labels = None;
    }
    let kind = kind_of(class);
    let mut family = Family::new(&name, kind, &place);
    family.has_quantiles = of("Objectives").is_some();
    if kind == MetricKind::Histogram {
        family.highest_bucket = match of("Buckets") {
            Some(written) => highest(written, CURLY),
            None => Some(HIGHEST_BY_DEFAULT),
        };
    }
    family.labels = labels.map(|labels| labels.into_iter().map(|label| (label, None)).collect());
    let variable = call.and_then(|at| {
        let found = all(&VARIABLE, tail(code.text.get(..at)?)).last()?;
        Some(found.get(1)?.as_str().to_owned())
    });
    defined.push(Defined {
        family,
        variable,
        label_names: names,
        sets_itself: maker_name.is_some_and(|maker| maker.ends_with("Func")),
    });
}

fn kind_of(class: &str) -> MetricKind {
    match class {
        "Counter" => MetricKind::Counter,
        "Gauge" => MetricKind::Gauge,
        "Histogram" => MetricKind::Histogram,
        "Summary" => MetricKind::Summary,
        _ => MetricKind::Untyped,
    }
}

/// The last of a text, which is enough to see what a call is assigned to.
fn tail(text: &str) -> &str {
    let from = text.len().saturating_sub(160);
    (from..text.len())
        .find_map(|from| text.get(from..))
        .unwrap_or_default()
}

fn joined(parts: &[String]) -> String {
    let parts: Vec<_> = parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(String::as_str)
        .collect();
    parts.join("_")
}

/// What a collector of its own describes: its kind is not written there.
fn descriptions_of(
    code: &Code<'_>,
    constants: &Constants,
    defined: &mut Vec<Defined>,
    scan: &mut Scan,
) {
    for found in all(&DESCRIPTION, &code.text) {
        let Some(whole) = found.get(0) else {
            continue;
        };
        let Some((parts, _)) = arguments(&code.text, whole.end() - 1, CURLY) else {
            continue;
        };
        let place = code.place(whole.start());
        let name = parts
            .first()
            .and_then(|written| full_name(written, constants));
        let Some(name) = name else {
            scan.unreadable
                .insert(format!("{place}: a metric's name is made at run time"));
            continue;
        };
        let mut family = Family::new(&name, MetricKind::Untyped, &place);
        let has_constant = parts.get(3).is_some_and(|labels| *labels != "nil");
        let labels = parts.get(2).and_then(|list| match *list {
            "nil" => Some(Vec::new()),
            list => constants.list(list, CURLY),
        });
        family.labels = labels
            .filter(|_| !has_constant)
            .map(|labels| labels.into_iter().map(|label| (label, None)).collect());
        defined.push(Defined {
            family,
            variable: None,
            label_names: Vec::new(),
            sets_itself: false,
        });
    }
}

fn full_name(written: &str, constants: &Constants) -> Option<String> {
    let Some(found) = all(&FULL_NAME, written).next() else {
        return constants.text(written, CURLY);
    };
    let (parts, _) = arguments(written, found.get(0)?.end() - 1, CURLY)?;
    let parts: Option<Vec<String>> = parts
        .iter()
        .map(|part| constants.text(part, CURLY))
        .collect();
    Some(joined(&parts?))
}

/// Packages that may export more.
fn imports_of(code: &Code<'_>, modules: &[&str], scan: &mut Scan) {
    for found in all(&IMPORT, &code.text) {
        let Some(package) = found.get(1) else {
            continue;
        };
        let name = package.as_str();
        let is_client = ["prometheus", "promhttp", "promauto"]
            .iter()
            .any(|it| name == format!("github.com/prometheus/client_golang/prometheus/{it}"))
            || name == "github.com/prometheus/client_golang/prometheus";
        let is_own = modules.iter().any(|module| name.starts_with(module));
        if !is_client && !is_own && tells_of_metrics(name) {
            let place = code.place(package.start());
            scan.unreadable
                .insert(format!("{place}: `{name}` may export more"));
        }
    }
}
