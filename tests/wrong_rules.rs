//! Rules and routes that are wrong must not get through: each mistake fails a drill for the right
//! reason.
//!
//! All tests use one running stack, which loads one candidate after the other. A candidate holds
//! several mistakes, each in the rule of another alert, and the drills of these alerts run side by
//! side.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test, a panic is how it fails"
)]

mod drills;
mod session;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use alertdrill::report::Report;
use alertdrill::session::Session;
use alertdrill::target::compose::Candidate;
use alertdrill::{
    Drill, ExpectedAlert, Outcome, Progress, ReasonKind, Target as _, judge, servers,
};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A committed file with mistakes in it.
struct Spoiled(String);

impl Spoiled {
    fn rules() -> Self {
        Self(std::fs::read_to_string(root().join("docker/prometheus/alert_rules.yml")).unwrap())
    }

    fn routes() -> Self {
        Self(std::fs::read_to_string(root().join("docker/alertmanager/alertmanager.yml")).unwrap())
    }

    /// The same, with the first `original` after `anchor` replaced.
    fn with(self, anchor: &str, original: &str, mistake: &str) -> Self {
        let (before, after) = self
            .0
            .split_once(anchor)
            .unwrap_or_else(|| panic!("nothing says `{anchor}` any more"));
        assert!(
            after.contains(original),
            "nothing after `{anchor}` says `{original}` any more"
        );
        Self(format!(
            "{before}{anchor}{}",
            after.replacen(original, mistake, 1)
        ))
    }
}

/// A session on the stack, and what came of drills on it.
struct Bench {
    session: Session,
    progress: Progress,
    cancel: CancellationToken,
}

impl Bench {
    async fn start() -> Self {
        let session = session::start(root()).await.unwrap();
        Self {
            session,
            progress: Progress::default(),
            cancel: CancellationToken::new(),
        }
    }

    async fn load(&self, rules: &Spoiled, routes: &Spoiled) {
        self.session
            .stack()
            .load(
                Candidate {
                    rules: &rules.0,
                    prometheus: &std::fs::read_to_string(
                        root().join("docker/prometheus/prometheus.yml"),
                    )
                    .unwrap(),
                    alertmanager: &routes.0,
                },
                servers::reload,
            )
            .await
            .unwrap();
    }

    /// Runs the drills side by side; gives for each its outcome, the kinds of its reasons, and
    /// their words.
    async fn run(
        &self,
        drills: impl IntoIterator<Item = Drill>,
    ) -> Vec<(Outcome, BTreeSet<ReasonKind>, String)> {
        let drills: Vec<_> = drills.into_iter().collect();
        let runs = drills.iter().map(|drill| {
            let ticket = self.session.queue(drill, Duration::ZERO).unwrap();
            self.session
                .run(drill, ticket, &self.progress, &self.cancel)
        });
        let records = join_all(runs).await;
        let verdicts = records
            .iter()
            .map(|record| judge(&record.drill, &record.timeline));
        verdicts
            .map(|verdict| {
                let kinds = verdict.reasons.iter().map(|reason| reason.kind).collect();
                (verdict.outcome, kinds, format!("{:#?}", verdict.reasons))
            })
            .collect()
    }
}

/// The drill of the suite with this name, without its checks, which other tests cover.
fn drill(name: &str) -> Drill {
    let mut drill = drills::all()
        .into_iter()
        .find(|drill| drill.name == name)
        .unwrap();
    drill.afterwards.clear();
    drill
}

