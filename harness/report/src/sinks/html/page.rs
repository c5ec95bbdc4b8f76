//! The page: what its template shows, in its order.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use askama::Template;
use serde::Serialize;

use super::alert_table::{AlertRow, alert_rows};
use super::chart::Chart;
use super::drill_row::DrillRow;
use super::head::Head;
use super::marks::fault_bands;
use super::plot::{Number, in_page};
use super::run_time::RunTime;
use super::states::{StateRow, said_once, state_rows, states_of};
use super::time_text::{clock, day_and_clock, duration};
use crate::model::{DrillReport, Receivers, Report, Rest};
use crate::sinks::phrases::facts_to_repeat;
use alertdrill_core::{ExpressionHistory, PanelRecord};

/// At most so many of the drills that did not pass are shown with their details at once.
const OPEN_AT_ONCE: usize = 20;

/// The library that draws lines, its style and its licence, as they are embedded.
pub(super) const UPLOT_SCRIPT: &str =
    include_str!("../../../templates/vendor/uplot/uPlot.iife.min.js");
pub(super) const UPLOT_STYLE: &str = include_str!("../../../templates/vendor/uplot/uPlot.min.css");
pub(super) const UPLOT_LICENCE: &str = include_str!("../../../templates/vendor/uplot/LICENSE");

/// What a run's folder holds beside its report.
#[derive(Default)]
pub(in crate::sinks) struct Evidence {
    /// What the dashboard showed.
    pub(in crate::sinks) panels: Option<PanelRecord>,
    /// Per drill, the expressions of its alerts.
    pub(in crate::sinks) expressions: BTreeMap<String, Vec<ExpressionHistory>>,
    /// Who was told.
    pub(in crate::sinks) receivers: Receivers,
    /// The drills that have not ended; `None` if the run has.
    pub(in crate::sinks) rest: Option<Rest>,
}

/// The page of `report`, with what the run's folder holds beside it.
///
/// # Errors
/// If the template cannot be rendered.
pub(in crate::sinks) fn html_page(report: &Report, evidence: &Evidence) -> askama::Result<String> {
    Page::of(report, evidence).render()
}

#[derive(Template)]
#[template(path = "index.html")]
struct Page<'a> {
    report: &'a Report,
    head: Head,
    so_far: Option<SoFar>,
    begun: String,
    lasted: String,
    start_up: StartUp,
    alerts: Vec<AlertRow>,
    rows: Vec<DrillRow>,
    states: Vec<StateRow>,
    charts: Vec<Chart>,
    /// What it takes to repeat the run, as names and values.
    facts_to_repeat: Vec<(String, String)>,
    /// The time and the faults of the run, as the script reads them.
    run_data: String,
    until_s: f64,
    uplot_script: String,
    uplot_style: &'static str,
}

