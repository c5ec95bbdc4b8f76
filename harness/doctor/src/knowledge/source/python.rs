//! Python: `prometheus_client`, and the libraries that instrument web frameworks by it.

mod libraries;
mod wrappers;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use regex::Regex;

use super::buckets::{HIGHEST_BY_DEFAULT, highest};
use super::text::{Constants, Language, Pattern, all, arguments, pair};
use super::{Code, Defined, Scan, constants_of, tells_of_metrics};
use crate::checkout::SourceFile;
use crate::knowledge::{Family, MetricKind};
use libraries::libraries_of;
use wrappers::Wrapper;

const PYTHON: Language = Language::Python;

static FROM_CLIENT: Pattern = LazyLock::new(|| {
    Regex::new(r"(?m)^\s*from\s+prometheus_client[\w.]*\s+import\s+(\([^)]*\)|[^\n]+)").ok()
});
static CLIENT_AS: Pattern =
    LazyLock::new(|| Regex::new(r"(?m)^\s*import\s+prometheus_client(?:\s+as\s+(\w+))?").ok());
static IMPORT: Pattern = LazyLock::new(|| Regex::new(r"(?m)^\s*(?:from|import)\s+([\w.]+)").ok());
static CALL: Pattern = LazyLock::new(|| {
    let kinds = "Counter|Gauge|Histogram|Summary|Info|Enum";
    let families = "(?:Counter|Gauge|Histogram|Summary|Info|StateSet|Unknown|Untyped)MetricFamily";
    Regex::new(&format!(
        r"\b((?:\w+\.)*)(\w*(?:{kinds})|{families}|\w+)\s*\("
    ))
    .ok()
});
static VARIABLE: Pattern =
    LazyLock::new(|| Regex::new(r"([A-Za-z_]\w*)\s*(?::\s*[\w.\[\]]+\s*)?=\s*(?:\w+\.)*$").ok());

