//! Grafana: writes onto its dashboards when each fault was in effect.

use serde_json::json;

use crate::http::Api;
use alertdrill_core::{DrillRecord, FaultRecord, Outcome, Result, UtcInstant};

/// The tag by which a dashboard finds the annotations.
const TAG: &str = "alertdrill";

/// A client of Grafana's HTTP API
/// (<https://grafana.com/docs/grafana/v11.5/developers/http_api/annotations/>).
#[derive(Clone, Debug)]
pub struct Grafana {
    api: Api,
}

impl Grafana {
    /// A client of the server at `address` (host and port), which must let anybody annotate.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            api: Api::new("Grafana", address),
        }
    }

    /// Annotates when each fault of a drill was in effect, with the drill's outcome.
    ///
    /// # Errors
    /// [`alertdrill_core::Error::NoAnswer`].
    pub async fn annotate(&self, record: &DrillRecord, outcome: Outcome) -> Result<()> {
        for fault in &record.timeline.faults {
            let annotation = annotation(&record.drill.name, fault, outcome);
            self.api.send_json("/api/annotations", &annotation).await?;
        }
        Ok(())
    }
}

/// Instants are in milliseconds of the epoch; a fault that was not reverted has no end.
fn annotation(drill: &str, fault: &FaultRecord, outcome: Outcome) -> serde_json::Value {
    // Grafana takes whole numbers only.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 are far below 2^53"
    )]
    let epoch_ms = |at: UtcInstant| (at.epoch_s() * 1000.0).round() as i64;
    json!({
        "time": epoch_ms(fault.injected_at),
        "timeEnd": fault.reverted_at.map(epoch_ms),
        "tags": [TAG, drill, outcome],
        "text": format!("{drill}: {}", fault.fault),
    })
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::{body_json, method, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;
    use alertdrill_core::{Drill, Fault, RECORD_SCHEMA_VERSION, Timeline};

    #[tokio::test]
    async fn each_fault_of_a_drill_is_written_down_with_its_beginning_and_its_end() {
        let at = |second: f64| UtcInstant::from_epoch_s(1_763_876_500.0 + second).unwrap();
        let fault = Fault::stop("feed-handler-okx");
        let broken = FaultRecord {
            fault: fault.clone(),
            injected_at: at(0.0),
            effect_at: Some(at(0.5)),
            reverting_at: Some(at(88.0)),
            reverted_at: Some(at(88.5)),
        };
        let timeline = Timeline {
            faults: vec![broken],
            ..Timeline::begun("feed_handler_stopped", at(0.0))
        };
        let drill = Drill::new("feed_handler_stopped", fault);
        let record = DrillRecord {
            schema_version: RECORD_SCHEMA_VERSION,
            drill,
            lane: None,
            timeline,
        };
        let wanted = json!({
            "time": 1_763_876_500_000_i64,
            "timeEnd": 1_763_876_588_500_i64,
            "tags": ["alertdrill", "feed_handler_stopped", "pass"],
            "text": "feed_handler_stopped: feed-handler-okx stopped",
        });
        let server = MockServer::start().await;
        let taken = Mock::given(method("POST"))
            .and(path("/api/annotations"))
            .and(body_json(wanted));
        taken
            .respond_with(ResponseTemplate::new(200))
            .expect(1)
            .mount(&server)
            .await;
        Grafana::new(&server.address().to_string())
            .annotate(&record, Outcome::Pass)
            .await
            .unwrap();
    }
}
