//! Which values a program gives to the labels of its metrics, where it writes them as they are; and
//! whether it makes a series before its first event.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use regex::Regex;

use super::text::{Constants, Language, Pattern, all, any, arguments, pair};
use super::{Code, Defined, constants_of};
use crate::knowledge::{Born, Family};

/// `orders.labels(`, `ORDERS.WithLabelValues(`, `orders.inc({`, …
static USE: Pattern = LazyLock::new(|| {
    let calls = "labels|WithLabelValues|With|inc|dec|set|observe|startTimer|labelValues";
    Regex::new(&format!(r"\b([A-Za-z_]\w*)\s*\.\s*({calls})\s*\(")).ok()
});

/// What one use says of the labels: of each its values, if they are written.
type Values = BTreeMap<String, Option<BTreeSet<String>>>;

/// `f"{status // 100}xx"`, `${Math.floor(status / 100)}xx`: the class of a status.
static STATUS_CLASS: Pattern = LazyLock::new(|| {
    Regex::new(r"^f?[\x22'`]\$?\{[^{}]*(?:/\s*100|\[0\])[^{}]*\}xx[\x22'`]$").ok()
});
/// `for state in ("paid", "failed"):`
static LOOP: Pattern =
    LazyLock::new(|| Regex::new(r"(?m)^([ \t]*)for[ \t]+(\w+)[ \t]+in[ \t]+([\[(\w])").ok());

/// How a use gives labels.
enum Given {
    /// It is no use of labels.
    Nothing,
    /// It gives them in a way that cannot be read.
    Something,
    /// These.
    These(Values),
}

/// The metrics with what their uses say of their labels.
pub(super) fn with_values(
    defined: Vec<Defined>,
    codes: &[Code<'_>],
    language: Language,
) -> Vec<Family> {
    let constants = constants_of(codes, language);
    let mut uses: HashMap<String, Vec<(Option<Values>, bool)>> = HashMap::new();
    let mut by_variable: HashMap<&str, Option<&Defined>> = HashMap::new();
    for it in &defined {
        if let Some(variable) = &it.variable {
            // A variable that holds two metrics tells of neither.
            let only = by_variable.entry(variable).or_insert(Some(it));
            if only.is_some_and(|known| known.family.name != it.family.name) {
                *only = None;
            }
        }
    }
    for code in codes {
        for found in all(&USE, &code.text) {
            let (Some(variable), Some(call), Some(whole)) =
                (found.get(1), found.get(2), found.get(0))
            else {
                continue;
            };
            let Some(Some(it)) = by_variable.get(variable.as_str()) else {
                continue;
            };
            let open = whole.end() - 1;
            let Some((parts, end)) = arguments(&code.text, open, language) else {
                continue;
            };
            let rest = code.text.get(end + 1..).unwrap_or_default();
            let is_first = makes_it(call.as_str(), &parts, rest);
            let written = Written {
                before: code.text.get(..whole.start()).unwrap_or_default(),
                constants: &constants,
                language,
            };
            let values = match given(call.as_str(), &parts, it, &written) {
                Given::Nothing => continue,
                Given::Something => None,
                Given::These(values) => Some(values),
            };
            let uses = uses.entry(variable.as_str().to_owned()).or_default();
            uses.push((values, is_first));
        }
    }
    let known = defined.into_iter().map(|it| {
        let uses = it.variable.as_ref().and_then(|variable| uses.get(variable));
        family_with(it.family, &it.label_names, uses.map_or(&[], Vec::as_slice))
    });
    known.collect()
}

/// Whether a use makes the series without counting anything.
fn makes_it(call: &str, parts: &[&str], rest: &str) -> bool {
    let is_zero = |part: &&str| ["0", "0.0"].contains(part);
    match call {
        "inc" | "set" => parts.get(1).is_some_and(is_zero),
        "labels" | "WithLabelValues" | "With" | "labelValues" => {
            let rest = rest.trim_start_matches([' ', '\t', ';']);
            let adds_nothing = [".inc(0)", ".Add(0)", ".set(0)", ".Set(0)", ".inc(0.0)"];
            rest.is_empty()
                || rest.starts_with(['\n', '\r'])
                || adds_nothing.iter().any(|it| rest.starts_with(it))
        }
        _ => false,
    }
}

/// What a use says of the labels.
fn given(call: &str, parts: &[&str], it: &Defined, written: &Written<'_>) -> Given {
    let language = written.language;
    let names = &it.label_names;
    if names.is_empty() {
        return Given::Nothing;
    }
    let object = parts
        .first()
        .and_then(|part| Some((*part, part.find('{')?)));
    if let Some((object, open)) = object {
        return of_object(object, open, written);
    }
    if !["labels", "WithLabelValues", "labelValues"].contains(&call) {
        // `counter.inc()` after `labels`, or `counter.inc(labels)`.
        let takes_labels = call == "With"
            || parts
                .first()
                .is_some_and(|part| language == Language::Curly && part.parse::<f64>().is_err());
        return if takes_labels {
            Given::Something
        } else {
            Given::Nothing
        };
    }
    let mut values = Values::new();
    for (index, part) in parts.iter().enumerate() {
        let is_spread = part.starts_with('*') || part.starts_with("...") || part.ends_with("...");
        let by_key = pair(part).filter(|(key, _)| names.iter().any(|name| name == key));
        let (key, value) = match (by_key, names.get(index)) {
            _ if is_spread => return Given::Something,
            (Some(by_key), _) => by_key,
            (None, Some(name)) => (name.as_str(), *part),
            (None, None) => return Given::Something,
        };
        values.insert(key.to_owned(), written.values(value));
    }
    Given::These(values)
}

/// What stands around a use of labels.
struct Written<'a> {
    /// The text before it.
    before: &'a str,
    constants: &'a Constants,
    language: Language,
}

