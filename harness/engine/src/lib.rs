//! What evaluates alerting rules, who is told of alerts, and the observer that watches both during
//! drills.
//!
//! Observation never guesses: what was not answered is an error, not "nothing there".

mod alertmanager;
mod by_labels;
mod clock_check;
mod expressions;
mod grafana;
mod http;
mod notification_sink;
mod notifier;
mod observation;
mod observer;
mod panels;
mod prometheus;
mod rule_engine;

pub use alertmanager::Alertmanager;
pub use by_labels::ByLabels;
pub use clock_check::{ClockCheck, ClockReading};
pub use expressions::expression_histories;
pub use grafana::Grafana;
pub use http::Locate;
pub use notification_sink::NotificationSink;
pub use notifier::{AlertmanagerWithSink, Notifier};
pub use observation::Observation;
pub use observer::{Answering, Observer, Watched};
pub use panels::board_history;
pub use prometheus::Prometheus;
pub use rule_engine::{AlertSeries, Evaluated, RuleEngine, Series, condition_spans};
