//! The servers that evaluate alerting rules and notify people of alerts, and the observer that
//! watches both during drills.
//!
//! Observation never guesses: a query without an answer is an error and never means "no alert".

mod alertmanager;
mod alertmanager_alone;
mod by_labels;
mod clock_check;
mod expressions;
mod grafana;
mod http;
mod notifier;
mod observation;
mod observer;
mod panels;
mod prometheus;
mod repetitions;
pub mod replay;
mod rule_engine;
mod sink;
mod term_decisions;
mod vmalert;

pub use alertmanager::Alertmanager;
pub use alertmanager_alone::AlertmanagerAlone;
pub use by_labels::ByLabels;
pub use clock_check::{ClockCheck, ClockReading};
pub use expressions::expression_histories;
pub use grafana::Grafana;
pub use http::Locate;
pub use notifier::{AlertmanagerWithSink, NobodyIsTold, Notifier};
pub use observation::Observation;
pub use observer::{Answering, Observer, Watched};
pub use panels::board_history;
pub use prometheus::{Prometheus, WrittenOffsets};
pub use rule_engine::{
    AlertSeries, Evaluated, Evaluations, Ranges, RuleEngine, Series, condition_spans,
};
pub use sink::{NotificationSink, answers_well, serve_sink};
pub use term_decisions::term_decisions;
pub use vmalert::VmAlert;
