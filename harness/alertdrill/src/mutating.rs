//! Judges mutants of rules by a recording: which do the drills catch?
//!
//! Of a mutant only its rule is evaluated again; what the others said stays. So a mutant costs a
//! few hundredths of a second, and thousands of them a minute.

mod in_diff;

use std::collections::{BTreeMap, BTreeSet};

use alertdrill_core::promql::metrics_of;
use alertdrill_core::{
    DrillRecord, Error, Fate, JudgedMutant, Labels, Mutant, MutationRun, Outcome, ReasonKind,
    RecordedDrill, RecordedRun, Result, RuleAt, RulesFile, RulesSaid, UtcInstant, WaivedMutants,
};
use alertdrill_engine::Ranges as _;
use alertdrill_engine::replay::{EvaluatedRules, RuleVector};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

pub(crate) use self::in_diff::ChangedLines;
use crate::replaying::{OpenRecording, ReplayedDrill};

/// How many mutants are on their way at once: the replayer uses each processor.
const AT_ONCE: usize = 4;

/// The rules that mutants are made of, and what they said of a recording.
pub(crate) struct Mutating<'a> {
    open: &'a OpenRecording,
    run: &'a RecordedRun,
    files: &'a [RulesFile],
    said: RulesSaid,
    /// What the expression of each alerting rule yielded, in the order of the rules in `said`.
    vectors: Vec<RuleVector>,
    /// The drills that pass with the rules as they are.
    passing: Vec<&'a RecordedDrill>,
    reads_alerts: bool,
}

impl<'a> Mutating<'a> {
    /// Judges the rules in `files` as they are.
    ///
    /// # Errors
    /// [`Error::BadDescription`] if a drill fails with them: then nothing that a mutant does would
    /// mean anything. As [`OpenRecording::evaluate`].
    pub(crate) async fn of(open: &'a OpenRecording, files: &'a [RulesFile]) -> Result<Self> {
        let run = open.run()?;
        let EvaluatedRules { said, vectors, .. } = open.evaluate(files).await?;
        let outcome_of = |recorded| ReplayedDrill::of(recorded, run, &said).verdict.outcome;
        let outcomes: Vec<_> = run.drills.iter().map(outcome_of).collect();
        let drills_that = |came_to: Outcome| {
            let pairs = run.drills.iter().zip(&outcomes);
            let meant = pairs.filter(move |(_, outcome)| **outcome == came_to);
            meant.map(|(recorded, _)| recorded)
        };
        let failing: Vec<_> = drills_that(Outcome::Fail).map(name_of).collect();
        if !failing.is_empty() {
            return Err(Error::Refused {
                attempted: "judge the mutants of the rules".to_owned(),
                reason: format!(
                    "the rules as they are fail {} already, so that what a mutant fails says \
                     nothing; mend them first",
                    failing.join(", ")
                ),
            });
        }
        let reads_alerts = said.rules.iter().any(|rule| {
            let read = metrics_of(&rule.query).unwrap_or_default();
            read.contains("ALERTS") || read.contains("ALERTS_FOR_STATE")
        });
        Ok(Self {
            open,
            run,
            files,
            passing: drills_that(Outcome::Pass).collect(),
            vectors,
            reads_alerts,
            said,
        })
    }

    /// What becomes of each mutant that is on one of `lines`; of all, if none are named.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] if the replayer ends or takes too long.
    pub(crate) async fn run(
        &self,
        lines: Option<&ChangedLines>,
        waived: &WaivedMutants,
        progress: impl Fn(usize, usize),
    ) -> Result<MutationRun> {
        let made = self
            .open
            .replayer
            .mutants(self.files, &self.open.metrics)
            .await?;
        let mut mutants = made.mutants;
        mutants.retain(|mutant| lines.is_none_or(|lines| lines.touch(mutant)));
        let (all, mut done) = (mutants.len(), 0);
        let ids: Vec<_> = mutants.iter().map(|mutant| mutant.id.clone()).collect();
        let fates = stream::iter(&mutants)
            .map(|mutant| self.fate(mutant))
            .buffered(AT_ONCE);
        let fates: Vec<_> = fates
            .inspect_ok(|_| {
                done += 1;
                progress(done, all);
            })
            .try_collect()
            .await?;
        let mut waivers_used = BTreeSet::new();
        let judged = mutants
            .into_iter()
            .zip(fates)
            .zip(&ids)
            .map(|((mutant, fate), id)| {
                let reason = waived.reason_for(id).filter(|_| fate.is_open());
                let fate = reason.map_or(fate, |reason| {
                    waivers_used.insert(id.as_str());
                    let reason = reason.to_owned();
                    Fate::Waived { reason }
                });
                JudgedMutant { mutant, fate }
            });
        let judged = judged.collect();
        let is_whole = lines.is_none();
        Ok(MutationRun {
            files: self.files.to_vec(),
            judged,
            refused: made.refused,
            equivalent: made.equivalent,
            drills: self
                .run
                .drills
                .iter()
                .map(|drill| name_of(drill).to_owned())
                .collect(),
            idle_waivers: if is_whole {
                waived.idle(&waivers_used)
            } else {
                Vec::new()
            },
        })
    }

