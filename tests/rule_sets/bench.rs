//! Rule sets are tried out on a running stack, and what came of each is a row of the table.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use alertdrill::core::plan::Plan;
use alertdrill::session::Session;
use alertdrill::target::compose::Candidate;
use alertdrill::{Drill, Outcome, Progress, ReasonKind, judge, servers};
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{Catcher, Coverage, DecidedBy, Files, RuleSet, files_of, shared_runs};
use crate::{drills, session};

/// All drills, without what excuses from being proven.
pub(crate) fn plan() -> Plan {
    Plan {
        drills: drills::all(),
        waivers: Vec::new(),
    }
}

/// How long a drill waits for steady state where the mistake is that there is none.
const UNSTEADY_WITHIN: Duration = Duration::from_secs(25);

/// A session on the stack, and what came of drills on it.
pub(crate) struct Bench {
    pub(crate) session: Session,
    pub(crate) progress: Progress,
    cancel: CancellationToken,
}

/// What came of a drill.
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) kinds: BTreeSet<ReasonKind>,
    /// The reasons, in words.
    pub(crate) said: String,
    took: Duration,
}

impl Ended {
    /// Whether one of `catchers` caught it, in the words that are wanted; or, if there is none,
    /// whether it passed.
    fn is_as(&self, catchers: &[Catcher], words: &str) -> bool {
        let is_caught = |by: &Catcher| match by {
            Catcher::Drill(kind) => self.kinds.contains(kind),
            Catcher::Coverage(Coverage::Coverage) => false,
        };
        match catchers {
            [] => self.outcome == Outcome::Pass,
            some => {
                let is_bad = self.outcome > Outcome::Skipped;
                is_bad && some.iter().any(is_caught) && self.said.contains(words)
            }
        }
    }
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let session = session::start(Path::new(env!("CARGO_MANIFEST_DIR")))
            .await
            .unwrap();
        Self {
            session,
            progress: Progress::default(),
            cancel: CancellationToken::new(),
        }
    }

    async fn load(&self, files: &Files) {
        let candidate = Candidate {
            rules: &files.rules,
            prometheus: &files.prometheus,
            alertmanager: &files.routes,
        };
        let stack = self.session.stack();
        stack.load(candidate, servers::reload).await.unwrap();
    }

    /// Runs the drills side by side, and tells what came of each.
    pub(crate) async fn run(&self, drills: Vec<Drill>) -> Vec<Ended> {
        let runs = drills.iter().map(async |drill| {
            let began = Instant::now();
            let ticket = self.session.queue(drill, Duration::ZERO).unwrap();
            let (progress, cancel) = (&self.progress, &self.cancel);
            let record = self
                .session
                .run(drill, ticket, None, progress, cancel)
                .await;
            let verdict = judge(&record.drill, &record.timeline);
            Ended {
                outcome: verdict.outcome,
                kinds: verdict.reasons.iter().map(|reason| reason.kind).collect(),
                said: format!("{:#?}", verdict.reasons),
                took: began.elapsed(),
            }
        });
        join_all(runs).await
    }

    /// What the coverage of the loaded rules has to say, as of a drill.
    async fn coverage(&self) -> Ended {
        let began = Instant::now();
        let coverage = self.session.coverage(&plan()).await.unwrap();
        Ended {
            outcome: Outcome::Fail,
            kinds: BTreeSet::new(),
            said: coverage.complaints().join("\n"),
            took: began.elapsed(),
        }
    }

    /// Loads what the rule sets of one run say, and tells of each, in a row of the table, what came
    /// of it, and whether that is as it must be.
    async fn try_out(&self, run: &[RuleSet]) -> Vec<Row> {
        self.load(&files_of(run).unwrap()).await;
        let of_each: Vec<_> = run.iter().map(RuleSet::drills).collect();
        let mut ended = self.run(of_each.concat()).await.into_iter();
        let mut rows = Vec::new();
        for (rule_set, drills) in run.iter().zip(of_each) {
            let mut ended: Vec<_> = ended.by_ref().take(drills.len()).collect();
            let words = rule_set.says.clone().unwrap_or_default();
            let coverage = Catcher::Coverage(Coverage::Coverage);
            let is_as_wanted = if rule_set.caught_by.contains(&coverage) {
                ended = vec![self.coverage().await];
                ended[0].said.contains(&words)
            } else {
                let mut each = ended.iter();
                each.all(|ended| ended.is_as(&rule_set.caught_by, &words))
            };
            let row = Row::new(rule_set, &ended, is_as_wanted);
            self.progress.line(&row.line);
            rows.push(row);
        }
        rows
    }

    /// Tries out all of `rule_sets`, those last of which the stack never becomes steady; gives
    /// their rows. The committed configuration is loaded again.
    pub(crate) async fn try_out_all(mut self, rule_sets: Vec<RuleSet>) -> (Self, Vec<Row>) {
        let (unsteady, others): (Vec<_>, Vec<_>) =
            rule_sets.into_iter().partition(RuleSet::is_unsteady);
        let mut rows = Vec::new();
        for run in shared_runs(others) {
            rows.extend(self.try_out(&run).await);
        }
        self.session = self.session.steady_within(UNSTEADY_WITHIN);
        for run in shared_runs(unsteady) {
            rows.extend(self.try_out(&run).await);
        }
        self.load(&Files::committed()).await;
        (self, rows)
    }
}

