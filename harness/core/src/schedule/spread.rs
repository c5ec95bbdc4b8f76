//! Which of several stacks each drill runs on, so that the last of them ends soon.

use std::cmp::Reverse;
use std::time::Duration;

use super::turn::excludes;
use super::{Holdings, TimedDrill, holdings_of, places, simulate};
use crate::{Claim, Drill, Routes, Settings, share_an_alert};

/// How many drills of the stack that ends last are tried elsewhere: those that keep others waiting
/// the longest. Each try simulates two stacks.
const TRIED: usize = 12;

/// The stack of each of `drills`, counted from 0, if alerts are told by `routes`.
///
/// First each goes where those that it would have to wait for take the least time, the longest
/// drill before the others. Then the stacks are simulated: as long as the last one ends sooner
/// without one of its drills, the drill moves.
#[must_use]
pub fn spread(
    drills: &[TimedDrill],
    settings: &Settings,
    routes: Option<&Routes>,
    stacks: usize,
) -> Vec<usize> {
    let needs = drills
        .iter()
        .map(|timed| needs_on_each_lane(&timed.drill, settings))
        .collect();
    let line_up = LineUp {
        drills,
        needs,
        settings,
        routes,
    };
    let mut placed = line_up.placed_by_contention(stacks.max(1));
    let ends = |on: &Vec<usize>| line_up.ends_at(on);
    // What cannot be simulated has a mistake in it, which its run says.
    if let Some(mut ends) = placed.iter().map(ends).collect::<Option<Vec<_>>>() {
        while line_up.move_one(&mut placed, &mut ends) {}
    }
    let mut stack_of = vec![0; drills.len()];
    for (stack, on) in placed.iter().enumerate() {
        for &number in on {
            stack_of[number] = stack;
        }
    }
    stack_of
}

/// The drills, by their numbers, and what they go by.
struct LineUp<'a> {
    drills: &'a [TimedDrill],
    needs: Vec<Vec<Needs>>,
    settings: &'a Settings,
    routes: Option<&'a Routes>,
}

impl LineUp<'_> {
    /// The drills of each stack.
    fn placed_by_contention(&self, stacks: usize) -> Vec<Vec<usize>> {
        let mut longest_first: Vec<_> = (0..self.drills.len()).collect();
        longest_first.sort_by_key(|&number| Reverse(self.drills[number].estimate));
        let mut placed = vec![Vec::new(); stacks];
        for number in longest_first {
            let load = |on: &Vec<usize>| -> Load {
                let all = on.iter().map(|&other| self.drills[other].estimate);
                (self.waits_for(number, on), all.sum())
            };
            if let Some(least) = placed.iter_mut().min_by_key(|on| load(on)) {
                least.push(number);
            }
        }
        placed
    }

    /// How long a drill would have to wait for `others`, if they ran one after the other.
    fn waits_for(&self, number: usize, others: &[usize]) -> Duration {
        let others = others.iter().filter(|&&other| other != number);
        let waits = others.map(|&other| {
            let contention = contention(&self.needs[number], &self.needs[other]);
            self.drills[other].estimate.mul_f64(contention)
        });
        waits.sum()
    }

    /// When the last of these drills has ended; `None` if one has a mistake in it.
    fn ends_at(&self, on: &[usize]) -> Option<Duration> {
        let timed = on.iter().map(|&number| self.drills[number].clone());
        let slots = simulate(&timed.collect::<Vec<_>>(), self.settings, self.routes).ok()?;
        let ends = slots.iter().map(|slot| slot.until);
        Some(ends.max().unwrap_or_default())
    }

    /// Moves that drill of the stack that ends last elsewhere which makes the most of it; false if
    /// none does.
    fn move_one(&self, placed: &mut [Vec<usize>], ends: &mut [Duration]) -> bool {
        let latest = (0..ends.len()).max_by_key(|&stack| ends[stack]);
        let Some(last) = latest else {
            return false;
        };
        let mut tried = placed[last].clone();
        let kept_waiting = |&number: &usize| self.waits_for(number, &placed[last]);
        tried.sort_by_cached_key(|number| Reverse(kept_waiting(number)));
        tried.truncate(TRIED);
        let others = (0..placed.len()).filter(|&stack| stack != last);
        let moves = others.flat_map(|to| tried.iter().map(move |&number| (number, to)));
        let outcomes = moves.filter_map(|(number, to)| {
            let mut left = placed[last].clone();
            left.retain(|&other| other != number);
            let joined = [&placed[to][..], &[number]].concat();
            let ends = [self.ends_at(&left)?, self.ends_at(&joined)?];
            Some((ends, number, to))
        });
        let best = outcomes.min_by_key(|(ends, ..)| ends.iter().max().copied());
        let Some(([left, joined], number, to)) = best else {
            return false;
        };
        if left.max(joined) >= ends[last] {
            return false;
        }
        placed[last].retain(|&other| other != number);
        placed[to].push(number);
        (ends[last], ends[to]) = (left, joined);
        true
    }
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
    use crate::{ExpectedAlert, Fault};

    /// On which of `stacks` each drill runs, by name and stack.
    fn spread_over(stacks: usize, drills: &[(u64, Drill)]) -> Vec<(String, usize)> {
        let timed = drills.iter().map(|(duration_s, drill)| {
            let lasts = Duration::from_secs(*duration_s);
            TimedDrill {
                drill: drill.clone(),
                estimate: lasts,
                mended_after: lasts,
                lasts,
            }
        });
        let timed: Vec<_> = timed.collect();
        let stacks = spread(&timed, &Settings::example(), None, stacks);
        let names = drills.iter().map(|(_, drill)| drill.name.clone());
        names.zip(stacks).collect()
    }

    fn breaks(name: &str, service: &str) -> Drill {
        Drill::new(name, Fault::stop(service))
    }

    #[test]
    fn drill_moves_behind_one_that_gives_back_long_before_its_end() {
        let timed = |name: &str, mended_s, lasts_s| {
            let alert = ExpectedAlert::new(name, "critical", Duration::from_secs(60));
            let lasts = Duration::from_secs(lasts_s);
            TimedDrill {
                drill: breaks(name, "kafka").expect_alert(alert),
                estimate: lasts,
                mended_after: Duration::from_secs(mended_s),
                lasts,
            }
        };
        let drills = [
            timed("resolves_late", 10, 100),
            timed("second", 90, 90),
            timed("third", 80, 80),
        ];
        // Both others take less time than the first one, so that the third went to the second.
        let stacks = spread(&drills, &Settings::example(), None, 2);
        assert_eq!(stacks, [0, 1, 0]);
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
        assert!(spread(&[], &Settings::example(), None, 2).is_empty());
    }
}