/// How far a run is that has not ended.
struct SoFar {
    /// `3 of 34 drills`.
    drills: String,
    /// That it has not ended.
    text: String,
    /// What to do, and what that does.
    command: [&'static str; 2],
    /// What the drills without a row are called, and their names.
    waiting: Option<(&'static str, String)>,
}

/// What was before the first fault.
struct StartUp {
    took: String,
    text: String,
}

/// The time and the faults of a run.
#[derive(Serialize)]
struct RunData<'a> {
    zero: f64,
    until: Number,
    /// Per drill, its faults.
    faults: Vec<(&'a str, Vec<FaultData>)>,
}

/// From when until when it lasted, and what it was.
type FaultData = (Number, Number, String);

impl<'a> Page<'a> {
    fn of(report: &'a Report, evidence: &Evidence) -> Self {
        let run = &report.run.info;
        let rest = evidence.rest.as_ref();
        let running = rest.map_or(&[][..], |rest| &rest.running);
        let time = RunTime::with(report, running);
        let (states, charts) = evidence
            .panels
            .as_ref()
            .map_or_else(Default::default, |record| panels(record, report, time));
        Self {
            report,
            head: Head::of(report, rest),
            so_far: rest.map(|rest| SoFar::of(report, rest)),
            begun: day_and_clock(run.started_at),
            lasted: duration(report.run.wall_s),
            start_up: StartUp::of(report, time),
            alerts: alert_rows(report, &evidence.receivers),
            rows: unended_rows(rest, time)
                .chain(rows(report, &evidence.expressions, time))
                .collect(),
            states,
            charts,
            facts_to_repeat: facts_to_repeat(&run.provenance),
            run_data: run_data(report.drills.iter().chain(running), time),
            until_s: time.until_s,
            // A licence that asks to be with each copy is.
            uplot_script: format!("/*\n{UPLOT_LICENCE}\n*/\n{UPLOT_SCRIPT}"),
            uplot_style: UPLOT_STYLE,
        }
    }
}

/// What has begun and not ended comes first: it is what one waits for.
fn unended_rows(rest: Option<&Rest>, time: RunTime) -> impl Iterator<Item = DrillRow> {
    rest.into_iter().flat_map(move |rest| {
        let running = rest.running.iter();
        running.map(move |drill| DrillRow::unended(drill, rest.is_going_on, time))
    })
}

fn rows(
    report: &Report,
    expressions: &BTreeMap<String, Vec<ExpressionHistory>>,
    time: RunTime,
) -> Vec<DrillRow> {
    let mut drills: Vec<_> = report.drills.iter().collect();
    // What needs to be looked at comes first, and then what happened first.
    drills.sort_by_key(|drill| (Reverse(drill.verdict), drill.fault_at()));
    let expressions_of = |name: &String| expressions.get(name).map_or(&[][..], Vec::as_slice);
    let rows = drills.into_iter();
    let mut rows: Vec<_> = rows
        .map(|drill| DrillRow::of(drill, expressions_of(&drill.name), time))
        .collect();
    for row in rows.iter_mut().skip(OPEN_AT_ONCE) {
        row.is_open = false;
    }
    rows
}

/// The panels whose values are states, and the others.
fn panels(record: &PanelRecord, report: &Report, time: RunTime) -> (Vec<StateRow>, Vec<Chart>) {
    let (mut states, mut charts) = (Vec::new(), Vec::new());
    let step = record.history.sampling;
    for panel in &record.history.panels {
        let names = states_of(panel);
        if names.is_empty() {
            charts.extend(Chart::all_of(panel, step, report, time));
        } else {
            states.extend(state_rows(panel, &names, step, time));
        }
    }
    (said_once(states), charts)
}

fn run_data<'a>(drills: impl Iterator<Item = &'a DrillReport>, time: RunTime) -> String {
    let faults = drills.map(|drill| {
        let faults = fault_bands(drill, time).into_iter();
        let faults = faults.map(|band| (Number(band.from_s), Number(band.until_s), band.title));
        (drill.name.as_str(), faults.collect())
    });
    in_page(&RunData {
        zero: time.zero.epoch_s(),
        until: Number(time.until_s),
        faults: faults.collect(),
    })
}

impl SoFar {
    fn of(report: &Report, rest: &Rest) -> Self {
        let ended = report.drills.len();
        let all = ended + rest.running.len() + rest.waiting.len();
        let at = clock(rest.as_of);
        let (text, command, waits) = if rest.is_going_on {
            let text = format!("This run is going on: the page shows what was known at {at}.");
            (text, ["alertdrill report", "makes it anew."], "Waiting")
        } else {
            let text = format!("This run was broken off: what it saw ends at {at}.");
            let heals = "mends what may still be broken.";
            (text, ["alertdrill heal", heals], "Never begun")
        };
        let waiting = (!rest.waiting.is_empty()).then(|| (waits, rest.waiting.join(", ")));
        Self {
            drills: format!("{ended} of {all} drills so far"),
            text,
            command,
            waiting,
        }
    }
}

impl StartUp {
    fn of(report: &Report, time: RunTime) -> Self {
        let run = &report.run.info;
        let ready = duration(run.stack_ready_s);
        Self {
            took: duration(time.zero.seconds_since(run.started_at)),
            text: format!(
                "The run began at {}, its stack was steady after {ready}, and the first fault came \
                 at {}: from that on all times count.",
                clock(run.started_at),
                clock(time.zero)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{at, example_provenance, example_report, folded};

    fn page(report: &Report) -> String {
        html_page(report, &Evidence::default()).unwrap()
    }

    #[test]
    fn text_that_comes_from_the_stack_is_shown_as_text() {
        let html = page(&example_report("<script>alert(1)</script>"));
        assert!(!html.contains("<script>alert(1)"));
        assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
        assert!(html.contains("\\u003cscript>alert(1)"), "{html}");
    }

    #[test]
    fn head_of_the_page_says_what_it_takes_to_repeat_the_run() {
        let mut report = example_report("okx");
        assert!(!page(&report).contains("c0ffee00"));
        report.run.info.provenance = example_provenance();
        let html = page(&report);
        let head = html.split("</header>").next().unwrap();
        let shown = "<dt>commit</dt><dd>c0ffee00, with uncommitted changes</dd>";
        assert!(head.contains(shown), "{head}");
    }

    #[test]
    fn start_up_is_told_in_words_and_the_times_of_the_page_begin_with_the_first_fault() {
        let report = example_report("okx");
        let start_up = StartUp::of(&report, RunTime::of(&report));
        assert_eq!(start_up.took, "10 s");
        insta::assert_snapshot!(folded(&start_up.text), @r"
        The run began at 05:41:40 UTC, its stack was steady after 0.3 s, and the first
        fault came at 05:41:50 UTC: from that on all times count.
        ");
    }

    fn rest(is_going_on: bool) -> Rest {
        let mut running = example_report("okx").drills.remove(0);
        running.name = "api_slow".to_owned();
        Rest {
            is_going_on,
            as_of: at(150.0),
            running: vec![running],
            waiting: vec!["queue_full".to_owned(), "target_lost".to_owned()],
        }
    }

    fn page_so_far(is_going_on: bool) -> String {
        let evidence = Evidence {
            rest: Some(rest(is_going_on)),
            ..Evidence::default()
        };
        html_page(&example_report("okx"), &evidence).unwrap()
    }

    #[test]
    fn page_of_a_run_that_goes_on_says_so_and_shows_what_runs_and_lists_what_waits() {
        let html = page_so_far(true);
        for shown in [
            "1 of 4 drills so far in 3 min 20 s",
            "This run is going on: the page shows what was known at 05:44:10 UTC.",
            "<b>1</b> failed so far",
            "<b>1</b> running",
            "<details class=\"drill\" data-verdict=\"running\" data-name=\"api_slow\" open>",
            "<b>Waiting:</b> queue_full, target_lost",
        ] {
            assert!(html.contains(shown), "{shown}");
        }
        assert!(!page(&example_report("okx")).contains("so far"));
    }

    #[test]
    fn page_of_a_run_that_was_killed_says_what_never_ended_and_what_never_began() {
        let html = page_so_far(false);
        for shown in [
            "This run was broken off: what it saw ends at 05:44:10 UTC.",
            "<b>1</b> never ended",
            "data-verdict=\"unfinished\" data-name=\"api_slow\"",
            "<b>Never begun:</b> queue_full, target_lost",
        ] {
            assert!(html.contains(shown), "{shown}");
        }
    }

    #[test]
    fn library_that_draws_is_the_one_that_is_named_and_its_licence_is_with_it() {
        let named = include_str!("../../../templates/vendor/README.md");
        let row = named.lines().find(|line| line.contains("[uPlot]")).unwrap();
        let version = row.split('|').nth(2).unwrap().trim();
        assert!(UPLOT_SCRIPT.contains(&format!("uPlot (v{version})")));
        assert!(UPLOT_LICENCE.contains("MIT License") && row.contains("MIT"));
        let html = page(&example_report("okx"));
        assert!(html.contains(UPLOT_SCRIPT) && html.contains(UPLOT_LICENCE));
        assert!(!UPLOT_SCRIPT.contains("</script") && !UPLOT_STYLE.contains("</style"));
    }
}
