//! The way from an exchange to the broker: `FeedHandlerDown`, which has two causes.

use alertdrill::prelude::*;
use serde_json::json;

use super::k2::{EXPORTER, HANDLER, exchange, no_trade_is_lost_or_doubled, seconds};

const GONE: &str = "up{job=\"feed-handler\", exchange=\"{lane}\"} == 0";

pub(super) fn drills() -> Vec<Drill> {
    vec![
        feed_handler_stopped(),
        feed_handler_gone_for_90_s(),
        feed_handler_back_in_time(),
        feed_handler_flapping(),
        feed_handler_crashed(),
        feed_handler_silent(),
        feed_silent_for_less_than_two_minutes(),
        feed_handler_cut_off(),
    ]
}

/// The container is stopped: its scrape target is gone.
fn feed_handler_stopped() -> Drill {
    Drill::new("feed_handler_stopped", Fault::stop(HANDLER)).expect_alert(handler_gone(120))
}

/// Long enough for the rule's `for`, and not for half as much again.
fn feed_handler_gone_for_90_s() -> Drill {
    Drill::new("feed_handler_gone_for_90_s", Fault::stop(HANDLER)).expect_alert(handler_gone(90))
}

fn handler_gone(deadline_s: u64) -> ExpectedAlert {
    ExpectedAlert::new("FeedHandlerDown", "critical", seconds(deadline_s))
        .label("exchange", "{lane}")
        .label("cause", "handler_gone")
        .when(GONE)
}

/// Down for longer than two thirds of the rule's `for`, and back before its end.
fn feed_handler_back_in_time() -> Drill {
    let alert = SilentAlert::new("FeedHandlerDown")
        .label("exchange", "{lane}")
        .near(GONE, seconds(30))
        .hold(seconds(40));
    Drill::new("feed_handler_back_in_time", Fault::stop(HANDLER)).silent(alert)
}

/// Every other scrape fails: of the two, one is always while it stands still.
fn feed_handler_flapping() -> Drill {
    let fault = Fault::flap(HANDLER, seconds(20), seconds(10));
    let flaps = "changes(up{job=\"feed-handler\", exchange=\"{lane}\"}[1m]) >= 2";
    let alert = SilentAlert::new("FeedHandlerDown")
        .label("exchange", "{lane}")
        .near(flaps, seconds(90))
        .hold(seconds(60));
    Drill::new("feed_handler_flapping", fault)
        .silent(alert)
        .afterwards(no_trade_is_lost_or_doubled("{lane}"))
}

/// It ends with code 1, and the restart policy starts it again.
fn feed_handler_crashed() -> Drill {
    Drill::new("feed_handler_crashed", Fault::kill(HANDLER, "SIGUSR1"))
        .shared(EXPORTER)
        .silent(
            SilentAlert::new("FeedHandlerDown")
                .label("exchange", "{lane}")
                .hold(seconds(5)),
        )
        .silent(SilentAlert::new("ServiceOOMKill").label("service", HANDLER))
        .afterwards(no_trade_is_lost_or_doubled("{lane}"))
}

/// The exchange keeps the connection and sends nothing: two minutes, and what scrape (with its
/// time-out) and evaluation take.
fn feed_handler_silent() -> Drill {
    Drill::new(
        "feed_handler_silent",
        exchange("sends nothing", &[(json!({"mode": "silent"}), 0)]),
    )
    .expect_alert(feed_silent())
}

fn feed_silent() -> ExpectedAlert {
    ExpectedAlert::new("FeedHandlerDown", "critical", seconds(121 + 15 + 5 + 5))
        .label("exchange", "{lane}")
        .label("cause", "feed_silent")
        .when("time() - feed_handler_last_message_timestamp{exchange=\"{lane}\"} > 120")
        .onset(seconds(119), seconds(121))
}

/// Silent for longer than two thirds of two minutes; a scrape later the metric may show 15 s more
/// than there was.
fn feed_silent_for_less_than_two_minutes() -> Drill {
    let near = "time() - feed_handler_last_message_timestamp{exchange=\"{lane}\"} > 80";
    let alert = SilentAlert::new("FeedHandlerDown")
        .label("exchange", "{lane}")
        .near(near, seconds(90))
        .hold(seconds(15));
    Drill::new(
        "feed_silent_for_less_than_two_minutes",
        exchange("sends nothing", &[(json!({"mode": "silent"}), 0)]),
    )
    .silent(alert)
}

/// It receives, and cannot produce: a message counts when the broker has acknowledged it.
fn feed_handler_cut_off() -> Drill {
    let fault = Fault::cut_off(HANDLER, "broker");
    Drill::new("feed_handler_cut_off", fault)
        .expect_alert(feed_silent().recovery(seconds(30)))
        .tolerate(
            "MVProcessingDelay",
            &[("exchange", "{lane}")],
            "what the handler kept back is late when it arrives",
        )
        .afterwards(no_trade_is_lost_or_doubled("{lane}"))
}