    /// What becomes of a mutant, whatever waivers say.
    async fn fate(&self, mutant: &Mutant) -> Result<Fate> {
        let mut files = self.files.to_vec();
        for file in files.iter_mut().filter(|file| file.path == mutant.file) {
            file.text = mutant.applied_to(&file.text);
        }
        let only = self.rules_of_the_same_alert(mutant);
        // Most mutants are killed by when their alert fires: its words need not be known.
        let is_about_words = mutant.part.starts_with("annotations.");
        if !is_about_words {
            let evaluated = self.open.evaluate_only(&files, &only, true).await?;
            if self.is_without_effect(mutant, &evaluated) {
                return Ok(Fate::NoCoverage);
            }
            let wordless = self.with_mutant(mutant, &only, evaluated.said);
            if let Some(killed) = self.killed_by(&mutant.rule, &wordless) {
                return Ok(killed);
            }
        }
        let evaluated = self.open.evaluate_only(&files, &only, false).await?;
        let said = self.with_mutant(mutant, &only, evaluated.said);
        if let Some(killed) = self.killed_by(&mutant.rule, &said) {
            return Ok(killed);
        }
        let told_apart_by = self.told_apart_by(mutant, &said).await?;
        Ok(Fate::Survived { told_apart_by })
    }

    /// Whether the mutant's expression yields what its rule's does, at every evaluation.
    fn is_without_effect(&self, mutant: &Mutant, evaluated: &EvaluatedRules) -> bool {
        let at = place_of(mutant);
        let yielded_by = |vectors: &[RuleVector]| {
            let mut vectors = vectors.iter().filter(|vector| vector.rule == at);
            vectors.next().map(|vector| vector.fingerprint.clone())
        };
        let (rule, changed) = (yielded_by(&self.vectors), yielded_by(&evaluated.vectors));
        mutant.part == "expr" && rule.is_some() && rule == changed
    }

    /// What the rules said, with what the mutant's alert `said` in its place.
    fn with_mutant(&self, mutant: &Mutant, only: &[RuleAt], said: RulesSaid) -> RulesSaid {
        if only.is_empty() {
            said
        } else {
            self.with_one_alert_of(&mutant.rule, said)
        }
    }

    /// The rules to evaluate: all that have the mutant's alert, because their samples are told
    /// apart by its name alone; all that there are, if another rule reads what this one says.
    fn rules_of_the_same_alert(&self, mutant: &Mutant) -> Vec<RuleAt> {
        if self.reads_alerts {
            return Vec::new();
        }
        let rules = self.vectors.iter().zip(&self.said.rules);
        let same = rules.filter(|(_, rule)| rule.alert == mutant.rule);
        same.map(|(vector, _)| vector.rule.clone()).collect()
    }

    /// What the rules said, but of one alert: of that, what `one` says.
    fn with_one_alert_of(&self, alert: &str, one: RulesSaid) -> RulesSaid {
        let is_of = |labels: &Labels| labels.get("alertname").is_some_and(|name| name == alert);
        let RulesSaid {
            samples,
            sent,
            sick,
            unknown_metrics,
            ..
        } = &self.said;
        let mut said = RulesSaid {
            rules: one.rules,
            samples: samples
                .iter()
                .filter(|it| !is_of(&it.labels))
                .cloned()
                .collect(),
            sent: sent
                .iter()
                .filter(|it| !is_of(&it.labels))
                .cloned()
                .collect(),
            sick: sick
                .iter()
                .filter(|it| it.alert != alert)
                .cloned()
                .collect(),
            unknown_metrics: unknown_metrics
                .iter()
                .filter(|it| it.alert != alert)
                .cloned()
                .collect(),
            until: self.said.until,
        };
        said.samples.extend(one.samples);
        said.samples.sort_by_key(|sample| sample.at);
        said.sent
            .extend(one.sent.into_iter().filter(|it| is_of(&it.labels)));
        said.sick
            .extend(one.sick.into_iter().filter(|it| it.alert == alert));
        let unknown = one.unknown_metrics.into_iter();
        said.unknown_metrics
            .extend(unknown.filter(|it| it.alert == alert));
        said
    }

    /// The first drill that fails with what the mutant `said`. Those that are about its alert come
    /// first.
    fn killed_by(&self, alert: &str, said: &RulesSaid) -> Option<Fate> {
        let passing = self.passing.iter().copied();
        let (about, others): (Vec<_>, Vec<_>) = passing.partition(|it| is_about(it, alert));
        about.into_iter().chain(others).find_map(|recorded| {
            let verdict = ReplayedDrill::of(recorded, self.run, said).verdict;
            let reason = verdict
                .reasons
                .into_iter()
                .find(|it| it.kind.outcome() == Outcome::Fail);
            let reason = reason.filter(|_| verdict.outcome == Outcome::Fail)?;
            Some(Fate::Killed {
                drill: name_of(recorded).to_owned(),
                reason: reason.kind,
                message: reason.message,
            })
        })
    }