/// Adds what Python files export.
pub(super) fn scan(codes: &[Code<'_>], sources: &[&SourceFile], scan: &mut Scan) {
    let constants = constants_of(codes, PYTHON);
    let mut defined = Vec::new();
    let mut wrappers = Vec::new();
    let mut uses_client = false;
    let mut has_pid = false;
    for code in codes {
        uses_client |= code.text.contains("prometheus_client");
        has_pid |= code.text.to_ascii_lowercase().contains("multiproc");
        let names = Names::of(&code.text);
        if !names.is_empty() {
            metrics_of(code, &names, &constants, &mut defined, &mut wrappers, scan);
        }
        libraries_of(code, &constants, &mut defined, scan);
        imports_of(code, sources, scan);
    }
    for wrapper in &wrappers {
        wrapper.follow(codes, &constants, &mut defined, scan);
    }
    if uses_client {
        scan.libraries.insert("client-python");
    }
    for it in &mut defined {
        if let (true, MetricKind::Gauge, Some(labels)) =
            (has_pid, it.family.kind, &mut it.family.labels)
        {
            labels.insert("pid".to_owned(), None);
        }
    }
    scan.add(defined, codes, PYTHON);
}

/// What the client's names are in a file.
#[derive(Default)]
struct Names {
    /// `Counter`, or what the file calls it, to the client's own name.
    own: HashMap<String, String>,
    /// `prometheus_client.`, or what the file calls it.
    modules: BTreeSet<String>,
    everything: bool,
}

impl Names {
    fn of(code: &str) -> Self {
        let mut names = Self::default();
        for found in all(&FROM_CLIENT, code) {
            let list = found.get(1).map_or("", |list| list.as_str());
            for name in list.trim_matches(['(', ')']).split(',') {
                let mut words = name.split_whitespace();
                let (Some(name), _, alias) = (words.next(), words.next(), words.next()) else {
                    continue;
                };
                names.everything |= name == "*";
                names
                    .own
                    .insert(alias.unwrap_or(name).to_owned(), name.to_owned());
            }
        }
        for found in all(&CLIENT_AS, code) {
            let alias = found
                .get(1)
                .map_or("prometheus_client", |alias| alias.as_str());
            names.modules.insert(format!("{alias}."));
        }
        names
    }

    fn is_empty(&self) -> bool {
        self.own.is_empty() && self.modules.is_empty()
    }

    /// The client's name of what is called here.
    fn client_name<'a>(&'a self, module: &str, name: &'a str) -> Option<&'a str> {
        if module.is_empty() {
            let known = self.own.get(name).map(String::as_str);
            return known.or_else(|| self.everything.then_some(name));
        }
        let is_client = self
            .modules
            .iter()
            .any(|known| module.starts_with(known.as_str()))
            || self.own.contains_key(module.trim_end_matches('.'));
        is_client.then_some(name)
    }
}

fn metrics_of<'a>(
    code: &'a Code<'_>,
    names: &Names,
    constants: &Constants,
    defined: &mut Vec<Defined>,
    wrappers: &mut Vec<Wrapper<'a>>,
    scan: &mut Scan,
) {
    for found in all(&CALL, &code.text) {
        let (Some(whole), Some(module), Some(name)) = (found.get(0), found.get(1), found.get(2))
        else {
            continue;
        };
        let before = code.text.get(..whole.start()).unwrap_or_default();
        if before.trim_end().ends_with("class") {
            continue;
        }
        let Some(class) = names.client_name(module.as_str(), name.as_str()) else {
            continue;
        };
        let Some(kind) = kind_of(class) else {
            continue;
        };
        let Some((parts, _)) = arguments(&code.text, whole.end() - 1, PYTHON) else {
            continue;
        };
        let wrapper = Wrapper::around(&code.text, whole.start(), class, &parts);
        if let Some(wrapper) = wrapper {
            wrappers.push(wrapper);
            continue;
        }
        let call = Call::of(&parts);
        let Some(base) = call.name(constants) else {
            // An annotation such as `def f(c: Counter()):` has no name either.
            if !parts.is_empty() {
                scan.unreadable.insert(format!(
                    "{}: a metric's name is made at run time",
                    code.place(whole.start())
                ));
            }
            continue;
        };
        let labels = call.labels(constants, class);
        let variable = variable_before(before);
        let place = code.place(whole.start());
        add_metric(&base, class, kind, labels, variable, &place, defined);
        if let (MetricKind::Histogram, false, Some(last)) =
            (kind, class.ends_with("Family"), defined.last_mut())
        {
            last.family.highest_bucket = match call.argument(8, "buckets") {
                Some(written) => highest(written, PYTHON),
                None => Some(HIGHEST_BY_DEFAULT),
            };
        }
    }
}

fn kind_of(class: &str) -> Option<MetricKind> {
    Some(match class.trim_end_matches("MetricFamily") {
        "Counter" => MetricKind::Counter,
        "Gauge" | "Info" | "Enum" | "StateSet" => MetricKind::Gauge,
        "Histogram" | "GaugeHistogram" => MetricKind::Histogram,
        "Summary" => MetricKind::Summary,
        "Unknown" | "Untyped" | "Metric" => MetricKind::Untyped,
        _ => return None,
    })
}

/// The arguments of a metric's constructor.
pub(super) struct Call<'a> {
    positional: Vec<&'a str>,
    pub(super) named: BTreeMap<&'a str, &'a str>,
}

impl<'a> Call<'a> {
    pub(super) fn of(parts: &[&'a str]) -> Self {
        let mut call = Self {
            positional: Vec::new(),
            named: BTreeMap::new(),
        };
        for part in parts {
            let is_text =
                part.starts_with(['"', '\'']) || part.starts_with("f\"") || part.starts_with("f'");
            match pair(part).filter(|_| !is_text && part.contains('=')) {
                Some((key, value)) => {
                    call.named.insert(key, value);
                }
                None => call.positional.push(part),
            }
        }
        call
    }

    pub(super) fn argument(&self, index: usize, name: &str) -> Option<&'a str> {
        self.named
            .get(name)
            .or_else(|| self.positional.get(index))
            .copied()
    }

    pub(super) fn name(&self, constants: &Constants) -> Option<String> {
        let text = |written: &str| constants.text(written, PYTHON);
        let mut name = text(self.argument(0, "name")?)?;
        for key in ["subsystem", "namespace"] {
            if let Some(written) = self.named.get(key) {
                let part = text(written)?;
                if !part.is_empty() {
                    name = format!("{part}_{name}");
                }
            }
        }
        if let Some(unit) = self.named.get("unit") {
            let unit = text(unit)?;
            if !unit.is_empty() && !name.ends_with(&unit) {
                name = format!("{name}_{unit}");
            }
        }
        is_metric_name(&name).then_some(name)
    }

