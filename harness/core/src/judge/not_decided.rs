//! What a verdict says nothing of, because nobody looked or nobody could.

use crate::{Drill, Timeline, Witness};

/// What the verdict on `drill` says nothing of.
pub(super) fn not_decided(drill: &Drill, timeline: &Timeline) -> Vec<String> {
    if timeline.first_fault().is_none() {
        return Vec::new();
    }
    let what = match (
        drill.is_to_fire(),
        timeline.replayed.is_some(),
        timeline.witness,
    ) {
        (true, true, _) => {
            "who is told of it and of its end, how soon, and how often: a replay delivers nothing"
        }
        (false, true, _) => "whether anybody is told all the same: a replay delivers nothing",
        (_, false, Witness::Sink) => return Vec::new(),
        (true, false, Witness::Alertmanager) => {
            "whether anybody was told: without a sink, delivery is what Alertmanager's API says \
             that it does with the alert"
        }
        (false, false, Witness::Alertmanager) => {
            "whether anybody was told all the same: there is no sink"
        }
        (_, false, Witness::Nobody) => {
            "whether anybody is told, and of its end: the project has no Alertmanager"
        }
    };
    vec![what.to_owned()]
}