#[allow(
    clippy::too_many_lines,
    reason = "a list of mistakes, which share one running stack"
)]
#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_in_rules_or_routes_fails_its_drill_for_the_right_reason() {
    use ReasonKind::{
        FalseAlarm, Missed, NoSuchRule, NotDelivered, ResolveNotDelivered, StackNotSteady,
        UnsteadyStart, WrongLabels, WrongReceiver,
    };
    let bench = Bench::start().await;

    // Seen in what is loaded, before anything is broken.
    let cheap: [(&str, Spoiled, ReasonKind, &str); 4] = [
        (
            "no rules at all",
            Spoiled("groups: []\n".to_owned()),
            NoSuchRule,
            "has loaded no alerting rule at all",
        ),
        (
            "renamed alert",
            Spoiled::rules()
                .with(
                    "cause: handler_gone",
                    "alert: FeedHandlerDown",
                    "alert: FeedHandlerSilent",
                )
                .with(
                    "name: feed",
                    "alert: FeedHandlerDown",
                    "alert: FeedHandlerGone",
                ),
            NoSuchRule,
            "no rule for FeedHandlerDown",
        ),
        (
            "`for` × 3",
            Spoiled::rules().with("name: feed", "for: 1m", "for: 3m"),
            ReasonKind::Late,
            "`for` is 180 s",
        ),
        (
            "label that the rule gives itself changed",
            Spoiled::rules().with("name: feed", "cause: handler_gone", "cause: unknown"),
            NoSuchRule,
            "no rule for FeedHandlerDown",
        ),
    ];
    for (mistake, rules, reason, words) in &cheap {
        bench.load(rules, &Spoiled::routes()).await;
        let (outcome, kinds, said) = bench.run([drill("feed_handler_stopped")]).await.remove(0);
        assert_eq!(
            (outcome, kinds),
            (Outcome::Fail, [*reason].into()),
            "{mistake}: {said}"
        );
        assert!(said.contains(words), "{mistake}: {said}");
    }
    bench.load(&Spoiled::rules(), &Spoiled::routes()).await;
    let unknown = ExpectedAlert::new("NobodyWroteThisRule", "critical", Duration::from_secs(120));
    let hopeful = Drill::new("hopeful", drill("feed_handler_stopped").faults[0].clone())
        .expect_alert(unknown);
    let (outcome, kinds, said) = bench.run([hopeful]).await.remove(0);
    assert_eq!(
        (outcome, kinds),
        (Outcome::Fail, [NoSuchRule].into()),
        "{said}"
    );

    // Seen when it matters; alone, for without `for` any restart of a handler fires, another
    // drill's too.
    bench
        .load(
            &Spoiled::rules().with(
                "expr: up{job=\"feed-handler\"} == 0",
                "        for: 1m\n",
                "",
            ),
            &Spoiled::routes(),
        )
        .await;
    let (outcome, kinds, said) = bench
        .run([drill("feed_handler_back_in_time")])
        .await
        .remove(0);
    assert_eq!(
        (outcome, kinds),
        (Outcome::Fail, [FalseAlarm].into()),
        "`for` removed: {said}"
    );

    let rules = Spoiled::rules()
        .with(
            "cause: handler_gone",
            "time() - last_over_time",
            "max(time() - last_over_time",
        )
        .with("max(time() - last_over_time", "[1m]) > 120", "[1m])) > 120")
        .with(
            "alert: ClickHouseBronzeInsertFailure",
            "severity: critical",
            "severity: warning",
        )
        .with("alert: MVProcessingDelay", "> 30", "> 60")
        .with(
            "alert: ServiceOOMKill",
            "container_restart_count",
            "container_restarts",
        );
    let routes = Spoiled::routes()
        .with(
            "routes:",
            "\n",
            "\n    - receiver: nobody\n      matchers: [alertname=\"TargetLost\"]\n",
        )
        .with("receivers:", "\n", "\n  - name: nobody\n")
        .with(
            "url_file: /etc/alertmanager-receivers/warning",
            "send_resolved: true",
            "send_resolved: false",
        );
    bench.load(&rules, &routes).await;
    let mistakes: [(&str, &str, &[ReasonKind]); 6] = [
        (
            "exchange label lost by aggregation",
            "feed_handler_silent",
            &[WrongLabels],
        ),
        (
            "severity changed",
            "bronze_insert_failing",
            &[WrongReceiver, NotDelivered],
        ),
        ("threshold × 2", "mv_delayed", &[Missed]),
        (
            "metric renamed in the rule only",
            "service_oom_killed",
            &[Missed],
        ),
        (
            "route that drops criticals",
            "target_lost",
            &[WrongReceiver, NotDelivered],
        ),
        (
            "`send_resolved: false`",
            "offload_lagging",
            &[ResolveNotDelivered],
        ),
    ];
    let ended = bench
        .run(mistakes.iter().map(|(_, name, _)| drill(name)))
        .await;
    let otherwise: Vec<_> = (mistakes.iter().zip(ended))
        .filter(|((_, _, reasons), (outcome, kinds, _))| {
            (*outcome, kinds) != (Outcome::Fail, &reasons.iter().copied().collect())
        })
        .map(|((mistake, name, reasons), (outcome, kinds, said))| {
            format!(
                "{mistake} ({name}): wanted {reasons:?}, ended as {outcome:?} for {kinds:?}: {said}"
            )
        })
        .collect();
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));

    // Seen in that the stack never becomes steady.
    let bench = Bench {
        session: bench.session.steady_within(Duration::from_secs(25)),
        ..bench
    };
    let always = "      - {alert: AlwaysFiring, expr: vector(1), labels: {severity: warning}}\n";
    let unsteady = [
        (
            "alert that always fires",
            Spoiled::rules().with(
                "name: feed\n",
                "    rules:\n",
                &format!("    rules:\n{always}"),
            ),
        ),
        (
            "comparison turned round",
            Spoiled::rules().with("expr: up{job=\"feed-handler\"}", "== 0", "!= 0"),
        ),
    ];
    for (mistake, rules) in &unsteady {
        bench.load(rules, &Spoiled::routes()).await;
        let (outcome, kinds, said) = bench.run([drill("feed_handler_stopped")]).await.remove(0);
        assert!(kinds.contains(&UnsteadyStart), "{mistake}: {said}");
        assert_eq!(outcome, Outcome::Fail, "{mistake}: {said}");
    }

    // A stack that is unsteady for another reason must not lead to a silent skip.
    bench.load(&Spoiled::rules(), &Spoiled::routes()).await;
    let containers = bench.session.stack().containers();
    containers.stop("lag-exporter").await.unwrap();
    let prometheus = servers::prometheus(bench.session.stack()).await.unwrap();
    // It is known with the next scrape.
    while prometheus.value("up{job=\"kafka-lag\"}").await.unwrap() != Some(0.0) {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let (outcome, kinds, said) = bench.run([drill("feed_handler_stopped")]).await.remove(0);
    containers.start("lag-exporter").await.unwrap();
    // TargetLost is pending by then, which says so too.
    assert!(kinds.contains(&StackNotSteady), "{said}");
    assert_eq!(outcome, Outcome::Error, "{said}");

    bench.session.end(&bench.progress).await.unwrap();
}

