//! That a recording, judged by the rules that were loaded, says what the live run said.

use alertdrill::replaying::{OpenRecording, ReplayedDrill};
use alertdrill::{Outcome, Verdict};

/// The outcome of each drill of the recording, live and replayed, which are the same; so are the
/// instants of its alerts, but for a drill that restarts Prometheus: what that forgets of a pending
/// alert, a replay remembers (the recording's proof explains it by `restart`).
pub(crate) async fn outcomes(recording: &OpenRecording) -> Vec<Outcome> {
    let run = recording.run().unwrap();
    let replayed = recording.judge(&recording.recording.rules).await.unwrap();
    assert_eq!(replayed.len(), run.drills.len());
    let pairs = run.drills.iter().zip(replayed);
    let outcomes = pairs.map(|(recorded, ReplayedDrill { record, verdict })| {
        let name = &record.drill.name;
        let (live, why) = (&recorded.verdict, &verdict.reasons);
        assert_eq!(live.outcome, verdict.outcome, "{name}: {why:?}");
        let mut faults = record.drill.all_faults();
        if !faults.any(|fault| fault.disturbs() == "prometheus") {
            assert_eq!(instants(live), instants(&verdict), "{name}");
        }
        verdict.outcome
    });
    outcomes.collect()
}

fn instants(verdict: &Verdict) -> Vec<String> {
    let alerts = verdict.alerts.iter();
    let instants = alerts.map(|alert| {
        let (pending, firing) = (alert.pending_at, alert.firing_at);
        format!(
            "{}: {pending:?} {firing:?} {:?}",
            alert.name, alert.resolved_at
        )
    });
    instants.collect()
}
