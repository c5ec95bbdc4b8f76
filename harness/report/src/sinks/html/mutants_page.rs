//! The page of mutants: per rule how many the drills kill, and each mutant with its mistake and what
//! became of it.

use askama::Template;

use alertdrill_core::{Error, Fate, JudgedMutant, Mutant, MutationRun, Result};

/// At most so many mutants that want something are shown with their details at once.
const OPEN_AT_ONCE: usize = 12;

/// The page of a run of mutants.
///
/// # Errors
/// [`Error::BadDescription`] if the template cannot be rendered.
pub fn mutants_page(run: &MutationRun) -> Result<String> {
    let rendered = MutantsPage::of(run).render();
    rendered.map_err(|error| Error::BadDescription {
        what: "the page of the mutants".to_owned(),
        reason: error.to_string(),
    })
}

#[derive(Template)]
#[template(path = "mutants.html")]
struct MutantsPage<'a> {
    score: String,
    killed: usize,
    counted: usize,
    counts: Vec<FateCount>,
    rules: Vec<RuleRow<'a>>,
    rows: Vec<MutantRow<'a>>,
    equivalent: u64,
    refused: usize,
    idle_waivers: &'a [String],
}

struct FateCount {
    look: &'static Look,
    mutants: usize,
}

/// How a fate is shown.
struct Look {
    class: &'static str,
    sign: &'static str,
    words: &'static str,
    meaning: &'static str,
}

/// What wants something comes first.
const LOOKS: [Look; 4] = [
    Look {
        class: "survived",
        sign: "✗",
        words: "survived",
        meaning: "it yields something else, or a field is another; no drill fails",
    },
    Look {
        class: "no-coverage",
        sign: "○",
        words: "no coverage",
        meaning: "its expression yields the same at every evaluation",
    },
    Look {
        class: "killed",
        sign: "✓",
        words: "killed",
        meaning: "a drill that passes with the rules fails with the mutant",
    },
    Look {
        class: "waived",
        sign: "–",
        words: "waived",
        meaning: "it is not killed, and somebody said why that is no harm",
    },
];

fn look_of(fate: &Fate) -> &'static Look {
    let [survived, no_coverage, killed, waived] = &LOOKS;
    match fate {
        Fate::Survived { .. } => survived,
        Fate::NoCoverage => no_coverage,
        Fate::Killed { .. } => killed,
        Fate::Waived { .. } => waived,
    }
}

/// A rule, and what became of its mutants.
struct RuleRow<'a> {
    file: &'a str,
    name: &'a str,
    killed: usize,
    counted: usize,
    /// The names of those that want a drill or a reason.
    open: Vec<&'a str>,
}

impl RuleRow<'_> {
    fn percent(&self) -> usize {
        (100 * self.killed).checked_div(self.counted).unwrap_or(100)
    }
}

struct MutantRow<'a> {
    mutant: &'a Mutant,
    look: &'static Look,
    /// The lines in which the mistake is, without it.
    before: Vec<String>,
    /// The same with it.
    after: Vec<String>,
    why: String,
    is_wanting: bool,
    is_open: bool,
}

impl<'a> MutantsPage<'a> {
    fn of(run: &'a MutationRun) -> Self {
        let (killed, counted) = run.killed_of();
        let mut judged: Vec<_> = run.judged.iter().collect();
        judged.sort_by_key(|judged| !judged.fate.is_open());
        let rows = judged.into_iter().enumerate();
        Self {
            score: run
                .score_percent()
                .map_or_else(|| "–".to_owned(), |score| format!("{score:.0} %")),
            killed,
            counted,
            counts: LOOKS.iter().map(|look| count(look, run)).collect(),
            rules: rules(run),
            rows: rows
                .map(|(number, judged)| row(judged, run, number < OPEN_AT_ONCE))
                .collect(),
            equivalent: run.equivalent,
            refused: run.refused.len(),
            idle_waivers: &run.idle_waivers,
        }
    }
}

fn count(look: &'static Look, run: &MutationRun) -> FateCount {
    let is_so = |judged: &&JudgedMutant| look_of(&judged.fate).class == look.class;
    FateCount {
        look,
        mutants: run.judged.iter().filter(is_so).count(),
    }
}