    /// What would tell a mutant that survived from its rule, in words.
    async fn told_apart_by(&self, mutant: &Mutant, said: &RulesSaid) -> Result<String> {
        if let Some(undecided) = self.undecided(&mutant.rule, said) {
            return Ok(undecided);
        }
        Ok(match mutant.part.as_str() {
            "expr" => self.first_difference(mutant, said).await?,
            "for" | "keep_firing_for" => format!(
                "a drill whose alert is right to wait for `{}` and wrong to wait for `{}`",
                mutant.original, mutant.replacement
            ),
            part if part.starts_with("labels.") => {
                format!(
                    "a drill that asks for the label {}",
                    &part["labels.".len()..]
                )
            }
            part => format!("a drill that asks for more of its words ({part})"),
        })
    }

    /// That a drill could not be decided by the recording with the mutant.
    fn undecided(&self, alert: &str, said: &RulesSaid) -> Option<String> {
        let passing = self.passing.iter().copied();
        let mut of_alert = passing.filter(|recorded| is_about(recorded, alert));
        of_alert.find_map(|recorded| {
            let verdict = ReplayedDrill::of(recorded, self.run, said).verdict;
            let mut reasons = verdict.reasons.iter();
            let reason = reasons.find(|reason| reason.kind == ReasonKind::NotRecorded)?;
            let (drill, why) = (name_of(recorded), &reason.message);
            Some(format!("a live run of {drill}: {why}"))
        })
    }

    /// The first evaluation at which the expressions yield different vectors.
    async fn first_difference(&self, mutant: &Mutant, said: &RulesSaid) -> Result<String> {
        let at = place_of(mutant);
        let number = self.vectors.iter().position(|vector| vector.rule == at);
        let query_in = |said: &RulesSaid| Some(said.rules.get(number?)?.query.clone());
        let (Some(rule), Some(changed)) = (query_in(&self.said), query_in(said)) else {
            return Ok("what reads its result".to_owned());
        };
        let recording = &self.open.recording;
        let mut groups = recording.groups.iter();
        let group = groups.find(|group| group.name == mutant.group);
        let interval_ms = group.map_or(15_000, |group| group.interval_ms.max(1));
        let every = std::time::Duration::from_millis(interval_ms);
        let span = (recording.from, recording.until);
        let replayer = &self.open.replayer;
        let of_rule = replayer.range(&rule, span, every).await?;
        let of_mutant = replayer.range(&changed, span, every).await?;
        let vectors = |all: Vec<alertdrill_engine::Series>| {
            let mut vectors = BTreeMap::<UtcInstant, BTreeMap<Labels, u64>>::new();
            for series in all {
                for (at, value) in series.values {
                    let vector = vectors.entry(at).or_default();
                    vector.insert(series.labels.clone(), value.to_bits());
                }
            }
            vectors
        };
        let (of_rule, of_mutant) = (vectors(of_rule), vectors(of_mutant));
        let instants: BTreeSet<_> = of_rule.keys().chain(of_mutant.keys()).copied().collect();
        let differs = |at: &UtcInstant| of_rule.get(at) != of_mutant.get(at);
        let Some(at) = instants.into_iter().find(differs) else {
            return Ok("an evaluation between those of the group".to_owned());
        };
        let shown = |vector: Option<&BTreeMap<Labels, u64>>| match vector {
            None => "nothing".to_owned(),
            Some(vector) => {
                let first = vector.iter().next();
                let first = first.map_or_else(String::new, |(labels, bits)| {
                    let value = f64::from_bits(*bits);
                    format!("{} = {value}", alertdrill_core::selector("", labels))
                });
                match vector.len() {
                    1 => first,
                    more => format!("{more} samples, {first} among them"),
                }
            }
        };
        Ok(format!(
            "what happens in {} at {at}: the rule yields {}, the mutant {}",
            self.drill_at(at, &mutant.rule),
            shown(of_rule.get(&at)),
            shown(of_mutant.get(&at)),
        ))
    }

    /// The drill that ran then; of several, one that is about that alert.
    fn drill_at(&self, at: UtcInstant, alert: &str) -> String {
        let running = self.run.drills.iter().filter(|recorded| {
            let DrillRecord { timeline, .. } = &recorded.record;
            let begun = timeline
                .first_fault()
                .is_some_and(|fault| fault.injected_at <= at);
            begun && at <= timeline.finished_at
        });
        let first = running
            .clone()
            .find(|recorded| is_about(recorded, alert))
            .or_else(|| running.clone().next());
        first.map_or_else(
            || "no drill".to_owned(),
            |recorded| name_of(recorded).to_owned(),
        )
    }
}

fn name_of(recorded: &RecordedDrill) -> &str {
    &recorded.record.drill.name
}

/// Whether the drill declares that alert.
fn is_about(recorded: &RecordedDrill, alert: &str) -> bool {
    let claims = recorded.record.drill.claims();
    claims.iter().any(|claim| claim.alert == alert)
}

fn place_of(mutant: &Mutant) -> RuleAt {
    RuleAt {
        group: mutant.group.clone(),
        index: mutant.index,
    }
}