/// Every threshold and every `for`, times 1.5 and times two thirds: what is loaded at once, and for
/// each mistake the drill that must fail. The `for` and the threshold of one rule are never wrong
/// together, because one could hide the other.
const OFF_BY_HALF: [&[(&str, &str, &str, &str)]; 4] = [
    &[
        (
            "cause: handler_gone",
            "[1m]) > 120",
            "[1m]) > 180",
            "feed_handler_silent",
        ),
        (
            "alert: RedpandaConsumerLagHigh",
            "> 1000",
            "> 1500",
            "consumer_lag_held_at_1200",
        ),
        ("alert: MVProcessingDelay", "> 30", "> 45", "mv_delayed"),
        (
            "alert: IcebergOffloadLag",
            "> 30",
            "> 45",
            "offload_lagging",
        ),
        (
            "alert: IcebergOffloadFailure",
            "> 2",
            "> 3",
            "offload_failing",
        ),
    ],
    &[
        (
            "cause: handler_gone",
            "[1m]) > 120",
            "[1m]) > 80",
            "feed_silent_for_less_than_two_minutes",
        ),
        (
            "alert: RedpandaConsumerLagHigh",
            "> 1000",
            "> 667",
            "consumer_lag_held_at_800",
        ),
        (
            "alert: MVProcessingDelay",
            "> 30",
            "> 20",
            "mv_delay_held_at_20_s",
        ),
        (
            "alert: IcebergOffloadLag",
            "> 30",
            "> 20",
            "offload_lag_of_25_minutes",
        ),
        (
            "alert: IcebergOffloadFailure",
            "> 2",
            "> 1",
            "offload_failing_twice",
        ),
    ],
    &[
        (
            "name: feed",
            "for: 1m",
            "for: 90s",
            "feed_handler_gone_for_90_s",
        ),
        (
            "alert: RedpandaConsumerLagHigh",
            "for: 5m",
            "for: 450s",
            "consumer_stalled",
        ),
        (
            "alert: MVProcessingDelay",
            "for: 1m",
            "for: 90s",
            "mv_delayed",
        ),
        ("alert: TargetLost", "for: 1m", "for: 90s", "target_lost"),
    ],
    &[
        (
            "name: feed",
            "for: 1m",
            "for: 40s",
            "feed_handler_back_in_time",
        ),
        (
            "alert: RedpandaConsumerLagHigh",
            "for: 5m",
            "for: 200s",
            "consumer_lag_for_four_minutes",
        ),
        (
            "alert: MVProcessingDelay",
            "for: 1m",
            "for: 40s",
            "mv_delayed_for_less_than_a_minute",
        ),
        (
            "alert: TargetLost",
            "for: 1m",
            "for: 40s",
            "target_back_in_time",
        ),
    ],
];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes about 20 minutes: ./drill sharpness"]
async fn each_threshold_and_each_for_that_is_off_by_half_fails_its_drill() {
    let bench = Bench::start().await;
    let mut uncaught = Vec::new();
    for mistakes in OFF_BY_HALF {
        let rules = mistakes
            .iter()
            .fold(Spoiled::rules(), |rules, (anchor, right, wrong, _)| {
                rules.with(anchor, right, wrong)
            });
        bench.load(&rules, &Spoiled::routes()).await;
        let ended = bench
            .run(mistakes.iter().map(|(_, _, _, name)| drill(name)))
            .await;
        for ((_, right, wrong, name), (outcome, kinds, said)) in mistakes.iter().zip(ended) {
            bench.progress.line(&format!(
                "`{right}` as `{wrong}`: {name} ended as {outcome:?} for {kinds:?}"
            ));
            if outcome != Outcome::Fail {
                uncaught.push(format!(
                    "`{right}` as `{wrong}` ({name}): {outcome:?}: {said}"
                ));
            }
        }
    }
    bench.load(&Spoiled::rules(), &Spoiled::routes()).await;
    bench.session.end(&bench.progress).await.unwrap();
    assert!(uncaught.is_empty(), "not caught:\n{}", uncaught.join("\n"));
}