/// The rules in the order of their places.
fn rules(run: &MutationRun) -> Vec<RuleRow<'_>> {
    let mut rules: Vec<RuleRow<'_>> = Vec::new();
    for JudgedMutant { mutant, fate } in &run.judged {
        let is_it = |row: &RuleRow<'_>| row.file == mutant.file && row.name == mutant.rule;
        let place = rules.iter().position(is_it).unwrap_or_else(|| {
            rules.push(RuleRow {
                file: &mutant.file,
                name: &mutant.rule,
                killed: 0,
                counted: 0,
                open: Vec::new(),
            });
            rules.len() - 1
        });
        let row = &mut rules[place];
        row.killed += usize::from(matches!(fate, Fate::Killed { .. }));
        row.counted += usize::from(!matches!(fate, Fate::Waived { .. }));
        if fate.is_open() {
            row.open.push(&mutant.id);
        }
    }
    rules
}

fn row<'a>(judged: &'a JudgedMutant, run: &MutationRun, may_be_open: bool) -> MutantRow<'a> {
    let JudgedMutant { mutant, fate } = judged;
    let file = run.files.iter().find(|file| file.path == mutant.file);
    let text = file.map_or("", |file| &file.text);
    let changed = mutant.applied_to(text);
    let (from, until) = (mutant.start.line, mutant.end.line);
    let until_changed = (until + changed.lines().count()).saturating_sub(text.lines().count());
    MutantRow {
        mutant,
        look: look_of(fate),
        before: lines(text, from, until),
        after: lines(&changed, from, until_changed),
        why: why(fate),
        is_wanting: fate.is_open(),
        is_open: fate.is_open() && may_be_open,
    }
}

/// Lines of `text`, counted from one, both included.
fn lines(text: &str, from: usize, until: usize) -> Vec<String> {
    let lines = text.lines().skip(from.saturating_sub(1));
    let lines = lines.take((until + 1).saturating_sub(from));
    lines.map(str::to_owned).collect()
}

fn why(fate: &Fate) -> String {
    match fate {
        Fate::Killed {
            drill,
            reason,
            message,
        } => format!("The drill {drill} fails with it ({reason}): {message}"),
        Fate::Survived { told_apart_by } => {
            format!("No drill fails with it. It is told apart by {told_apart_by}.")
        }
        Fate::NoCoverage => "No drill makes its expression yield anything else.".to_owned(),
        Fate::Waived { reason } => format!("No drill fails with it, and that is no harm: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::mutation_text::tests::example_run;

    const RULES: &str = "\
groups:
  - name: g
    rules:
      - alert: ApiDown
        expr: up == 0 < \"</script>\"
        for: 1m
";

    fn page() -> String {
        let mut run = example_run();
        run.files[0].text = RULES.to_owned();
        for judged in &mut run.judged {
            let at = RULES.find("==").unwrap();
            (judged.mutant.start_byte, judged.mutant.end_byte) = (at, at + 2);
            (judged.mutant.start.line, judged.mutant.end.line) = (5, 5);
        }
        mutants_page(&run).unwrap()
    }

    #[test]
    fn each_mutant_shows_its_line_without_the_mistake_and_with_it_and_what_became_of_it() {
        let page = page();
        for shown in [
            "<b>33 %</b> 1 of 3 killed",
            "<b class=\"survived\">survived</b> ApiDown",
            "<del>        expr: up == 0",
            "<ins>        expr: up != 0",
            "The drill api_stopped fails with it (missed): it did not fire",
            "- mutant: A/for/2\n",
            "href=\"#drill=A/expr/3\"",
            "The waiver of <code>B/*</code> waives nothing",
        ] {
            assert!(page.contains(shown), "{shown}\n{page}");
        }
    }

    #[test]
    fn those_that_want_something_come_first_and_are_open() {
        let page = page();
        let place = |id: &str| page.find(&format!("data-name=\"{id}\"")).unwrap();
        assert!(place("A/for/2") < place("A/expr/1"));
        assert!(page.contains("data-name=\"A/for/2\" open"));
        assert!(!page.contains("data-name=\"A/expr/4\" open"));
    }

    #[test]
    fn nothing_that_a_rule_says_becomes_markup() {
        assert_eq!(page().matches("</script>").count(), 1);
    }
}