impl Written<'_> {
    /// The values that are written: one, those of a loop, or the classes of a status. `None` of a
    /// variable, which may hold any; a name in capitals is a constant.
    fn values(&self, value: &str) -> Option<BTreeSet<String>> {
        let name = value.rsplit(['.', ':']).next().unwrap_or_default().trim();
        let is_variable = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && name.chars().any(|c| c.is_ascii_lowercase());
        if is_variable {
            return self.of_loop(value);
        }
        if any(&STATUS_CLASS, value) {
            return Some((1..=5).map(|class| format!("{class}xx")).collect());
        }
        let text = self.constants.text(value, self.language)?;
        Some(BTreeSet::from([text]))
    }

    /// The values of a loop's variable, if the loop is around the use.
    fn of_loop(&self, variable: &str) -> Option<BTreeSet<String>> {
        if self.language != Language::Python {
            return None;
        }
        let indent_of = |line: &str| line.len() - line.trim_start().len();
        let own = indent_of(self.before.rsplit('\n').next()?);
        let found = all(&LOOP, self.before)
            .filter(|found| found.get(2).is_some_and(|it| it.as_str() == variable))
            .last()?;
        let (indent, list) = (found.get(1)?.len(), found.get(3)?.start());
        let body = self.before.get(list..)?;
        let (line, rest) = body.split_once('\n')?;
        let is_left = rest
            .lines()
            .any(|line| !line.trim().is_empty() && indent_of(line) <= indent);
        if is_left || own <= indent {
            return None;
        }
        let list = line.trim_end().strip_suffix(':')?;
        let values = self.constants.list(list, self.language)?;
        Some(values.into_iter().collect())
    }
}

/// What `{state: 'paid', kind}` gives.
fn of_object(object: &str, open: usize, written: &Written<'_>) -> Given {
    let Some((entries, _)) = arguments(object, open, written.language) else {
        return Given::Something;
    };
    let mut values = Values::new();
    for entry in entries {
        if entry.starts_with("...") || entry.starts_with("**") {
            return Given::Something;
        }
        // `{ kind }` takes the value of a variable.
        let (key, value) = pair(entry).unwrap_or((entry, ""));
        values.insert(key.to_owned(), written.values(value));
    }
    Given::These(values)
}

fn family_with(mut family: Family, names: &[String], uses: &[(Option<Values>, bool)]) -> Family {
    let Some(labels) = &mut family.labels else {
        return family;
    };
    let is_made_at_start = names.is_empty() || uses.iter().any(|(_, is_first)| *is_first);
    if !is_made_at_start && family.born == Born::AtStart {
        family.born = Born::WithAnEvent;
    }
    if uses.is_empty() {
        return family;
    }
    for name in names {
        let values: Option<Vec<BTreeSet<String>>> = uses
            .iter()
            .map(|(given, _)| given.as_ref()?.get(name)?.clone())
            .collect();
        let values = values.map(|values| values.into_iter().flatten().collect());
        labels.insert(name.clone(), values);
    }
    family
}
