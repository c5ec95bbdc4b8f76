//! `junit.xml`: a drill is a test case, as GitHub's reporters, GitLab and Jenkins show it.
//!
//! A case is named after its drill alone, so that its readers see one history. The lane is a
//! property: it may be another one in each run.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, TestCase, TestCaseStatus, TestSuite};

use super::phrases::{alert_times, facts_to_repeat, named};
use crate::model::{DrillReport, Report};
use alertdrill_core::{Outcome, Reason};

/// The run as the content of `junit.xml`.
///
/// # Errors
/// If it cannot be written as XML.
pub(super) fn junit_xml(report: &Report) -> Result<String, quick_junit::SerializeError> {
    let info = &report.run.info;
    let mut suite = TestSuite::new("drills");
    suite.set_time(seconds(report.run.wall_s));
    // `set_timestamp` would need another library for dates.
    let started_at = info.started_at.to_string();
    suite.extra.insert("timestamp".into(), started_at.into());
    let rules_file = info.rules_file.display().to_string();
    suite.add_property(Property::new("run", info.id.as_str()));
    suite.add_property(Property::new("rules_file", rules_file.as_str()));
    suite.add_property(Property::new("rules_sha256", info.rules_sha256.as_str()));
    for (name, value) in facts_to_repeat(&info.provenance) {
        suite.add_property(Property::new(name, value));
    }
    suite.add_test_cases(report.drills.iter().map(|drill| {
        let mut case = case(drill);
        case.extra.insert("file".into(), rules_file.as_str().into());
        case
    }));
    let mut all = quick_junit::Report::new("alertdrill");
    all.set_time(seconds(report.run.wall_s));
    all.add_test_suite(suite);
    all.to_string()
}

fn case(drill: &DrillReport) -> TestCase {
    let status = match drill.verdict {
        Outcome::Pass => TestCaseStatus::success(),
        Outcome::Skipped => TestCaseStatus::skipped(),
        Outcome::Fail => failed(NonSuccessKind::Failure, &drill.reasons),
        Outcome::Error => failed(NonSuccessKind::Error, &drill.reasons),
    };
    let mut case = TestCase::new(drill.name.as_str(), status);
    case.set_classname("alerts").set_time(seconds(drill.took_s));
    case.add_property(Property::new("kind", drill.kind.as_str()));
    if let Some(lane) = &drill.lane {
        case.add_property(Property::new("lane", lane.as_str()));
    }
    let said = said(drill);
    if !said.is_empty() {
        case.set_system_out(said);
    }
    case
}

/// The first reason is the message, for the others may follow from it; the text has all of them.
fn failed(kind: NonSuccessKind, reasons: &[Reason]) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    if let Some(first) = reasons.first() {
        status
            .set_type(first.kind.to_string())
            .set_message(first.message.as_str());
    }
    let lines: Vec<_> = reasons
        .iter()
        .map(|reason| format!("{}: {}", reason.kind, reason.message))
        .collect();
    status.set_description(lines.join("\n"));
    status
}

fn said(drill: &DrillReport) -> String {
    let alerts = drill.alerts.iter();
    let alerts = alerts.map(|alert| alert_times(alert, drill.fault_at()));
    let latencies = drill.latencies.iter();
    let latencies =
        latencies.map(|latency| format!("{}: {latency}", named(&latency.alert, &latency.labels)));
    let slower = drill.slower();
    let slower = slower.map(|(_, trend)| format!("slower than usual: {trend}"));
    let tolerated = drill
        .tolerated
        .iter()
        .map(|text| format!("tolerated: {text}"));
    let not_decided = drill.not_decided.iter();
    let not_decided = not_decided.map(|what| format!("not decided: {what}"));
    let cut_short = drill.watched_until.cut_short().map(str::to_owned);
    let lines = alerts
        .chain(latencies)
        .chain(slower)
        .chain(tolerated)
        .chain(cut_short)
        .chain(not_decided);
    lines.collect::<Vec<_>>().join("\n")
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{example_provenance, example_report};
    use alertdrill_core::ReasonKind;

    fn run() -> Report {
        let mut report = example_report("okx");
        report.run.info.provenance = example_provenance();
        let reasons = [
            (
                ReasonKind::NotResolved,
                "it <still> fires\u{1b}[0m & \"rings\"",
            ),
            (ReasonKind::UnsteadyEnd, "so"),
        ];
        report.drills[0].reasons = reasons
            .map(|(kind, message)| Reason::new(kind, message))
            .into();
        report.drills[0].latencies = report.drills[0].known_latencies();
        for (name, verdict) in [
            ("broker_restarted", Outcome::Error),
            ("x", Outcome::Pass),
            ("y", Outcome::Skipped),
        ] {
            let drill = DrillReport {
                name: name.into(),
                verdict,
                lane: None,
                alerts: vec![],
                ..report.drills[0].clone()
            };
            report.drills.push(DrillReport {
                latencies: vec![],
                ..drill
            });
        }
        report
    }

    #[test]
    fn drill_is_a_test_case_with_all_that_kept_it_from_passing() {
        insta::assert_snapshot!(junit_xml(&run()).unwrap());
    }
}
