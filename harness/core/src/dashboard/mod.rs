//! What an operator sees: a Grafana dashboard, what its panels showed during a run, and which
//! drills moved them.
//!
//! Everything here is pure; the engine asks Prometheus for the history.

mod concerns;
mod history;
mod model;
mod movement;
mod reads;
mod unknown;

pub use concerns::Concerns;
pub use history::{BoardHistory, PanelHistory, Sampling, SeriesHistory};
pub use model::{Dashboard, Panel, PanelQuery};
pub use movement::{Broken, moved_panels};
pub use reads::metrics_read;
pub use unknown::{UnknownMetric, unknown_metrics};