// ---- as a user runs it

struct Ended {
    code: Option<i32>,
    printed: String,
    /// What would stand on the page of the job.
    summary: String,
}

/// `cargo test --test alerts feed_handler_stopped` as on GitHub, with the committed rules,
/// `original` replaced by `mistake`.
fn suite_with(original: &str, mistake: &str) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let (candidate, summary) = (
        folder.path().join("candidate.yml"),
        folder.path().join("summary.md"),
    );
    std::fs::write(
        &candidate,
        Spoiled::rules().with("groups:", original, mistake).0,
    )
    .unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["test", "--test", "alerts", "feed_handler_stopped"])
        .current_dir(root())
        .env("ALERT_RULES", &candidate)
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_STEP_SUMMARY", &summary)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    Ended {
        code: output.status.code(),
        printed,
        summary: std::fs::read_to_string(summary).unwrap_or_default(),
    }
}

#[test]
fn rules_file_that_fails_a_drill_ends_with_code_1_breaks_nothing_and_is_on_the_jobs_page() {
    let ended = suite_with("for: 1m", "for: 10m");
    // Not `latest`: that may be the run of a test beside this one.
    let path = ended
        .printed
        .lines()
        .find_map(|line| line.strip_prefix("report: "));
    let path = path.unwrap_or_else(|| panic!("no report of:\n{}", ended.printed));
    let report: Report = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(report.outcome(), Outcome::Fail, "{}", ended.printed);
    assert_eq!(
        report
            .drills
            .iter()
            .map(|drill| drill.faults.len())
            .sum::<usize>(),
        0,
        "something was broken all the same"
    );
    assert!(
        ended
            .printed
            .contains("its deadline is 120 s: `for` is 600 s"),
        "{}",
        ended.printed
    );
    assert_eq!(ended.code, Some(1), "{}", ended.printed);
    let annotation = ended
        .printed
        .lines()
        .find(|line| line.starts_with("::error file="))
        .unwrap_or_default();
    assert!(
        annotation.contains("candidate.yml,line=")
            && annotation.contains("title=feed_handler_stopped%3A late"),
        "{}",
        ended.printed
    );
    assert!(
        ended.summary.contains("## Drills: 1 fail")
            && ended.summary.contains("late: FeedHandlerDown"),
        "{}",
        ended.summary
    );
}

#[test]
fn rules_that_prometheus_refuses_could_not_be_tested_and_its_own_message_is_shown() {
    let ended = suite_with(
        "expr: up{job=\"feed-handler\"} == 0",
        "expr: up{job=\"feed-handler\" == 0",
    );
    assert!(
        ended.printed.contains("Prometheus refuses the rules of"),
        "{}",
        ended.printed
    );
    assert!(
        ended.printed.contains("could not parse expression"),
        "{}",
        ended.printed
    );
    assert_eq!(ended.code, Some(2), "{}", ended.printed);
}
