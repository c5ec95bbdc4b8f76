//! The map of an exploration, as a terminal shows it: a table, then each blind spot in words.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use alertdrill_core::exploration::{
    BaselineComparison, CellKey, CellOutcome, ExplorationMap, FailureKind, MapCell, PlannedCell,
    RuleSetChange,
};
use alertdrill_core::style;

/// How many of the series that moved stand in a line.
const NAMED: usize = 3;

/// The map as a table: services × failures.
#[must_use]
pub fn map_table(map: &ExplorationMap) -> String {
    let shown: Vec<_> = FailureKind::ALL
        .into_iter()
        .filter(|failure| {
            let mut cells = map.cells.iter();
            cells.any(|cell| {
                cell.key.failure == *failure && cell.outcome != CellOutcome::NotApplicable
            })
        })
        .collect();
    let first = map
        .services
        .iter()
        .map(String::len)
        .max()
        .unwrap_or(0)
        .max(7);
    let text = |service: &str, failure: FailureKind| -> Vec<(CellOutcome, String)> {
        let cells = map.cells_at(service, failure);
        cells.map(|cell| (cell.outcome, in_short(cell))).collect()
    };
    let width = |failure: FailureKind| {
        let services = map.services.iter();
        let widths = services.map(|service| plain_width(&text(service, failure)));
        widths.max().unwrap_or(0).max(failure.name().len())
    };
    let widths: Vec<_> = shown.iter().map(|failure| width(*failure)).collect();
    let mut table = format!("{:first$}", "service");
    for (failure, width) in shown.iter().zip(&widths) {
        let _ = write!(table, "  {:width$}", failure.name());
    }
    let mut lines = vec![style::heading(table.trim_end())];
    for service in &map.services {
        let mut line = format!("{service:first$}");
        for (failure, width) in shown.iter().zip(&widths) {
            let cells = text(service, *failure);
            let padding = width - plain_width(&cells);
            let coloured: Vec<_> = cells
                .iter()
                .map(|(outcome, text)| styled(*outcome, text))
                .collect();
            let _ = write!(line, "  {}{:padding$}", coloured.join(" / "), "");
        }
        lines.push(line.trim_end().to_owned());
    }
    lines.join("\n")
}

fn plain_width(cells: &[(CellOutcome, String)]) -> usize {
    let texts: Vec<_> = cells.iter().map(|(_, text)| text.as_str()).collect();
    texts.join(" / ").chars().count()
}

fn in_short(cell: &MapCell) -> String {
    match cell.pages_after_s() {
        Some(after_s) if cell.outcome == CellOutcome::Pages => format!("pages {after_s:.0} s"),
        _ => cell.outcome.words().to_owned(),
    }
}

fn styled(outcome: CellOutcome, text: &str) -> String {
    match outcome {
        CellOutcome::Pages => style::good(text),
        CellOutcome::NotTried => style::unknown(text),
        outcome if outcome.is_blind_spot() => style::bad(text),
        _ => text.to_owned(),
    }
}

/// How many cells came to what.
#[must_use]
pub fn map_tally(map: &ExplorationMap) -> String {
    let counts = CellOutcome::ALL.into_iter().rev();
    let counts = counts.filter(|outcome| *outcome != CellOutcome::NotApplicable);
    let counts = counts.filter_map(|outcome| {
        let count = map.count(outcome);
        (count > 0).then(|| format!("{count} {}", outcome.words()))
    });
    let counts: Vec<_> = counts.collect();
    counts.join(", ")
}

/// Each blind spot in words, and what could be done about it.
#[must_use]
pub fn blind_spots_text(map: &ExplorationMap) -> String {
    let mut lines = Vec::new();
    for cell in map.blind_spots() {
        lines.push(style::bad(format!(
            "{}: {}",
            cell.key,
            cell.outcome.meaning()
        )));
        lines.extend(detail_lines(cell));
    }
    let untried = map.cells.iter();
    let untried = untried
        .filter(|cell| matches!(cell.outcome, CellOutcome::NotTried | CellOutcome::NoEffect));
    for cell in untried.filter(|cell| !cell.because.is_empty()) {
        let text = format!("{}: {}: {}", cell.key, cell.outcome.words(), cell.because);
        lines.push(style::unknown(style::harmless(&text)));
    }
    lines.join("\n")
}

fn detail_lines(cell: &MapCell) -> Vec<String> {
    let mut lines = Vec::new();
    let mut named = BTreeSet::new();
    for alert in &cell.alerts {
        if !named.insert(&alert.alert) {
            continue;
        }
        let how = if alert.firing_at.is_some() {
            "fired, and nobody was told"
        } else {
            "was pending, and never fired"
        };
        lines.push(format!("    {} {how}", alert.alert));
    }
    if cell.moved_count > 0 {
        let named = cell.moved.iter().take(NAMED);
        let named: Vec<_> = named
            .map(|series| {
                let series = format!("{} {}", series.selector(), series.how.words());
                style::harmless(&series)
            })
            .collect();
        let count = cell.moved_count;
        lines.push(format!("    {count} series moved: {}", named.join("; ")));
    }
    if !cell.reached.is_empty() {
        let reached = cell.reached.iter();
        let reached: Vec<_> = reached.map(|it| it.service.as_str()).collect();
        lines.push(format!("    it reached {}", reached.join(", ")));
    }
    if let Some(proposal) = cell.proposals.first() {
        lines.push(format!(
            "    a rule that fires here after {:.0} s, and nowhere else in the recording:",
            proposal.fires_after_s
        ));
        let text = style::harmless(&proposal.text);
        lines.extend(text.lines().map(|line| format!("      {line}")));
    }
    lines
}

