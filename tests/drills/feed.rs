//! The way from an exchange to the broker: `FeedHandlerDown`, which has two causes.

use std::time::Duration;

use alertdrill::prelude::*;
use serde_json::json;

use super::k2::{
    EXPORTER, HANDLER, deadline_after, each_trade_arrives_once, exchange, seconds, two_thirds_of,
};

const GONE: &str = "up{job=\"feed-handler\", exchange=\"{lane}\"} == 0";
const FLAPS: &str = "changes(up{job=\"feed-handler\", exchange=\"{lane}\"}[1m]) >= 2";

pub(super) fn drills() -> Vec<Drill> {
    vec![
        // The container is stopped, so its scrape target is gone.
        Drill::new("feed_handler_stopped", Fault::stop(HANDLER))
            .expect_alert(handler_gone("{lane}", 120)),
        // It is down for the rule's `for`, and for less than half as long again.
        Drill::new("feed_handler_gone_for_100_s", Fault::stop(HANDLER))
            .expect_alert(handler_gone("{lane}", 100)),
        // It is down for more than two thirds of the rule's `for`, and back before its end.
        Drill::new("feed_handler_back_in_time", Fault::stop(HANDLER)).silent(
            stays_silent()
                .near(GONE, seconds(30))
                // Three scrapes fail, as for `target_back_in_time`.
                .hold(seconds(35))
                .too_near(GONE, seconds(60)),
        ),
        // Of two scrapes at least one falls into a pause of 20 s and fails.
        Drill::new(
            "feed_handler_flapping",
            Fault::flap(HANDLER, seconds(20), seconds(10)),
        )
        .silent(
            stays_silent()
                .near(FLAPS, seconds(90))
                .hold(seconds(60))
                .too_near(GONE, seconds(60)),
        )
        .afterwards(each_trade_arrives_once("{lane}")),
        // It ends with code 1, and the restart policy starts it again.
        Drill::new("feed_handler_crashed", Fault::kill(HANDLER, "SIGUSR1"))
            .shared(EXPORTER)
            .silent(stays_silent().hold(seconds(5)).too_near(GONE, seconds(60)))
            .silent(SilentAlert::new("ServiceOOMKill").label("service", HANDLER))
            .afterwards(each_trade_arrives_once("{lane}")),
        // The exchange keeps the connection open and sends nothing, and goes on so for minutes.
        Drill::new("feed_handler_silent", sends_nothing())
            .expect_alert(feed_silent("{lane}").held_for(seconds(120))),
        // It sends nothing for more than two thirds of two minutes. When a scrape is late, the
        // metric shows up to 15 s more than that.
        Drill::new("feed_silent_for_less_than_two_minutes", sends_nothing()).silent(
            stays_silent()
                .near(silent_for(80), seconds(90))
                .hold(seconds(15))
                .too_near(silent_for(120), seconds(0)),
        ),
        // The handler receives but cannot produce. It counts a message once the broker has
        // acknowledged it.
        Drill::new("feed_handler_cut_off", Fault::cut_off(HANDLER, "broker"))
            .expect_alert(feed_silent("{lane}").recovery(seconds(30)))
            .tolerate(
                "MVProcessingDelay",
                &[("exchange", "{lane}")],
                "what the handler kept back is late when it arrives",
            )
            .afterwards(each_trade_arrives_once("{lane}")),
    ]
}

fn sends_nothing() -> Fault {
    exchange("sends nothing", json!({"mode": "silent"}))
}

fn silent_for(s: u64) -> String {
    exchange_silent_for("{lane}", s)
}

fn exchange_silent_for(exchange: &str, s: u64) -> String {
    format!("time() - feed_handler_last_message_timestamp{{exchange=\"{exchange}\"}} > {s}")
}

/// The condition is the promise: there is nothing to wait for after the 120 s.
pub(super) fn feed_silent(exchange: &str) -> ExpectedAlert {
    handler_down("feed_silent", exchange, deadline_after(121))
        .when(exchange_silent_for(exchange, 120))
        .onset(seconds(119), seconds(121))
}

pub(super) fn handler_gone(exchange: &str, deadline_s: u64) -> ExpectedAlert {
    handler_down("handler_gone", exchange, seconds(deadline_s))
        .when(GONE.replace("{lane}", exchange))
        .not_before(two_thirds_of(60))
}

fn handler_down(cause: &str, exchange: &str, deadline: Duration) -> ExpectedAlert {
    ExpectedAlert::new("FeedHandlerDown", "critical", deadline)
        .label("exchange", exchange)
        .label("cause", cause)
}

fn stays_silent() -> SilentAlert {
    SilentAlert::new("FeedHandlerDown").label("exchange", "{lane}")
}
