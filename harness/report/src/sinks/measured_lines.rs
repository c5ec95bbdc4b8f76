//! What a terminal shows of a run's measures.

use crate::model::{Agreement, RunReport};

/// What was measured of a run, a line each.
#[must_use]
pub fn measured_lines(run: &RunReport) -> Vec<String> {
    let mut lines = vec![format!(
        "ready {:.2} s after the start of this process",
        run.info.stack_ready_s
    )];
    if let Some(measured) = &run.measured {
        let first_fault =
            |first: f64| format!("first fault {first:.1} s after the start of this process");
        lines.extend(measured.first_fault_s.map(first_fault));
        let agreement = |who: &str, agreement: Agreement| {
            let Agreement { of, found, off_ms } = agreement;
            format!("{found} of {of} firing instants found {who}, at most {off_ms:.0} ms off")
        };
        let seen = measured.firing_in_prometheus;
        lines.extend(seen.map(|seen| agreement("in Prometheus again", seen)));
        let notified = measured.firing_in_alertmanager;
        lines.extend(notified.map(|seen| agreement("in Alertmanager's notifications", seen)));
        if let (Some(memory_gib), Some(cores)) = (measured.stack_memory_gib, measured.stack_cores) {
            lines.push(format!(
                "the stack used {memory_gib:.2} GiB and {cores:.2} cores over the last 3 minutes"
            ));
        }
        let peak = |peak_mib: f64| format!("this process used at most {peak_mib:.0} MiB");
        lines.extend(measured.peak_memory_mib.map(peak));
    }
    lines.extend(duration_line(run));
    let lines = lines.into_iter();
    lines.map(|line| format!("measured: {line}")).collect()
}

/// What the drills took once the stack was ready, compared with the least that they could take and
/// with what they would take one after the other; `None` if nothing was drilled.
fn duration_line(run: &RunReport) -> Option<String> {
    let (floor_s, floor_of) = (run.floor_s, &run.floor_of);
    if floor_s == 0.0 {
        return None;
    }
    let took_s = run.wall_s - run.info.stack_ready_s;
    let serial_s = run.one_after_the_other_s;
    Some(format!(
        "the drills took {took_s:.0} s: {:.2} times the {floor_s:.0} s of the one that may take \
         longest by its rule's constants ({floor_of}); one after the other they take \
         {serial_s:.0} s, {:.1} times as long",
        took_s / floor_s,
        serial_s / took_s,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{example_report, folded};
    use crate::model::Measured;
    use alertdrill_core::RunInfo;

    #[test]
    fn duration_of_a_run_is_compared_with_its_floor_and_with_its_drills_one_after_the_other() {
        let info = RunInfo {
            stack_ready_s: 1.0,
            ..example_report("okx").run.info
        };
        let floor_of = "stalled: onset 30 s + resolve 570 s".to_owned();
        let measured = Measured {
            first_fault_s: Some(2.5),
            firing_in_prometheus: Some(Agreement {
                of: 2,
                found: 2,
                off_ms: 0.0,
            }),
            firing_in_alertmanager: Some(Agreement {
                of: 2,
                found: 1,
                off_ms: 3.2,
            }),
            stack_memory_gib: Some(1.5),
            stack_cores: Some(0.7),
            peak_memory_mib: None,
        };
        let run = RunReport {
            info,
            wall_s: 901.0,
            floor_s: 600.0,
            floor_of,
            one_after_the_other_s: 4500.0,
            measured: Some(measured),
        };
        insta::assert_snapshot!(folded(&measured_lines(&run).join("\n")), @r"
        measured: ready 1.00 s after the start of this process
        measured: first fault 2.5 s after the start of this process
        measured: 2 of 2 firing instants found in Prometheus again, at most 0 ms off
        measured: 1 of 2 firing instants found in Alertmanager's notifications, at most
        3 ms off
        measured: the stack used 1.50 GiB and 0.70 cores over the last 3 minutes
        measured: the drills took 900 s: 1.50 times the 600 s of the one that may take
        longest by its rule's constants (stalled: onset 30 s + resolve 570 s); one after
        the other they take 4500 s, 5.0 times as long
        ");
        let unmeasured = RunReport {
            floor_s: 0.0,
            measured: None,
            ..run
        };
        assert_eq!(measured_lines(&unmeasured).len(), 1);
    }
}
