//! Drills that run at once on one stack. Each answers for its own alerts, and breaks only what it
//! has leased.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is how it fails")]

mod drills;
mod session;

use std::path::Path;
use std::time::Duration;

use alertdrill::{Drill, ExpectedAlert, Fault, Outcome, Progress, ReasonKind, judge};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

const HANDLER: &str = "feed-handler-{lane}";

fn feed_handler_stopped() -> Drill {
    let mut drill = drills::all()
        .into_iter()
        .find(|drill| drill.name == "feed_handler_stopped")
        .unwrap();
    // Without it a fault that was left out would be noticed, and nobody blamed.
    drill.expect[0].condition = None;
    drill
}

/// The same alert is expected, and nothing is broken.
fn fault_left_out() -> Drill {
    let nothing =
        Fault::run_command(HANDLER, vec!["true".to_owned()], Vec::new()).what("nothing is broken");
    Drill {
        name: "fault_left_out".to_owned(),
        faults: vec![nothing.into()],
        ..feed_handler_stopped()
    }
}

/// It would break what the stack does not have.
fn careless() -> Drill {
    let alert = ExpectedAlert::new("FeedHandlerDown", "critical", Duration::from_secs(120));
    Drill::new("careless", Fault::stop("minoi")).expect_alert(alert)
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_never_passes_by_another_lanes_alert_and_breaks_only_what_it_has_leased() {
    let (progress, cancel) = (Progress::default(), CancellationToken::new());
    let session = session::start(Path::new(env!("CARGO_MANIFEST_DIR")))
        .await
        .unwrap();

    let drills = [feed_handler_stopped(), fault_left_out(), careless()];
    let runs = drills.iter().map(|drill| {
        session.run(
            drill,
            session.queue(drill, Duration::ZERO).unwrap(),
            &progress,
            &cancel,
        )
    });
    let records = join_all(runs).await;
    let verdicts: Vec<_> = records
        .iter()
        .map(|record| judge(&record.drill, &record.timeline))
        .collect();
    let [broken, left_out, careless] = verdicts.as_slice() else {
        unreachable!()
    };

    assert_eq!(broken.outcome, Outcome::Pass, "{:#?}", broken.reasons);
    let kinds: Vec<_> = left_out.reasons.iter().map(|reason| reason.kind).collect();
    assert_eq!(
        (left_out.outcome, kinds),
        (Outcome::Fail, vec![ReasonKind::Missed]),
        "{:#?}",
        left_out.reasons
    );
    assert_ne!(records[0].lane, records[1].lane);
    let fired_at = broken.alerts[0].firing_at.unwrap();
    assert!(
        records[1].timeline.finished_at > fired_at,
        "they did not run side by side"
    );

    assert_eq!(careless.outcome, Outcome::Error);
    let said = &careless.reasons[0].message;
    assert!(
        said.contains(
            "`minoi`, and there is no service, path or lane of that name; the nearest is `minio`"
        ),
        "{said}"
    );
    assert_eq!(records[2].timeline.faults, []);
    session.end(&progress).await.unwrap();
}