/// What came of a rule set.
pub(crate) struct Row {
    line: String,
    is_as_wanted: bool,
    is_right: bool,
    decided_by: DecidedBy,
    /// What was said otherwise.
    said: String,
}

impl Row {
    fn new(rule_set: &RuleSet, ended: &[Ended], is_as_wanted: bool) -> Self {
        let kinds: BTreeSet<_> = ended.iter().flat_map(|ended| &ended.kinds).collect();
        let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
        let took = ended.iter().map(|ended| ended.took).max();
        let caught = match (rule_set.is_right(), kinds.is_empty()) {
            (true, true) => "passes".to_owned(),
            (false, true) => "coverage".to_owned(),
            (_, false) => kinds.join(" "),
        };
        let line = format!(
            "{} {:<9} {:>5.0} s  {:<70} {} by {}",
            if is_as_wanted { "   " } else { "!!!" },
            rule_set.decided_by,
            took.unwrap_or_default().as_secs_f64(),
            rule_set.name,
            caught,
            rule_set.drill_names.join(", "),
        );
        let said = ended.iter().map(|ended| ended.said.as_str());
        Self {
            line,
            is_as_wanted,
            is_right: rule_set.is_right(),
            decided_by: rule_set.decided_by,
            said: said.collect::<Vec<_>>().join("\n"),
        }
    }
}

/// The table, and what it comes to.
pub(crate) fn table(rows: &[Row]) -> String {
    let (right, wrong): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.is_right);
    let as_wanted = |rows: &[&Row]| rows.iter().filter(|row| row.is_as_wanted).count();
    let sum = format!(
        "{} of {} wrong ones are caught; {} of {} right ones pass",
        as_wanted(&wrong),
        wrong.len(),
        as_wanted(&right),
        right.len(),
    );
    let decided = [
        (DecidedBy::Loaded, "are seen in what is loaded"),
        (DecidedBy::Recording, "a recording can decide"),
        (DecidedBy::Live, "only a live stack can decide"),
    ];
    let decided = decided.map(|(decided_by, what)| {
        let of_kind = rows.iter().filter(|row| row.decided_by == decided_by);
        format!("{} {what}", of_kind.count())
    });
    let lines = rows.iter().map(|row| row.line.clone());
    let lines: Vec<_> = lines.chain([sum]).chain(decided).collect();
    lines.join("\n")
}

/// Fails if one of the rows is not as it must be, with what was said of it.
pub(crate) fn assert_all_as_wanted(rows: &[Row]) {
    let otherwise = rows.iter().filter(|row| !row.is_as_wanted);
    let otherwise: Vec<_> = otherwise
        .map(|row| format!("{}\n{}", row.line, row.said))
        .collect();
    assert!(otherwise.is_empty(), "{}", otherwise.join("\n"));
}
