//! When the alerts of a run were due.

use std::collections::BTreeMap;

use super::report::Report;
use alertdrill_core::{AlertOutcome, DrillRecord, ExpectedAlert};

impl Report {
    /// This report with the deadlines that counted: that of an alert whose onset came early is
    /// earlier than what was promised. So no margin says more than the verdict.
    pub(crate) fn with_what_was_due(&self, records: &[DrillRecord]) -> Self {
        let records = records.iter();
        let records: BTreeMap<_, _> = records.map(|record| (&record.drill.name, record)).collect();
        let mut report = self.clone();
        for drill in &mut report.drills {
            let record = records.get(&drill.name);
            let Some((record, fault_at)) = record.zip(drill.fault_at()) else {
                continue;
            };
            // A verdict has the alerts that must fire first, in the order of the drill.
            for (alert, expected) in drill.alerts.iter_mut().zip(&record.drill.expect) {
                if is_about(alert, expected) {
                    let due_at = expected.due_at(fault_at, alert.onset_at);
                    alert.deadline_s = Some(due_at.seconds_since(fault_at));
                }
            }
        }
        report
    }
}

fn is_about(alert: &AlertOutcome, expected: &ExpectedAlert) -> bool {
    alert.deadline_s.is_some() && alert.name == expected.alert
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::examples::{at, example_record, example_report};

    #[test]
    fn alert_whose_onset_came_early_is_due_sooner_than_promised() {
        let mut report = example_report("okx");
        let mut record = example_record();
        record.drill.expect[0].onset.latest = Duration::from_secs(30);
        let due_s = |report: &Report, record: &DrillRecord| {
            let shown = report.with_what_was_due(std::slice::from_ref(record));
            shown.drills[0].alerts[0].deadline_s
        };
        assert_eq!(due_s(&report, &record), Some(120.0));
        // 20 s after the fault instead of 30 s.
        report.drills[0].alerts[0].onset_at = Some(at(30.0));
        assert_eq!(due_s(&report, &record), Some(110.0));
        record.drill.name = "another".to_owned();
        assert_eq!(due_s(&report, &record), Some(120.0));
    }
}
