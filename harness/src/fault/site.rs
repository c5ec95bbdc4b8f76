//! Where faults are injected, and how it is reached.

use std::time::Duration;

use reqwest::Client;
use serde_json::Value;

use crate::error::causes;
use crate::stack::{ContainerState, Containers};
use crate::{Error, Result};

/// How long the engine may take for what it was told.
pub(super) const SEEN_WITHIN: Duration = Duration::from_secs(30);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The stack as faults see it.
#[derive(Clone, Debug)]
pub struct Site {
    /// The containers of the stack, and no others.
    pub containers: Containers,
    /// Where a Kafka client on this machine connects to, if the stack has a broker.
    pub kafka_bootstrap: Option<String>,
}

impl Site {
    pub(super) fn kafka_bootstrap(&self) -> Result<&str> {
        self.kafka_bootstrap
            .as_deref()
            .ok_or_else(|| Error::BadDescription {
                what: "a fault on a Kafka topic".to_owned(),
                reason: "the stack has no broker that can be reached from here".to_owned(),
            })
    }

    /// Starts `service` if it does not run, and waits until it does. That it works again is for the
    /// steady state to say.
    ///
    /// After several crashes the restart policy waits for up to a minute: a container in that state
    /// is stopped first, for the engine takes it for one that runs.
    pub(super) async fn bring_back(&self, service: &str) -> Result<()> {
        if self.containers.state(service).await?.is_restarting() {
            self.containers.stop(service).await?;
        }
        self.containers.start(service).await?;
        self.containers
            .wait_for_state(service, "running", SEEN_WITHIN, ContainerState::is_running)
            .await
    }

    /// Posts JSON to a published port of `service`.
    pub(super) async fn post(
        &self,
        service: &str,
        port: u16,
        path: &str,
        body: &Value,
    ) -> Result<()> {
        let address = self.containers.address(service, port).await?;
        let attempted = format!("post {body} to {path} of {service}");
        let no_answer = |error: reqwest::Error| Error::NoAnswer {
            attempted: attempted.clone(),
            reason: causes(&error),
        };
        let request = Client::new()
            .post(format!("http://{address}{path}"))
            .timeout(ANSWER_WITHIN)
            .json(body);
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let said = response.text().await.map_err(no_answer)?;
        Err(Error::NoAnswer {
            attempted,
            reason: format!("it answered {status}: {}", said.trim()),
        })
    }
}
