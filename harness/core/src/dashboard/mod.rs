//! What an operator sees: a Grafana dashboard, what its panels showed during a run, and which
//! drills moved them.
//!
//! All of it is pure; the engine asks Prometheus for the history.

mod concerns;
mod history;
mod metrics_read;
mod model;
mod movement;
mod unknown_metrics;

pub use concerns::Concerns;
pub use history::{BoardHistory, PanelHistory, PanelState, Sampling, SeriesHistory};
pub use metrics_read::metrics_read;
pub use model::{Dashboard, Panel, PanelQuery};
pub use movement::{Disturbance, moved_panels};
pub use unknown_metrics::{UnknownMetric, unknown_metrics};
