use std::collections::BTreeSet;

use super::*;
use crate::{ExpectedAlert, Fault};

fn timed(drill: Drill, mended_after_s: u64, lasts_s: u64) -> TimedDrill {
    let [mended_after, lasts] = [mended_after_s, lasts_s].map(Duration::from_secs);
    TimedDrill {
        drill,
        estimate: lasts,
        mended_after,
        lasts,
    }
}

fn on_lane(name: &str, mended_after_s: u64, lasts_s: u64) -> TimedDrill {
    let alert = ExpectedAlert::new(name, "critical", Duration::from_secs(1));
    timed(
        Drill::new(name, Fault::stop("handler-{lane}")).expect_alert(alert),
        mended_after_s,
        lasts_s,
    )
}

type Simulated = (String, Option<String>, u64, u64);

fn simulated(drills: &[TimedDrill]) -> Vec<Simulated> {
    let slots = simulate(drills, &Settings::example(), None).unwrap();
    let seconds = |slot: &Slot| (slot.from.as_secs(), slot.until.as_secs());
    let simulated = slots.into_iter().map(|slot| {
        let (from_s, until_s) = seconds(&slot);
        (slot.drill, slot.lane, from_s, until_s)
    });
    simulated.collect()
}

fn slot(drill: &str, lane: Option<&str>, from_s: u64, until_s: u64) -> Simulated {
    (drill.to_owned(), lane.map(str::to_owned), from_s, until_s)
}

#[test]
fn third_drill_on_two_lanes_goes_when_the_first_lane_is_mended_and_not_when_its_drill_ends() {
    let slots = simulated(&[
        on_lane("short", 10, 30),
        on_lane("long", 50, 100),
        on_lane("longer", 60, 200),
    ]);
    let (longer, long) = (
        slot("longer", Some("binance"), 0, 200),
        slot("long", Some("okx"), 0, 100),
    );
    assert_eq!(slots, [longer, long, slot("short", Some("okx"), 50, 80)]);
}

#[test]
fn drill_that_keeps_others_out_goes_first_and_alone() {
    let broker = timed(Drill::new("broker", Fault::restart("kafka")), 10, 20);
    let slots = simulated(&[on_lane("lane", 10, 30), broker]);
    assert_eq!(
        slots,
        [
            slot("broker", None, 0, 20),
            slot("lane", Some("binance"), 20, 50)
        ]
    );
}

#[test]
fn drills_that_answer_for_the_same_alert_wait_for_each_others_end() {
    let slots = simulated(&[
        on_lane("a", 10, 30),
        TimedDrill {
            estimate: Duration::from_secs(1),
            ..on_lane("a", 10, 40)
        },
    ]);
    assert_eq!(slots.iter().map(|slot| slot.2).collect::<Vec<_>>(), [0, 30]);
}

fn underway(timed: TimedDrill, lane: Option<&str>, taken_s: u64) -> Underway {
    Underway {
        timed,
        lane: lane.map(str::to_owned),
        taken: Duration::from_secs(taken_s),
    }
}

fn left_s(underway: &[Underway], waiting: &[TimedDrill]) -> u64 {
    let left = time_left(underway, waiting, &Settings::example(), None);
    left.unwrap().as_secs()
}

#[test]
fn run_that_has_not_begun_takes_as_long_as_it_is_simulated_to_take() {
    let drills = [on_lane("short", 10, 30), on_lane("long", 50, 100)];
    assert_eq!(left_s(&[], &drills), 100);
    assert_eq!(left_s(&[], &[]), 0);
}

#[test]
fn waiting_drill_goes_when_a_running_one_has_mended_its_lane() {
    let running = [
        underway(on_lane("a", 50, 100), Some("binance"), 40),
        underway(on_lane("b", 70, 90), Some("okx"), 20),
    ];
    assert_eq!(left_s(&running, &[]), 70);
    assert_eq!(left_s(&running, &[on_lane("c", 50, 80)]), 10 + 80);
}

#[test]
fn lane_that_is_mended_already_is_free() {
    let running = [
        underway(on_lane("a", 50, 100), Some("binance"), 60),
        underway(on_lane("b", 70, 90), Some("okx"), 20),
    ];
    assert_eq!(left_s(&running, &[on_lane("c", 50, 80)]), 80);
}

#[test]
fn drill_that_takes_longer_than_it_should_ends_soon_and_holds_nobody_up_for_ever() {
    let running = [underway(on_lane("a", 10, 30), Some("okx"), 500)];
    assert_eq!(left_s(&running, &[]), 10);
    let broker = timed(Drill::new("broker", Fault::restart("kafka")), 10, 20);
    assert_eq!(left_s(&running, &[broker]), 10 + 20);
}

fn numbered(number: usize, on: usize, mended_after_s: u64, lasts_s: u64) -> TimedDrill {
    let on = ["handler-{lane}", "kafka", "minio", "prometheus", "sink"][on];
    let alert = format!("alert-{number}");
    let alert = ExpectedAlert::new(alert, "critical", Duration::from_secs(1));
    let drill = Drill::new(format!("drill-{number}"), Fault::stop(on)).expect_alert(alert);
    timed(drill, mended_after_s, lasts_s)
}

proptest::proptest! {
    /// No lane has two drills before it is mended, and all drills take no longer than one
    /// after the other.
    #[test]
    fn each_drill_runs_once_and_on_a_lane_that_is_mended(
        plan in proptest::collection::vec((0..5_usize, 1..50_u64, 0..50_u64), 1..12)
    ) {
        let plan = plan.into_iter().enumerate();
        let drills: Vec<_> = plan.map(|(number, (on, mended_after_s, more_s))| {
            numbered(number, on, mended_after_s, mended_after_s + more_s)
        }).collect();
        let slots = simulate(&drills, &Settings::example(), None).unwrap();
        let is_of = |timed: &&TimedDrill, slot: &Slot| timed.drill.name == slot.drill;
        let lasts = |slot: &Slot| drills.iter().find(|timed| is_of(timed, slot)).unwrap();
        let names: BTreeSet<_> = slots.iter().map(|slot| &slot.drill).collect();
        proptest::prop_assert_eq!(names.len(), drills.len());
        proptest::prop_assert_eq!(slots.len(), drills.len());
        let on_lanes = slots.iter().enumerate().filter(|(_, slot)| slot.lane.is_some());
        for (number, slot) in on_lanes {
            let mended_at = slot.from + lasts(slot).mended_after;
            let next = slots[number + 1..].iter().find(|next| next.lane == slot.lane);
            proptest::prop_assert!(next.is_none_or(|next| next.from >= mended_at));
        }
        let end = slots.iter().map(|slot| slot.until).max().unwrap();
        let left = time_left(&[], &drills, &Settings::example(), None).unwrap();
        proptest::prop_assert_eq!(left, end);
        let one_by_one: Duration = drills.iter().map(|timed| timed.lasts).sum();
        proptest::prop_assert!(end <= one_by_one);
    }
}
