use std::time::{Duration, Instant};

use alertdrill_core::plan::Plan;
use alertdrill_core::{Drill, ExpectedAlert, Fault, LoadedRule, Routes, Settings};

use super::*;
use crate::board::Forecast;

fn moment() -> Moment {
    Moment {
        at: Instant::now() + Duration::from_secs(3600),
        clock: "2026-11-27T14:01:00[UTC]".parse().unwrap(),
    }
}

fn names(count: usize) -> Vec<String> {
    let numbered = (1..=count).map(|number| format!("drill_{number}"));
    numbered.collect()
}

const BAR: WindowBar = WindowBar {
    now_s: 45.0,
    window_s: Some([60.0, 85.0]),
    deadline_s: 120.0,
};

/// So many drills: two run, one has failed, two have passed, one could not be tested.
fn board(drills: usize, now: &Moment) -> Board {
    let mut board = Board::default();
    let running = ["feed_handler_stopped", "offload_failing"].map(ToOwned::to_owned);
    let done = ["mv_delayed", "target_lost", "lag", "out_of_memory"].map(ToOwned::to_owned);
    board.announce(running.into_iter().chain(done));
    board.announce(names(drills - 6));
    for (name, outcome) in [
        ("target_lost", Outcome::Pass),
        ("mv_delayed", Outcome::Fail),
        ("lag", Outcome::Pass),
        ("out_of_memory", Outcome::Error),
    ] {
        board.begin(name, None, String::new());
        board.end(name, outcome);
    }
    begin(&mut board, "feed_handler_stopped", Some("okx"), 75, now);
    begin(&mut board, "offload_failing", None, 8, now);
    let state = "+45 s: FeedHandlerDown is pending, at most 75 s more";
    let awaited = "waiting for its alerts".to_owned();
    board.show("feed_handler_stopped", awaited, state.to_owned(), Some(BAR));
    let steady = "waiting for steady state".to_owned();
    board.show(
        "offload_failing",
        steady,
        "awaited: the offload keeps up".into(),
        None,
    );
    board
}

fn begin(board: &mut Board, name: &str, lane: Option<&str>, seconds: u64, now: &Moment) {
    board.begin(name, lane, format!("{name}'s service stopped"));
    let drill = board.running.last_mut().unwrap();
    drill.since = now.at.checked_sub(Duration::from_secs(seconds)).unwrap();
}

fn seen(board: &Board, now: &Moment, lines: usize, columns: usize) -> String {
    let lines = board.lines(now, Size { lines, columns });
    let text = lines.join("\n");
    let plain = anstream::adapter::strip_str(&text).to_string();
    for line in plain.lines() {
        assert!(measure_text_width(line) <= columns, "{line}");
    }
    plain
}

