//! What other rules change, on a terminal: which incidents page earlier, later, no more or newly,
//! and which drills come to another verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::{Alignment, Modify, Style};

use alertdrill_core::style::{harmless, heading};
use alertdrill_core::{
    Change, ComparedIncident, DrillAtWork, Firings, Incident, Labels, RulesSaid, UtcInstant,
    VerdictChange, firings, seconds, selector,
};

use super::phrases::{since, verdict_change};

const HEADINGS: [&str; 7] = [
    "drill", "alert", "pages", "with NEW", "ends", "with NEW", "change",
];
/// The columns of numbers.
const NUMBERS: std::ops::RangeInclusive<usize> = 2..=5;
/// Of so many incidents of a recording without drills the difference is shown.
const DIFFERENCES: usize = 10;
/// What stands for an instant that was not reached.
const NEVER: &str = "–";

/// A row per incident that changes, by drill, in the order of the drills; a line below says what
/// the numbers are. Empty if none changes.
#[must_use]
pub fn incident_table(compared: &[ComparedIncident]) -> String {
    let mut changed: Vec<_> = compared.iter().filter(|one| one.is_changed()).collect();
    if changed.is_empty() {
        return String::new();
    }
    // Those that no drill caused come last.
    let began = |one: &ComparedIncident| one.drill.as_ref().map(|drill| drill.fault_at);
    changed.sort_by_key(|one| (one.drill.is_none(), began(one), drill_name(one)));
    let telling = telling_labels(compared);
    let mut table = Builder::new();
    table.push_record(HEADINGS.map(heading));
    let mut last = None;
    for one in changed {
        let name = drill_name(one);
        let is_first = last.as_ref() != Some(&name);
        table.push_record(row(one, if is_first { &name } else { "" }, &telling));
        last = Some(name);
    }
    let mut table = table.build();
    table
        .with(Style::sharp().remove_vertical())
        .with(Modify::new(Columns::new(NUMBERS)).with(Alignment::right()))
        .with(Modify::new(Rows::first()).with(Alignment::left()));
    format!(
        "{table}\nSeconds after the drill's first fault; where no drill ran, the instant. {NEVER}: \
         not at all, or not until the recording ends."
    )
}

/// How many incidents are the same, and how many change in which way.
#[must_use]
pub fn incident_totals(compared: &[ComparedIncident]) -> String {
    let count =
        |is_one: fn(&ComparedIncident) -> bool| compared.iter().filter(|one| is_one(one)).count();
    let same = count(|one| !one.is_changed());
    let others = [
        (
            count(|one| matches!(one.change, Change::Earlier { .. })),
            "page earlier",
        ),
        (
            count(|one| matches!(one.change, Change::Later { .. })),
            "page later",
        ),
        (
            count(|one| one.change == Change::EndsEarlier),
            "end earlier",
        ),
        (count(|one| one.change == Change::EndsLater), "end later"),
        (count(|one| one.change == Change::NoMore), "no more"),
        (count(|one| one.change == Change::Newly), "newly"),
        (
            count(|one| one.change == Change::Same && one.is_changed()),
            "with other labels",
        ),
    ];
    let others = others.into_iter().filter(|(count, _)| *count > 0);
    let others = others.map(|(count, what)| format!(", {count} {what}"));
    format!("{} the same{}", incidents(same), others.collect::<String>())
}

/// The drills whose verdict changes, with the reasons why they do not pass.
#[must_use]
pub fn verdict_changes_text(changes: &[VerdictChange]) -> String {
    let mut lines = Vec::new();
    for change in changes {
        lines.push(verdict_change(change));
        let reasons = change.reasons.iter();
        lines.extend(
            reasons.map(|reason| format!("  {}: {}", reason.kind, harmless(&reason.message))),
        );
    }
    lines.join("\n")
}

/// How often each alert fired and for how long, with the old rules and with the new ones, and the
/// first differences: for a recording in which nobody broke anything, which ends at `until`.
#[must_use]
pub fn firings_table(compared: &[ComparedIncident], until: UtcInstant) -> String {
    let old = firings_of(compared, until, |one| one.old.as_ref());
    let new = firings_of(compared, until, |one| one.new.as_ref());
    let alerts: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
    if alerts.is_empty() {
        return "no alert fires, neither with the old rules nor with the new ones".to_owned();
    }
    let mut table = Builder::new();
    let headings = ["alert", "fires", "with NEW", "minutes", "with NEW"];
    table.push_record(headings.map(heading));
    for alert in alerts {
        let [old, new] = [&old, &new].map(|side| side.get(alert).copied().unwrap_or_default());
        let minutes = |firings: Firings| format!("{:.1}", firings.in_all.as_secs_f64() / 60.0);
        table.push_record([
            harmless(alert),
            old.times.to_string(),
            new.times.to_string(),
            minutes(old),
            minutes(new),
        ]);
    }
    let mut table = table.build();
    table
        .with(Style::sharp().remove_vertical())
        .with(Modify::new(Columns::new(1..)).with(Alignment::right()))
        .with(Modify::new(Rows::first()).with(Alignment::left()));
    let mut lines = vec![table.to_string()];
    let changed: Vec<_> = compared.iter().filter(|one| one.is_changed()).collect();
    let differences = changed.iter().take(DIFFERENCES);
    lines.extend(differences.map(|one| {
        let at = one.first_paged_at();
        let at = at.map_or_else(String::new, |at| at.to_string());
        let labels = one.either().map(|incident| &incident.labels);
        let all = |_: &str| true;
        let alert = labels.map_or_else(String::new, |labels| named(labels, all));
        format!("{at} {}: {}", harmless(&alert), in_words(one))
    }));
    if changed.len() > DIFFERENCES {
        lines.push(format!("and {} more", changed.len() - DIFFERENCES));
    }
    lines.join("\n")
}

