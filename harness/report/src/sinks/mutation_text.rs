//! What a terminal shows of the mutants of rules: those that want something, and one line of totals.

use std::fmt::Write as _;

use alertdrill_core::{Fate, JudgedMutant, MutationRun};

/// The mutants that no drill kills and nobody waives, by place, then the totals.
#[must_use]
pub fn mutation_text(run: &MutationRun) -> String {
    let mut text = String::new();
    for judged in run.open() {
        let _ = writeln!(text, "{}", open_mutant(judged));
    }
    for idle in &run.idle_waivers {
        let _ = writeln!(
            text,
            "waives nothing: {idle}: its mutants are killed, or there are none"
        );
    }
    text + &totals(run)
}

fn open_mutant(JudgedMutant { mutant, fate }: &JudgedMutant) -> String {
    let place = mutant.start;
    let (what, hint) = match fate {
        Fate::NoCoverage => (
            "no coverage",
            "no drill makes its expression yield anything else".to_owned(),
        ),
        Fate::Survived { told_apart_by } => ("survived", format!("told apart by {told_apart_by}")),
        Fate::Killed { .. } | Fate::Waived { .. } => return String::new(),
    };
    format!(
        "{}:{}:{}: {}: {what}: {}\n  {}\n  {hint}",
        mutant.file, place.line, place.column, mutant.rule, mutant.says, mutant.id
    )
}

fn totals(run: &MutationRun) -> String {
    let count = |wanted: fn(&Fate) -> bool| {
        run.judged
            .iter()
            .filter(|judged| wanted(&judged.fate))
            .count()
    };
    let (killed, counted) = run.killed_of();
    let score = run.score_percent();
    let score = score.map_or_else(String::new, |score| format!(" ({score:.0} %)"));
    format!(
        "{killed} of {counted} mutants are killed{score}; {} survived, {} have no coverage, {} are \
         waived; left out: {} that mean the same, {} that Prometheus does not load",
        count(|fate| matches!(fate, Fate::Survived { .. })),
        count(|fate| matches!(fate, Fate::NoCoverage)),
        count(|fate| matches!(fate, Fate::Waived { .. })),
        run.equivalent,
        run.refused.len()
    )
}