#[test]
fn wide_terminal_shows_what_runs_waits_and_is_done_and_the_totals() {
    let now = moment();
    insta::assert_snapshot!(seen(&board(9, &now), &now, 50, 160), @r"
    running   1:15  feed_handler_stopped  [---------●--=====------!]  +45 s: FeedHandlerDown is pending, at most 75 s more (okx: feed_handler_stopped's service sto…
              0:08  offload_failing                                   waiting for steady state: awaited: the offload keeps up (offload_failing's service stopped)
    waiting  drill_1, drill_2, drill_3
    done     failed: mv_delayed; could not be tested: out_of_memory; passed: target_lost, lag
    9 drills: 2 passed, 1 failed, 1 could not be tested, 2 running, 3 waiting
    ");
}

#[test]
fn usual_terminal_has_shorter_bars_and_keeps_the_totals() {
    let now = moment();
    insta::assert_snapshot!(seen(&board(34, &now), &now, 24, 80), @r"
    running   1:15  feed_handler_stopped  [----●-===--!]  +45 s: FeedHandlerDown is…
              0:08  offload_failing       waiting for steady state: awaited: the of…
    waiting  drill_1, drill_2, drill_3, drill_4, drill_5, drill_6, drill_7, drill_8…
    done     failed: mv_delayed; could not be tested: out_of_memory; passed: target…
    34 drills: 2 passed, 1 failed, 1 could not be tested, 2 running, 28 waiting
    ");
}

#[test]
fn narrow_terminal_keeps_what_failed() {
    let now = moment();
    insta::assert_snapshot!(seen(&board(9, &now), &now, 24, 40), @r"
     1:15  feed_handler…  +45 s: FeedHandle…
     0:08  offload_fail…  waiting for stead…
    drill_1, drill_2, drill_3
    failed: mv_delayed; could not be tested…
    1 failed, 3 waiting
    ");
}

#[test]
fn low_terminal_keeps_the_totals_and_counts_what_it_does_not_show() {
    let (now, mut board) = (moment(), Board::default());
    board.announce(names(12));
    for name in names(9) {
        begin(&mut board, &name, None, 5, &now);
    }
    insta::assert_snapshot!(seen(&board, &now, 6, 80), @r"
    running   0:05  drill_1
              0:05  drill_2
             … and 7 more
    waiting  drill_10, drill_11, drill_12
    12 drills: 0 passed, 0 failed, 9 running, 3 waiting
    ");
}

#[test]
fn what_is_known_before_the_end_of_a_drill_stays_on_its_line() {
    let now = moment();
    let mut board = board(9, &now);
    board.so_far("feed_handler_stopped", "fired as it must, +61.2 s".into());
    let ends = "waiting for the end of its alerts".to_owned();
    board.show("feed_handler_stopped", ends, "still firing".into(), None);
    let seen = seen(&board, &now, 24, 160);
    let line = "fired as it must, +61.2 s; waiting for the end of its alerts";
    assert!(seen.contains(line), "{seen}");
}

#[test]
fn stack_has_a_line_while_the_drills_wait_for_it() {
    let (now, mut board) = (moment(), Board::default());
    board.announce(names(3));
    let step = board.add_step("stack", "starting its services".into());
    board.show_step(step, "8 of 13 are healthy".into());
    board.steps.get_mut(&step).unwrap().since =
        now.at.checked_sub(Duration::from_secs(20)).unwrap();
    insta::assert_snapshot!(seen(&board, &now, 24, 80), @r"
    running   0:20  stack  starting its services: 8 of 13 are healthy
    waiting  drill_1, drill_2, drill_3
    3 drills: 0 passed, 0 failed, 0 running, 3 waiting
    ");
}

#[test]
fn board_is_empty_once_the_last_drill_has_ended() {
    let mut board = Board::default();
    assert!(board.is_empty());
    board.announce(names(1));
    assert!(!board.is_empty());
    board.begin("drill_1", None, String::new());
    assert!(!board.is_empty());
    board.end("drill_1", Outcome::Pass);
    assert!(board.is_empty());
}

fn rule(alert: &str) -> LoadedRule {
    LoadedRule {
        for_duration: Duration::from_secs(60),
        ..LoadedRule::example(alert)
    }
}

fn forecast() -> Forecast {
    let drill = |name: &str| {
        let alert = ExpectedAlert::new(name, "critical", Duration::from_secs(120));
        Drill::new(name, Fault::stop("kafka")).expect_alert(alert)
    };
    let drills = names(3);
    let plan = Plan {
        drills: drills.iter().map(|name| drill(name)).collect(),
        waivers: vec![],
    };
    let rules: Vec<_> = drills.iter().map(|name| rule(name)).collect();
    let routes = Routes::telling("pager");
    Forecast::of(&plan, &Settings::example(), &rules, Some(&routes))
}

#[test]
fn end_is_expected_by_the_clock_and_by_the_time_left() {
    let (now, mut board) = (moment(), Board::default());
    board.announce(names(3));
    assert_eq!(board.standing(&now).unwrap(), "0 of 3 done");
    board.forecast(forecast());
    begin(&mut board, "drill_1", None, 30, &now);
    insta::assert_snapshot!(seen(&board, &now, 24, 100), @r"
    running   0:30  drill_1
    waiting  drill_2, drill_3
    3 drills: 0 passed, 0 failed, 1 running, 2 waiting; ends about 14:06, in 6 min
    ");
    let standing = board.standing(&now).unwrap();
    assert_eq!(standing, "0 of 3 done, ends about 14:06, in 6 min");
}

#[test]
fn expected_end_of_a_run_comes_nearer_as_the_clock_goes_on() {
    let (now, mut board) = (moment(), Board::default());
    board.announce(names(3));
    board.forecast(forecast());
    begin(&mut board, "drill_1", None, 30, &now);
    let first = board.left(&now).unwrap();
    let later = |seconds| Moment {
        at: now.at + Duration::from_secs(seconds),
        ..now.clone()
    };
    for passed in [3, 20] {
        let left = board.left(&later(passed)).unwrap();
        assert_eq!(left + Duration::from_secs(passed), first);
    }
}

#[test]
fn sign_of_life_names_what_runs_and_for_how_long() {
    let now = moment();
    insta::assert_snapshot!(board(9, &now).sign_of_life(&now), @r"
    still running: feed_handler_stopped for 1:15: waiting for its alerts; offload_failing for 0:08: waiting for steady state (4 of 9 done)
    ");
}

#[test]
fn drill_alone_needs_no_totals() {
    let (now, mut board) = (moment(), Board::default());
    board.announce(names(1));
    begin(&mut board, "drill_1", None, 5, &now);
    assert_eq!(board.standing(&now), None);
    insta::assert_snapshot!(seen(&board, &now, 24, 80), @r"
    running   0:05  drill_1
    ");
}
