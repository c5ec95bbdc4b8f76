//! What a terminal shows below the verdicts of a replay.

use alertdrill_core::RecordedProof;

/// How true a replay is, and what it says nothing of.
#[must_use]
pub fn replay_summary(proof: &RecordedProof, evaluations: u64) -> String {
    let explained = proof.explained.iter();
    let explained: Vec<_> = explained
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    let others = if explained.is_empty() {
        String::new()
    } else {
        format!("; the others: {}", explained.join(", "))
    };
    format!(
        "replayed by {evaluations} evaluations; of the recorded rules' {} samples {} come out the \
         same{others}\nnot decided: who is told of an alert and of its end, how soon and how \
         often, for a replay delivers nothing; whether the routes can keep that is judged",
        proof.compared, proof.equal
    )
}
