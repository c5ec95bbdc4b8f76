//! The last run of all drills is recorded so that it says again what it said live.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

mod agreement;

use std::path::Path;

use alertdrill::commands::latest_run;
use alertdrill::replaying::OpenRecording;

#[tokio::test]
async fn each_drill_of_the_last_run_comes_to_its_live_verdict_when_it_is_replayed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let programs = Path::new(env!("CARGO_BIN_EXE_k2-fixtures"))
        .parent()
        .unwrap();
    let folder = latest_run(root).unwrap().join("recording");
    let recording = OpenRecording::open(&folder, programs).await.unwrap();
    let proof = &recording.recording.proof;
    assert!(
        proof.compared > 0 && proof.unexplained.is_empty(),
        "{proof:?}"
    );
    let outcomes = agreement::outcomes(&recording).await;
    assert!(!outcomes.is_empty());
}
