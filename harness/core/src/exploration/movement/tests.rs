use proptest::prelude::*;

use super::*;
use crate::Labels;

/// A metric, the service that it is of, and its value at each step.
type Values<'a> = (&'a str, &'a str, &'a dyn Fn(usize) -> Option<f64>);

const STEADY_STEPS: usize = 40;
const FAULT: usize = 45;
const REVERT: usize = 55;

fn at(step: usize) -> UtcInstant {
    let step = u32::try_from(step).unwrap();
    UtcInstant::from_epoch_s(1_763_876_500.0 + 5.0 * f64::from(step)).unwrap()
}

fn table(series: &[Values<'_>]) -> SeriesTable {
    let series = series.iter().map(|(metric, instance, value)| TabledSeries {
        metric: (*metric).to_owned(),
        labels: [("instance".to_owned(), format!("{instance}:80"))].into(),
        values: (0..60).map(value).collect(),
    });
    SeriesTable {
        start: Some(at(0)),
        step: std::time::Duration::from_secs(5),
        series: series.collect(),
    }
}

fn moved(series: &[Values<'_>]) -> Vec<MovedSeries> {
    let spans = Spans {
        steady: (at(0), at(STEADY_STEPS)),
        broken: (at(FAULT), at(REVERT)),
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    moved_series(
        &table(series),
        spans,
        &names(&["api", "db", "prometheus"]),
        &names(&["prometheus"]),
    )
}

fn shown(moved: &[MovedSeries]) -> Vec<(&str, Movement)> {
    moved
        .iter()
        .map(|it| (it.metric.as_str(), it.how))
        .collect()
}

fn is_broken(step: usize) -> bool {
    (FAULT + 1..=REVERT).contains(&step)
}

/// Evenly spread numbers from 0 to 1, the same each time.
fn noise(seed: u64, step: usize) -> f64 {
    let mut state = seed ^ (step as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((state ^ (state >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[test]
fn state_that_changes_a_series_that_ends_and_one_that_begins_have_moved() {
    let up = |step: usize| Some(if is_broken(step) { 0.0 } else { 1.0 });
    let ends = |step: usize| (!is_broken(step)).then_some(7.0);
    let begins = |step: usize| is_broken(step).then_some(1.0);
    let moved = moved(&[
        ("errors", "db", &begins),
        ("queue_size", "api", &ends),
        ("up", "api", &up),
    ]);
    assert_eq!(
        shown(&moved),
        [
            ("up", Movement::Left),
            ("queue_size", Movement::Ended),
            ("errors", Movement::Began)
        ]
    );
    assert_eq!(moved[0].service.as_deref(), Some("api"));
    assert_eq!(
        (moved[0].steady, moved[0].came_to),
        (Some([1.0, 1.0]), Some(0.0))
    );
    assert_eq!(moved[0].at, at(FAULT + 1));
}

#[test]
fn counter_that_stands_still_or_rushes_has_moved_and_one_that_goes_on_has_not() {
    let goes_on = |step: usize| Some(10.0 * step as f64);
    let stalls = |step: usize| Some(10.0 * step.min(FAULT) as f64);
    let rushes = |step: usize| {
        let extra = step.saturating_sub(FAULT).min(REVERT - FAULT);
        Some(10.0 * step as f64 + 200.0 * extra as f64)
    };
    let moved = moved(&[
        ("steady_total", "api", &goes_on),
        ("stalled_total", "api", &stalls),
        ("rushing_total", "api", &rushes),
        ("last_message_timestamp", "db", &stalls),
    ]);
    let mut names: Vec<_> = moved.iter().map(|it| it.metric.as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["last_message_timestamp", "rushing_total", "stalled_total"]
    );
    assert!(moved.iter().all(|it| it.how == Movement::Pace));
}

#[test]
fn counter_that_begins_anew_at_the_same_pace_goes_on() {
    let anew = |step: usize| Some(10.0 * (step % 48) as f64);
    assert_eq!(shown(&moved(&[("requests_total", "api", &anew)])), []);
    let started = |step: usize| Some(if step > FAULT { 2_000.0 } else { 1_000.0 });
    let start = (
        "process_start_time_seconds",
        "api",
        &started as &dyn Fn(usize) -> _,
    );
    assert_eq!(moved(&[start]).len(), 1, "its start tells that");
}

#[test]
fn drift_and_a_single_sample_far_out_are_noise() {
    let drifts = |step: usize| Some(1_000.0 + 3.0 * step as f64 + noise(3, step) * 8.0);
    let once = |step: usize| {
        Some(if step == FAULT + 3 {
            90.0
        } else {
            5.0 + noise(4, step)
        })
    };
    assert_eq!(
        shown(&moved(&[
            ("memory", "api", &drifts),
            ("latency", "db", &once)
        ])),
        []
    );
}

#[test]
fn one_burst_of_what_is_counted_now_and_then_is_noise() {
    let counts = |step: usize| {
        let seldom = (step / 6) as f64;
        let burst = if step > FAULT + 2 { 12.0 } else { 0.0 };
        Some(seldom + burst)
    };
    assert_eq!(shown(&moved(&[("requests_total", "db", &counts)])), []);
}

#[test]
fn what_comes_and_goes_in_steady_state_is_no_witness() {
    let jumps = |step: usize| Some(if step % 20 > 14 { 50.0 } else { 1.0 });
    let gaps = |step: usize| (!step.is_multiple_of(7)).then_some(3.0);
    assert_eq!(
        shown(&moved(&[("batch", "api", &jumps), ("gaps", "db", &gaps)])),
        []
    );
}

#[test]
fn metrics_of_what_watches_are_left_out_but_for_whether_it_is_up() {
    let changes = |step: usize| Some(if is_broken(step) { 0.0 } else { 1.0 });
    let moved = moved(&[
        ("alerts_firing", "prometheus", &changes),
        ("up", "prometheus", &changes),
        ("scrape_duration_seconds", "api", &changes),
    ]);
    assert_eq!(shown(&moved), [("up", Movement::Left)]);
}

#[test]
fn series_that_moves_whatever_is_broken_is_no_witness_of_anything() {
    let series = |metric: &str| MovedSeries {
        metric: metric.to_owned(),
        labels: Labels::new(),
        service: None,
        how: Movement::Left,
        steady: Some([0.0, 0.0]),
        came_to: Some(1.0),
        at: at(FAULT),
        strength: 2.0,
    };
    let mut cells: Vec<_> = ["a", "b", "c", "d", "e", "f"]
        .map(|service| (service.to_owned(), vec![series("load")]))
        .into();
    cells[0].1.push(series("a_down"));
    let calm = without_restless(&cells);
    let left: Vec<_> = calm.iter().map(|moved| shown(moved)).collect();
    assert_eq!(left[0], [("a_down", Movement::Left)]);
    assert!(left[1..].iter().all(Vec::is_empty));
    let few = without_restless(&cells[..3]);
    assert_eq!(few[1].len(), 1, "three cells do not tell");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn noise_of_any_level_and_width_has_hardly_ever_moved(
        seed in any::<u64>(),
        level in -1e6_f64..1e6,
        width in 0.0_f64..1e6,
    ) {
        let mut false_alarms = 0;
        for number in 0..20 {
            let value = |step: usize| Some(level + width * noise(seed.wrapping_add(number), step));
            false_alarms += moved(&[("noise", "api", &value)]).len();
        }
        prop_assert!(false_alarms == 0, "{false_alarms} of 20");
    }

    #[test]
    fn level_that_leaves_its_noise_by_three_times_its_width_has_moved(
        seed in any::<u64>(),
        level in 1.0_f64..1e6,
        share in 0.001_f64..0.5,
        up in any::<bool>(),
    ) {
        let width = share * level;
        let jump = 3.0 * width + 0.3 * level;
        let jump = if up { jump } else { -jump };
        let value = |step: usize| {
            let jumped = if is_broken(step) { jump } else { 0.0 };
            Some(level + width * noise(seed, step) + jumped)
        };
        prop_assert_eq!(moved(&[("level", "api", &value)]).len(), 1);
    }

    #[test]
    fn no_values_whatever_make_it_fail(
        values in proptest::collection::vec(proptest::option::of(any::<f64>()), 60),
    ) {
        let value = |step: usize| values[step];
        for series in moved(&[("any", "api", &value)]) {
            prop_assert!(series.strength >= 0.0);
        }
    }
}
