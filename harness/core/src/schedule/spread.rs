//! Which of several stacks each drill runs on, so that few wait for each other.

use std::cmp::Reverse;
use std::time::Duration;

use super::turn::excludes;
use super::{Holdings, holdings_of, places};
use crate::{Claim, Drill, Settings, share_an_alert};

/// The stack of each of `drills`, which take about so long, counted from 0. The longest drill is
/// placed first; each goes where those that it would have to wait for take the least time.
#[must_use]
pub fn spread(drills: &[(Duration, &Drill)], settings: &Settings, stacks: usize) -> Vec<usize> {
    let needs: Vec<_> = drills
        .iter()
        .map(|(_, drill)| needs_on_each_lane(drill, settings))
        .collect();
    let mut longest_first: Vec<_> = (0..drills.len()).collect();
    longest_first.sort_by_key(|&number| Reverse(drills[number].0));
    let mut stack_of = vec![0; drills.len()];
    let mut placed: Vec<Vec<usize>> = vec![Vec::new(); stacks.max(1)];
    for number in longest_first {
        let waits_for = |others: &Vec<usize>| -> Load {
            let waits = others.iter().map(|&other| {
                drills[other]
                    .0
                    .mul_f64(contention(&needs[number], &needs[other]))
            });
            let all = others.iter().map(|&other| drills[other].0);
            (waits.sum(), all.sum())
        };
        let least = placed.iter().enumerate();
        let least = least.min_by_key(|(_, others)| waits_for(others));
        let stack = least.map_or(0, |(stack, _)| stack);
        placed[stack].push(number);
        stack_of[number] = stack;
    }
    stack_of
}

/// How long the drills of a stack take that one would have to wait for, and all of its drills.
type Load = (Duration, Duration);

/// What a drill needs for itself where it runs: what it holds, and the alerts that are its own.
struct Needs {
    holdings: Holdings,
    claims: Vec<Claim>,
}

/// What a drill needs on each lane that it may take. What is wrong with it, its run says.
fn needs_on_each_lane(drill: &Drill, settings: &Settings) -> Vec<Needs> {
    let needs = |drill: &Drill, holdings| Needs {
        holdings,
        claims: drill.claims(),
    };
    match places(drill, settings) {
        Ok(places) => {
            let places = places.into_iter();
            places
                .map(|place| needs(&place.drill, place.holdings))
                .collect()
        }
        Err(_) => vec![needs(drill, holdings_of(drill, settings))],
    }
}

/// How likely it is that two drills cannot run at once, each on any of its lanes: from 0 to 1.
fn contention(one: &[Needs], other: &[Needs]) -> f64 {
    let pairs = one
        .iter()
        .flat_map(|needs| other.iter().map(move |theirs| (needs, theirs)));
    let excluding = pairs.filter(|(needs, theirs)| {
        excludes(&needs.holdings, &theirs.holdings) || share_an_alert(&needs.claims, &theirs.claims)
    });
    let excluding = excluding.count();
    #[expect(clippy::cast_precision_loss, reason = "some dozens of lanes")]
    let [excluding, all] = [excluding, one.len() * other.len()].map(|count| count as f64);
    excluding / all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fault;

    /// On which of `stacks` each drill runs, by name and stack.
    fn spread_over(stacks: usize, drills: &[(u64, Drill)]) -> Vec<(String, usize)> {
        let timed = drills
            .iter()
            .map(|(duration_s, drill)| (Duration::from_secs(*duration_s), drill));
        let timed: Vec<_> = timed.collect();
        let stacks = spread(&timed, &Settings::example(), stacks);
        let names = drills.iter().map(|(_, drill)| drill.name.clone());
        names.zip(stacks).collect()
    }

    fn breaks(name: &str, service: &str) -> Drill {
        Drill::new(name, Fault::stop(service))
    }

    #[test]
    fn drills_that_keep_each_other_out_run_on_different_stacks() {
        let drills = [
            (200, breaks("broker", "kafka")),
            (150, breaks("broker_again", "kafka")),
            (100, breaks("a_lane", "handler-{lane}")),
        ];
        let wanted = [("broker", 0), ("broker_again", 1), ("a_lane", 1)];
        assert_eq!(
            spread_over(2, &drills),
            wanted.map(|(name, on)| (name.to_owned(), on))
        );
    }

    #[test]
    fn drill_waits_less_for_those_that_have_other_lanes_to_take() {
        // On the first stack two long drills share the lanes, on the second one nobody passes.
        let drills = [
            (300, breaks("a_lane", "handler-{lane}")),
            (250, breaks("broker", "kafka")),
            (200, breaks("another_lane", "handler-{lane}")),
        ];
        let wanted = [("a_lane", 0), ("broker", 1), ("another_lane", 0)];
        assert_eq!(
            spread_over(2, &drills),
            wanted.map(|(name, on)| (name.to_owned(), on))
        );
    }

    #[test]
    fn one_stack_has_all_drills_and_a_drill_with_a_mistake_has_a_stack_too() {
        let drills = [
            (1, breaks("a", "kafka")),
            (2, breaks("b", "no-such-service")),
        ];
        let wanted = [("a", 0), ("b", 0)].map(|(name, on)| (name.to_owned(), on));
        assert_eq!(spread_over(1, &drills), wanted);
        assert!(spread_over(3, &drills).iter().all(|(_, on)| *on < 3));
        assert!(spread(&[], &Settings::example(), 2).is_empty());
    }
}