/// What a recording does not tell of rules that `said` this of it: a rule that reads what was not
/// recorded, or whose evaluation failed, does not fire, and that proves nothing.
#[must_use]
pub fn untold_lines(said: &RulesSaid) -> Vec<String> {
    let unknown = said.unknown_metrics.iter().map(|unknown| {
        let metrics = unknown.metrics.join(" and ");
        let rule = selector(&unknown.alert, &unknown.labels);
        format!("{rule} reads {metrics}, of which the recording has no series")
    });
    let mut failures = BTreeMap::<_, (usize, &str)>::new();
    for sick in &said.sick {
        let rule = selector(&sick.alert, &sick.labels);
        let (count, _) = failures.entry(rule).or_insert((0, &sick.error));
        *count += 1;
    }
    let failures = failures.into_iter();
    let failures = failures.map(|(rule, (count, error))| {
        format!("{count} evaluations of {rule} failed, the first one with: {error}")
    });
    let lines = unknown.chain(failures);
    lines.map(|line| harmless(&line)).collect()
}

fn firings_of(
    compared: &[ComparedIncident],
    until: UtcInstant,
    side: impl Fn(&ComparedIncident) -> Option<&Incident>,
) -> BTreeMap<&str, Firings> {
    firings(compared.iter().filter_map(side), until)
}

fn incidents(count: usize) -> String {
    match count {
        1 => "1 incident".to_owned(),
        _ => format!("{count} incidents"),
    }
}

fn drill_name(one: &ComparedIncident) -> String {
    let Some(DrillAtWork { name, lane, .. }) = &one.drill else {
        return "no drill".to_owned();
    };
    let on_lane = lane.as_ref().map(|lane| format!(" on {lane}"));
    harmless(&format!("{name}{}", on_lane.unwrap_or_default()))
}

/// Per alert, the labels in which its incidents differ: the others tell nothing.
fn telling_labels(compared: &[ComparedIncident]) -> BTreeSet<(&str, &str)> {
    let mut values = BTreeMap::<(&str, &str), BTreeSet<&str>>::new();
    for incident in compared.iter().filter_map(ComparedIncident::either) {
        for (label, value) in &incident.labels {
            let of_label = values.entry((incident.alert(), label)).or_default();
            of_label.insert(value);
        }
    }
    let telling = values.into_iter().filter(|(_, values)| values.len() > 1);
    telling.map(|(label, _)| label).collect()
}

/// An alert with those of its labels that are `meant`; what becomes of its severity is said apart.
fn named(labels: &Labels, meant: impl Fn(&str) -> bool) -> String {
    let alert = labels.get("alertname").map_or("", String::as_str);
    let shown = |name: &str| !matches!(name, "alertname" | "severity") && meant(name);
    selector(alert, labels.iter().filter(|(name, _)| shown(name)))
}

fn row(one: &ComparedIncident, drill: &str, telling: &BTreeSet<(&str, &str)>) -> [String; 7] {
    let fault_at = one.drill.as_ref().map(|drill| drill.fault_at);
    let at = |instant: Option<UtcInstant>| {
        instant.map_or_else(|| NEVER.to_owned(), |at| since(fault_at, at))
    };
    let (old, new) = (one.old.as_ref(), one.new.as_ref());
    let alert = one.either().map_or_else(String::new, |incident| {
        let is_telling = |label: &str| telling.contains(&(incident.alert(), label));
        named(&incident.labels, is_telling)
    });
    [
        drill.to_owned(),
        harmless(&alert),
        at(old.map(|incident| incident.firing_at)),
        at(new.map(|incident| incident.firing_at)),
        at(old.and_then(|incident| incident.ended_at)),
        at(new.and_then(|incident| incident.ended_at)),
        harmless(&in_words(one)),
    ]
}

fn in_words(one: &ComparedIncident) -> String {
    let change = match one.change {
        Change::NoMore => Some("no more".to_owned()),
        Change::Newly => Some("newly".to_owned()),
        Change::Earlier { by } => Some(format!("{} earlier", tenth(by))),
        Change::Later { by } => Some(format!("{} later", tenth(by))),
        Change::EndsEarlier => Some("ends earlier".to_owned()),
        Change::EndsLater => Some("ends later".to_owned()),
        Change::Same => None,
    };
    let labels = one.changed_labels().into_iter();
    let labels = labels.map(|(label, sides)| match sides {
        (Some(old), Some(new)) => format!("{label} {old} → {new}"),
        (Some(old), None) => format!("without {label} {old}"),
        (None, new) => format!("with {label} {}", new.unwrap_or_default()),
    });
    let all: Vec<_> = change.into_iter().chain(labels).collect();
    all.join(", ")
}

fn tenth(by: Duration) -> String {
    seconds::to_a_tenth(by)
}
