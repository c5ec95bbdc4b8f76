//! A run of drills that is killed at any moment: `heal` brings the stack back to steady state, and
//! no trade is lost.
//!
//! `ALERTDRILL_STACK_KILLS` says how often; the kinds of faults that need no broker are killed more
//! often, and cheaper, in `harness/tests/killed.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "in a test, a panic is how it fails"
)]

mod drills;
mod session;
mod suite;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use alertdrill::session::Session;
use alertdrill::target::{Journal, heal};
use alertdrill::{Check, Progress, Target as _, UtcInstant};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

/// Parts of the names of the drills that each kill hits. The first ones stay broken for a minute or
/// more, so that two kills are enough to leave a fault open.
const HIT: [&str; 6] = [
    "consumer",
    "feed_handler",
    "bronze",
    "offload",
    "service",
    "m",
];
const STEADY_WITHIN: Duration = Duration::from_secs(300);

fn kills() -> usize {
    std::env::var("ALERTDRILL_STACK_KILLS").map_or(2, |kills| {
        kills.parse().expect("ALERTDRILL_STACK_KILLS is no number")
    })
}

fn now() -> UtcInstant {
    Timestamp::now().into()
}

/// After the first fault, spread over half a minute: no two alike, and the same in every run.
fn instant(kill: usize) -> Duration {
    Duration::from_secs(30)
        .mul_f64((f64::from(u32::try_from(kill).unwrap()) * 0.618_033_988_75 + 0.3).fract())
}

/// Runs the drills whose name contains `hit`, and kills that run so long after its first fault.
fn run_and_kill(hit: &str, after: Duration) {
    let mut run = suite::program()
        .arg(hit)
        .env("KEEP_STACK", "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
    said.find(|line| line.as_ref().unwrap().contains("its fault has its effect"))
        .expect("the run ended before it broke anything")
        .unwrap();
    // Its output is read to the end, so that it never blocks on it.
    let reader = std::thread::spawn(move || said.for_each(drop));
    std::thread::sleep(after);
    run.kill().unwrap();
    run.wait().unwrap();
    reader.join().unwrap();
}

async fn wait_until_steady(session: &Session) {
    let (progress, cancel) = (Progress::default(), CancellationToken::new());
    let steady = session
        .wait_until_steady(STEADY_WITHIN, &progress, &cancel)
        .await
        .unwrap();
    assert!(steady.is_reached(), "{steady:?}");
}

async fn no_trade_is_lost(session: &Session, since: UtcInstant, until: UtcInstant) {
    let containers = session.stack().containers();
    // Of every exchange.
    let checks = drills::all()
        .into_iter()
        .find(|drill| drill.name == "broker_restarted")
        .unwrap()
        .afterwards;
    for check in checks {
        let instant = |word: &String| {
            word.replace("{injected_at}", &since.epoch_s().to_string())
                .replace("{reverted_at}", &until.epoch_s().to_string())
        };
        let command: Vec<_> = check.command.iter().map(instant).collect();
        let began = Instant::now();
        loop {
            let ended = containers
                .run(&check.service, None, &command)
                .await
                .unwrap();
            if ended.code == 0 {
                break;
            }
            let said = format!("{}{}", ended.printed, ended.complaints);
            assert!(
                ended.code != Check::NOT_SO && began.elapsed() < check.within,
                "{}: {said}",
                check.what
            );
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn heal_mends_a_run_that_was_killed_at_any_instant_and_no_trade_is_lost() {
    let session = session::start(Path::new(env!("CARGO_MANIFEST_DIR")))
        .await
        .unwrap();
    let journal = Journal::in_folder(&session.stack().project().state_folder());
    let (began, mut healed) = (Instant::now(), Vec::new());
    for (number, hit) in HIT.into_iter().cycle().take(kills()).enumerate() {
        wait_until_steady(&session).await;
        let since = now();
        let after = instant(number);
        tokio::task::spawn_blocking(move || run_and_kill(hit, after))
            .await
            .unwrap();
        // A kill between two drills leaves nothing broken, which is fine too.
        healed.push(
            heal(&journal, session.site(), &Progress::default())
                .await
                .unwrap()
                .len(),
        );
        assert_eq!(journal.read().unwrap().open, []);
        wait_until_steady(&session).await;
        no_trade_is_lost(&session, since, now()).await;
    }
    println!(
        "{} runs killed in {:.0?}: {healed:?} open faults healed, 0 left, no trade lost",
        kills(),
        began.elapsed()
    );
    assert!(
        healed.iter().filter(|faults| **faults > 0).count() >= kills().min(2),
        "too few kills hit a fault: {healed:?}"
    );
    session.end(&Progress::default()).await.unwrap();
}
