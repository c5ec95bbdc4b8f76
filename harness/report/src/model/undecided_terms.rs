//! Which terms of the rules no drill decides.

use alertdrill_core::promql::deciding_terms_of;
use alertdrill_core::{LoadedRule, TermDecision, Waiver};

/// The terms that no drill decides both ways and that no waiver excuses: one of the term, or of its
/// whole rule.
#[must_use]
pub fn undecided<'a>(terms: &'a [TermDecision], waivers: &[Waiver]) -> Vec<&'a TermDecision> {
    let excuses = |waiver: &Waiver, term: &str| {
        let of_the_rule = term.strip_prefix(waiver.rule.as_str());
        waiver.rule == term || of_the_rule.is_some_and(|rest| rest.starts_with(": "))
    };
    let is_waived = |term: &TermDecision| waivers.iter().any(|waiver| excuses(waiver, &term.term));
    let unseen = terms.iter().filter(|term| !term.is_seen());
    unseen.filter(|term| !is_waived(term)).collect()
}

/// The term, and what no drill showed of it, in words.
#[must_use]
pub fn undecided_text(term: &TermDecision) -> String {
    let what = match (&term.unknown, &term.true_in, &term.false_in) {
        (Some(reason), _, _) => format!("not known: {reason}"),
        (None, None, None) => "in no drill does the alert hang on it".to_owned(),
        (None, None, Some(_)) => "in no drill would the alert be gone without it".to_owned(),
        (None, Some(_), _) => "in no drill does it alone keep the alert away".to_owned(),
    };
    format!("{}: {what}", term.term)
}

/// The names of the terms of `rules`, as waivers name them.
pub fn term_names(rules: &[LoadedRule]) -> impl Iterator<Item = String> {
    let drilled = rules.iter().filter(|rule| !rule.is_watchdog);
    drilled.flat_map(|rule| {
        let name = rule.name_among(rules);
        let terms = deciding_terms_of(&rule.query).unwrap_or_default();
        let named = move |term| format!("{name}: {term}");
        terms.into_iter().map(|term| term.term).map(named)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(name: &str, true_in: bool, false_in: bool) -> TermDecision {
        let drill = |there: bool| there.then(|| "x".to_owned());
        TermDecision {
            term: name.to_owned(),
            true_in: drill(true_in),
            false_in: drill(false_in),
            unknown: None,
        }
    }

    #[test]
    fn term_that_is_not_seen_both_ways_is_undecided_unless_it_is_waived() {
        let terms = [
            term("A: both", true, true),
            term("A: true", true, false),
            term("A: false", false, true),
            term("A: waived", false, false),
            term("B: of a waived rule", false, false),
        ];
        let waivers = ["A: waived", "B"].map(|rule| Waiver {
            rule: rule.to_owned(),
            reason: "known".to_owned(),
        });
        let said: Vec<_> = undecided(&terms, &waivers)
            .into_iter()
            .map(undecided_text)
            .collect();
        assert_eq!(
            said,
            [
                "A: true: in no drill does it alone keep the alert away",
                "A: false: in no drill would the alert be gone without it"
            ]
        );
    }

    #[test]
    fn term_is_named_after_its_rule() {
        let rules = [LoadedRule::example("Down")];
        assert_eq!(term_names(&rules).collect::<Vec<_>>(), ["Down: up == 0"]);
    }
}
