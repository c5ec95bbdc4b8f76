//! What a terminal shows of the mutants of rules: those that want something, and the totals.

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

#[cfg(test)]
pub(super) mod tests {
    use alertdrill_core::{Mutant, Place, ReasonKind, RefusedMutant, RulesFile};

    use super::*;

    fn judged(id: &str, line: usize, says: &str, fate: Fate) -> JudgedMutant {
        let mutant = Mutant {
            id: id.to_owned(),
            mutator: "comparison".to_owned(),
            file: "rules.yml".to_owned(),
            group: "g".to_owned(),
            index: 0,
            rule: "ApiDown".to_owned(),
            part: "expr".to_owned(),
            start: Place { line, column: 14 },
            end: Place { line, column: 16 },
            start_byte: 40,
            end_byte: 42,
            original: "==".to_owned(),
            replacement: "!=".to_owned(),
            says: says.to_owned(),
        };
        JudgedMutant { mutant, fate }
    }

    /// A run with a mutant of each fate.
    pub(in crate::sinks) fn example_run() -> MutationRun {
        let killed = Fate::Killed {
            drill: "api_stopped".to_owned(),
            reason: ReasonKind::Missed,
            message: "it did not fire".to_owned(),
        };
        let survived = Fate::Survived {
            told_apart_by: "a drill whose alert is right to wait for `1m`".to_owned(),
        };
        let waived = Fate::Waived {
            reason: "no metric is ever just 0.5".to_owned(),
        };
        MutationRun {
            files: vec![RulesFile {
                path: "rules.yml".to_owned(),
                text: "groups: []\n".to_owned(),
            }],
            judged: vec![
                judged("A/expr/1", 5, "`==` becomes `!=`", killed),
                judged("A/for/2", 6, "`for` becomes `30s`", survived),
                judged("A/expr/3", 5, "`0` becomes `1`", Fate::NoCoverage),
                judged("A/expr/4", 5, "`>` becomes `>=`", waived),
            ],
            refused: vec![RefusedMutant {
                id: "A/expr/5".to_owned(),
                mutator: "side".to_owned(),
                rule: "ApiDown".to_owned(),
                says: "the left side is removed".to_owned(),
                error: "parse error".to_owned(),
            }],
            equivalent: 3,
            drills: vec!["api_stopped".to_owned()],
            idle_waivers: vec!["B/*".to_owned()],
        }
    }

    #[test]
    fn what_wants_a_drill_or_a_reason_is_shown_with_its_place_and_then_the_totals() {
        insta::assert_snapshot!(mutation_text(&example_run()), @r"
        rules.yml:6:14: ApiDown: survived: `for` becomes `30s`
          A/for/2
          told apart by a drill whose alert is right to wait for `1m`
        rules.yml:5:14: ApiDown: no coverage: `0` becomes `1`
          A/expr/3
          no drill makes its expression yield anything else
        waives nothing: B/*: its mutants are killed, or there are none
        1 of 3 mutants are killed (33 %); 1 survived, 1 have no coverage, 1 are waived; left out: 3 that mean the same, 1 that Prometheus does not load
        ");
    }

    #[test]
    fn waived_mutants_do_not_count_in_the_score() {
        assert_eq!(example_run().killed_of(), (1, 3));
        assert_eq!(MutationRun::default().score_percent(), None);
    }
}
