//! What a terminal shows below the verdicts of a replay.

use std::collections::BTreeSet;

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

/// What hangs on samples of which it is not certain that the server saw them in time: `readings` of
/// them, and the verdicts of the drills that are `hanging` on them.
#[must_use]
pub fn near_text(readings: u64, hanging: &BTreeSet<String>) -> String {
    let told = if hanging.is_empty() {
        "no verdict hangs on it".to_owned()
    } else {
        let names: Vec<_> = hanging.iter().map(String::as_str).collect();
        format!("the verdicts of {} hang on it", names.join(", "))
    };
    format!(
        "{readings} times a sample came in at about the instant of an evaluation: whether the server \
         saw it cannot be told, so both were tried, and {told}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_says_how_true_the_replay_is_and_what_it_leaves_out() {
        let proof = RecordedProof {
            compared: 100,
            equal: 97,
            explained: [("not yet visible".to_owned(), 3)].into(),
            unexplained: Vec::new(),
        };
        insta::assert_snapshot!(replay_summary(&proof, 40), @r"
        replayed by 40 evaluations; of the recorded rules' 100 samples 97 come out the same; the others: 3 not yet visible
        not decided: who is told of an alert and of its end, how soon and how often, for a replay delivers nothing; whether the routes can keep that is judged
        ");
    }

    #[test]
    fn drills_whose_verdict_hangs_on_a_sample_too_near_to_tell_are_named() {
        assert!(near_text(2, &BTreeSet::new()).ends_with("and no verdict hangs on it"));
        let hanging = ["a", "b"].map(str::to_owned).into();
        assert!(near_text(2, &hanging).ends_with("and the verdicts of a, b hang on it"));
    }
}