/// What an exploration would break, and about how long that takes: `batches` are tried one after the
/// other, the cells of each side by side, which takes `about_s` each.
#[must_use]
pub fn exploration_text(
    cells: &[PlannedCell],
    batches: &[Vec<CellKey>],
    about_s: f64,
    within_s: Option<f64>,
) -> String {
    let mut lines = Vec::new();
    let mut begins_s = 0.0;
    for batch in batches {
        let is_beyond = within_s.is_some_and(|within_s| begins_s + about_s > within_s);
        let note = if is_beyond {
            "  (no time is left for it)"
        } else {
            ""
        };
        let keys: Vec<_> = batch.iter().map(ToString::to_string).collect();
        lines.push(format!("{}{note}", keys.join(", ")));
        begins_s += about_s;
    }
    lines.push(String::new());
    lines.extend(not_applicable_lines(cells));
    let count: usize = batches.iter().map(Vec::len).sum();
    lines.push(format!(
        "{count} failures, each about {about_s:.0} s: about {:.0} min",
        begins_s / 60.0
    ));
    lines.join("\n")
}

/// A line per reason: what it keeps from being tried, a service whole if it is so for all of it.
fn not_applicable_lines(cells: &[PlannedCell]) -> Vec<String> {
    let mut kept: Vec<(&str, Vec<String>)> = Vec::new();
    for cell in cells {
        let Some(why) = &cell.not_applicable else {
            continue;
        };
        let of_it = cells.iter().filter(|it| it.key.service == cell.key.service);
        let is_whole = of_it.clone().all(|it| it.not_applicable.is_some());
        let name = if is_whole {
            cell.key.service.clone()
        } else {
            cell.key.to_string()
        };
        match kept.iter_mut().find(|(reason, _)| reason == why) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => kept.push((why, vec![name])),
        }
    }
    let line =
        |(why, names): &(&str, Vec<String>)| format!("not applicable: {}: {why}", names.join(", "));
    kept.iter().map(line).collect()
}

/// What differs from the accepted blind spots; empty if nothing does.
#[must_use]
pub fn baseline_text(comparison: &BaselineComparison) -> String {
    let mut lines = Vec::new();
    for (key, outcome) in &comparison.new {
        let text = format!("new blind spot: {key}: {}", outcome.meaning());
        lines.push(style::bad(text));
    }
    for (key, before, now) in &comparison.worse {
        let text = format!(
            "worse than accepted: {key}: {} (accepted: {})",
            now.meaning(),
            before.words()
        );
        lines.push(style::bad(text));
    }
    for key in &comparison.without_reason {
        lines.push(style::bad(format!("accepted without a reason: {key}")));
    }
    for key in &comparison.gone {
        let text = format!("no blind spot any more: {key}: take it out of the baseline");
        lines.push(style::bad(text));
    }
    if comparison.accepted > 0 {
        lines.push(format!("{} blind spots are accepted", comparison.accepted));
    }
    lines.join("\n")
}

/// What other rules change.
#[must_use]
pub fn rule_changes_text(change: &RuleSetChange) -> String {
    let mut lines = Vec::new();
    for cell in &change.cells {
        let mut line = format!("{}: ", cell.key);
        if cell.before == cell.after {
            let _ = write!(line, "{}", cell.after.words());
        } else {
            let _ = write!(line, "{} → {}", cell.before.words(), cell.after.words());
        }
        for (what, alerts) in [("now fires", &cell.gained), ("no longer fires", &cell.lost)] {
            if !alerts.is_empty() {
                let _ = write!(line, "; {what}: {}", alerts.join(", "));
            }
        }
        lines.push(match cell.after.cmp(&cell.before) {
            Ordering::Less => style::bad(line),
            Ordering::Greater => style::good(line),
            Ordering::Equal => line,
        });
    }
    for (alert, count) in &change.in_vain {
        lines.push(style::bad(format!(
            "in vain: {alert} fires {count} times more while nothing is broken"
        )));
    }
    if !change.undecided.is_empty() {
        let keys: Vec<_> = change.undecided.iter().map(ToString::to_string).collect();
        lines.push(style::unknown(format!(
            "not decided: {}: the rules that were loaded, evaluated again, come to something else \
             there than what came",
            keys.join(", ")
        )));
    }
    if lines.is_empty() {
        lines.push("these rules change nothing of the map".to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests;