    /// Its labels in their order; `None` if they are made at run time.
    pub(super) fn labels(&self, constants: &Constants, class: &str) -> Option<Vec<String>> {
        let (index, name) = if class.ends_with("MetricFamily") {
            if self.named.contains_key("labels") {
                (3, "labels")
            } else {
                (4, "labels")
            }
        } else {
            (2, "labelnames")
        };
        match self.argument(index, name) {
            None | Some("()" | "[]" | "None") => Some(Vec::new()),
            // `('a')` is a text, whose letters are the labels: nobody means that.
            Some(written) => constants.list(written, PYTHON),
        }
    }
}

fn is_metric_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':')
}

/// The variable that the text before a call assigns to.
pub(super) fn variable_before(before: &str) -> Option<String> {
    let line = before.rsplit('\n').next().unwrap_or_default();
    let found = all(&VARIABLE, line).last()?;
    Some(found.get(1)?.as_str().to_owned())
}

/// Adds a metric of the client's `class`.
pub(super) fn define(
    base: &str,
    class: &str,
    labels: Option<Vec<String>>,
    variable: Option<String>,
    place: &str,
    defined: &mut Vec<Defined>,
) {
    if let Some(kind) = kind_of(class) {
        add_metric(base, class, kind, labels, variable, place, defined);
    }
}

pub(super) fn add_metric(
    base: &str,
    class: &str,
    kind: MetricKind,
    labels: Option<Vec<String>>,
    variable: Option<String>,
    place: &str,
    defined: &mut Vec<Defined>,
) {
    let name = match class.trim_end_matches("MetricFamily") {
        "Counter" => format!("{}_total", base.trim_end_matches("_total")),
        "Info" => format!("{}_info", base.trim_end_matches("_info")),
        _ => base.to_owned(),
    };
    let mut family = Family::new(&name, kind, place);
    let mut own = labels.clone();
    if let ("Enum" | "StateSet", Some(own)) = (class.trim_end_matches("MetricFamily"), &mut own) {
        own.push(base.to_owned());
    }
    let own = if class.starts_with("Info") { None } else { own };
    family.labels = own.map(|own| own.into_iter().map(|label| (label, None)).collect());
    if matches!(
        kind,
        MetricKind::Counter | MetricKind::Histogram | MetricKind::Summary
    ) {
        let created = format!("{}_created", base.trim_end_matches("_total"));
        let mut created = Family::new(&created, MetricKind::Gauge, place);
        created.labels.clone_from(&family.labels);
        defined.push(Defined {
            family: created,
            variable: None,
            label_names: Vec::new(),
            sets_itself: false,
        });
    }
    defined.push(Defined {
        family,
        variable,
        label_names: labels.unwrap_or_default(),
        sets_itself: false,
    });
}

/// Imports that may export more.
fn imports_of(code: &Code<'_>, sources: &[&SourceFile], scan: &mut Scan) {
    const KNOWN: [&str; 6] = [
        "prometheus_client",
        "prometheus_fastapi_instrumentator",
        "prometheus_flask_exporter",
        "starlette_exporter",
        "starlette_prometheus",
        "django_prometheus",
    ];
    for found in all(&IMPORT, &code.text) {
        let Some(module) = found.get(1) else {
            continue;
        };
        let first = module.as_str().split('.').next().unwrap_or_default();
        let is_own = module.as_str().starts_with('.')
            || sources.iter().any(|file| {
                file.path.components().any(|part| {
                    let part = part.as_os_str().to_str().unwrap_or_default();
                    part.strip_suffix(".py").unwrap_or(part) == first
                })
            });
        // Of what has many parts, only the part that is imported tells.
        let told = if first == "opentelemetry" {
            module.as_str()
        } else {
            first
        };
        if !is_own && tells_of_metrics(told) && !KNOWN.contains(&first) {
            let place = code.place(module.start());
            scan.unreadable
                .insert(format!("{place}: `{first}` may export more"));
        }
    }
}
