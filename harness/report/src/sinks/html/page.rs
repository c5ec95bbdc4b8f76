//! The page: what its template shows, in its order.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use askama::Template;

use super::axis::{Axis, Tick};
use super::chart::Chart;
use super::drill_row::DrillRow;
use crate::model::{DrillReport, Latency, Report, Trend};
use crate::sinks::phrases::facts_to_repeat;
use alertdrill_core::{ExpressionHistory, Outcome, PanelRecord};

/// Per drill, the expressions of its alerts.
type Expressions = BTreeMap<String, Vec<ExpressionHistory>>;

/// At most so many of the drills that did not pass are shown with their details at once.
const OPEN_AT_ONCE: usize = 20;

/// The page of `report`, with what the dashboard showed and the expressions of each drill's alerts.
///
/// # Errors
/// If the template cannot be rendered.
pub(in crate::sinks) fn html_page(
    report: &Report,
    panels: Option<&PanelRecord>,
    expressions: &Expressions,
) -> askama::Result<String> {
    Page::of(report, panels, expressions).render()
}

#[derive(Template)]
#[template(path = "index.html")]
struct Page<'a> {
    report: &'a Report,
    counts: Vec<(Outcome, usize)>,
    /// The alerts that have become slower than usual.
    slower: Vec<String>,
    ticks: Vec<Tick>,
    rows: Vec<DrillRow>,
    charts: Vec<Chart>,
    /// What it takes to repeat the run, as names and values.
    facts_to_repeat: Vec<(String, String)>,
}

impl<'a> Page<'a> {
    fn of(report: &'a Report, panels: Option<&PanelRecord>, expressions: &Expressions) -> Self {
        let run = &report.run.info;
        let axis = Axis::of(run.started_at, run.finished_at, run.started_at);
        let outcomes = [
            Outcome::Fail,
            Outcome::Error,
            Outcome::Pass,
            Outcome::Skipped,
        ];
        let count = |outcome| {
            let drills = report
                .drills
                .iter()
                .filter(|drill| drill.verdict == outcome);
            (outcome, drills.count())
        };
        let counts = outcomes
            .map(count)
            .into_iter()
            .filter(|(_, count)| *count > 0);
        let mut drills: Vec<_> = report.drills.iter().collect();
        // What needs to be looked at comes first, and then what happened first.
        drills.sort_by_key(|drill| (Reverse(drill.verdict), drill.fault_at()));
        let expressions_of = |name: &String| expressions.get(name).map_or(&[][..], Vec::as_slice);
        let rows = drills.into_iter();
        let mut rows: Vec<_> = rows
            .map(|drill| DrillRow::of(drill, expressions_of(&drill.name), axis))
            .collect();
        for row in rows.iter_mut().skip(OPEN_AT_ONCE) {
            row.is_open = false;
        }
        let charts_of = |record: &PanelRecord| {
            let (panels, sampling) = (&record.history.panels, record.history.sampling);
            panels
                .iter()
                .map(|panel| Chart::of(panel, sampling, report, axis))
                .collect()
        };
        Self {
            report,
            counts: counts.collect(),
            slower: report.drills.iter().flat_map(slower).collect(),
            ticks: axis.ticks(),
            rows,
            charts: panels.map_or_else(Vec::new, charts_of),
            facts_to_repeat: facts_to_repeat(&run.provenance),
        }
    }
}

fn slower(drill: &DrillReport) -> impl Iterator<Item = String> {
    let slower = |(latency, trend): (&Latency, &Trend)| {
        format!(
            "{}: {} is slower than usual: {trend}",
            drill.name, latency.alert
        )
    };
    drill.slower().map(slower)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Milestone;
    use crate::examples::{example_provenance, example_report, folded};

    #[test]
    fn text_that_comes_from_the_stack_is_shown_as_text() {
        let report = example_report("<script>alert(1)</script>");
        let html = html_page(&report, None, &Expressions::new()).unwrap();
        assert!(!html.contains("<script>alert(1)"));
        assert!(html.contains("&#60;script&#62;alert(1)"), "{html}");
    }

    #[test]
    fn alert_that_has_become_slower_is_named_above_all_drills() {
        let mut report = example_report("okx");
        let drill = &mut report.drills[0];
        drill.latencies = drill.known_latencies();
        let earlier_s = vec![50.0; 5];
        let slow = Trend {
            until: Milestone::Firing,
            now_s: 65.0,
            earlier_s,
            usual_s: Some([50.0, 50.0]),
            is_slower: true,
        };
        let usual = Trend {
            until: Milestone::Notified,
            is_slower: false,
            ..slow.clone()
        };
        drill.latencies[0].trends = vec![slow, usual];
        insta::assert_snapshot!(
            folded(&Page::of(&report, None, &Expressions::new()).slower.join("\n")),
            @r"
        feed_handler_stopped: FeedHandlerDown is slower than usual: fired after the
        fault: 65.0 s, usually 50.0 to 50.0 s in 5 runs before
        "
        );
    }

    #[test]
    fn head_of_the_page_says_what_it_takes_to_repeat_the_run() {
        let mut report = example_report("okx");
        let html = |report: &Report| html_page(report, None, &Expressions::new()).unwrap();
        assert!(!html(&report).contains("To repeat this run"));
        report.run.info.provenance = example_provenance();
        let html = html(&report);
        let head = html.split("</header>").next().unwrap();
        let shown = "<dt>commit</dt><dd>c0ffee00, with uncommitted changes</dd>";
        assert!(
            head.contains("To repeat this run") && head.contains(shown),
            "{head}"
        );
    }
}
