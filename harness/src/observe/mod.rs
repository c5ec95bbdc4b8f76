//! What can be seen of a running stack, and how: clients of its servers, and the observer that
//! watches during a drill.
//!
//! Observation never guesses: what was not answered is an error, not "nothing there".

mod alertmanager;
mod by_labels;
mod clock;
mod expressions;
mod grafana;
mod http;
mod notification_sink;
mod observer;
mod panels;
mod prometheus;
mod topic;

pub use alertmanager::Alertmanager;
pub(crate) use alertmanager::routing_of;
pub use by_labels::ByLabels;
pub use clock::ClockCheck;
pub use expressions::expression_histories;
pub use grafana::Grafana;
pub use http::Locate;
pub use notification_sink::NotificationSink;
pub use observer::{Answering, Observation, Observer, Watched};
pub use panels::board_history;
pub(crate) use prometheus::prometheus_duration;
pub use prometheus::{AlertSeries, Prometheus, Series};
pub use topic::Topic;
