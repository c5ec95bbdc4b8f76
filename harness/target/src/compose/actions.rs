//! What can be done to a container of the project, and seen of it. Doing it twice does no harm.

use std::time::Duration;

use alertdrill_core::{Ended, Error, Result, ServiceState, Target, Topics, causes};
use async_trait::async_trait;
use bollard::container::LogOutput;
use bollard::errors::Error as DockerError;
use bollard::exec::StartExecResults;
use bollard::models::{
    EndpointSettings, ExecConfig, NetworkConnectRequest, NetworkDisconnectRequest,
};
use bollard::query_parameters::{
    KillContainerOptionsBuilder, LogsOptionsBuilder, RestartContainerOptions,
    StartContainerOptions, StopContainerOptions,
};
use futures_util::TryStreamExt;
use serde_json::Value;

use super::command::last_lines;
use super::containers::{Containers, USUAL_GRACE_PERIOD};
use super::docker::docker_failed;
use super::secrets;

/// How long a service may take to answer what is posted to it.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

#[async_trait]
impl Target for Containers {
    async fn state(&self, service: &str) -> Result<ServiceState> {
        Ok(self.state_of(service, self.inspect(service).await?))
    }

    async fn stop(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let stopped = self
            .docker()
            .stop_container(&id, None::<StopContainerOptions>)
            .await;
        stopped
            .or_else(already_so)
            .map_err(docker_failed(format!("stop {service}")))
    }

    async fn start(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let started = self
            .docker()
            .start_container(&id, None::<StartContainerOptions>)
            .await;
        started
            .or_else(already_so)
            .map_err(docker_failed(format!("start {service}")))
    }

    async fn restart(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let restarted = self
            .docker()
            .restart_container(&id, None::<RestartContainerOptions>)
            .await;
        restarted.map_err(docker_failed(format!("restart {service}")))
    }

    async fn signal(&self, service: &str, signal: &str) -> Result<()> {
        let id = self.id(service).await?;
        let options = KillContainerOptionsBuilder::default()
            .signal(signal)
            .build();
        let killed = self.docker().kill_container(&id, Some(options)).await;
        killed
            .or_else(in_no_state_for_it)
            .map_err(docker_failed(format!("send {signal} to {service}")))
    }

    async fn pause(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let paused = self.docker().pause_container(&id).await;
        paused
            .or_else(in_no_state_for_it)
            .map_err(docker_failed(format!("pause {service}")))
    }

    async fn resume(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let resumed = self.docker().unpause_container(&id).await;
        resumed
            .or_else(in_no_state_for_it)
            .map_err(docker_failed(format!("resume {service}")))
    }

    async fn disconnect(&self, service: &str, network: &str) -> Result<()> {
        if !self.state(service).await?.networks.contains(network) {
            return Ok(());
        }
        let request = NetworkDisconnectRequest {
            container: self.id(service).await?,
            force: Some(true),
        };
        let cut = self
            .docker()
            .disconnect_network(&self.network_id(network), request)
            .await;
        cut.map_err(docker_failed(format!(
            "take {service} off the network {network}"
        )))
    }

    async fn connect(&self, service: &str, network: &str) -> Result<()> {
        if self.state(service).await?.networks.contains(network) {
            return Ok(());
        }
        let endpoint = EndpointSettings {
            aliases: Some(vec![service.to_owned()]),
            ..EndpointSettings::default()
        };
        let request = NetworkConnectRequest {
            container: self.id(service).await?,
            endpoint_config: Some(endpoint),
        };
        match self
            .docker()
            .connect_network(&self.network_id(network), request)
            .await
        {
            Err(DockerError::DockerResponseServerError {
                status_code: 404,
                message,
            }) if message.contains("network") => Err(Error::NoSuchNetwork {
                network: network.to_owned(),
                project: self.project().to_owned(),
            }),
            connected => connected.map_err(docker_failed(format!(
                "put {service} on the network {network}"
            ))),
        }
    }

    async fn run(&self, service: &str, user: Option<&str>, command: &[String]) -> Result<Ended> {
        let id = self.id(service).await?;
        let words = command.to_vec();
        let attempted = format!("run `{}` in {service}", words.join(" "));
        let docker = || docker_failed(attempted.clone());
        let options = ExecConfig {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            user: user.map(str::to_owned),
            cmd: Some(words),
            ..ExecConfig::default()
        };
        let exec = self
            .docker()
            .create_exec(&id, options)
            .await
            .map_err(docker())?
            .id;
        let (mut printed, mut complaints) = (String::new(), String::new());
        if let StartExecResults::Attached { mut output, .. } = self
            .docker()
            .start_exec(&exec, None)
            .await
            .map_err(docker())?
        {
            while let Some(chunk) = output.try_next().await.map_err(docker())? {
                match chunk {
                    LogOutput::StdErr { message } => {
                        complaints += &String::from_utf8_lossy(&message)
                    }
                    other => printed += &other.to_string(),
                }
            }
        }
        // None if the container went down with the command still in it.
        let code = self
            .docker()
            .inspect_exec(&exec)
            .await
            .map_err(docker())?
            .exit_code
            .unwrap_or(-1);
        Ok(Ended {
            code,
            printed,
            complaints,
        })
    }

    async fn post(&self, service: &str, port: u16, path: &str, body: &Value) -> Result<()> {
        let address = self.address(service, port).await?;
        let attempted = format!("post {body} to {path} of {service}");
        let no_answer = |error: reqwest::Error| Error::NoAnswer {
            attempted: attempted.clone(),
            reason: causes(&error),
        };
        let url = format!("http://{address}{path}");
        let request = reqwest::Client::new()
            .post(url)
            .timeout(ANSWER_WITHIN)
            .json(body);
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        let said = response.text().await.map_err(no_answer)?;
        let reason = format!("it answered {status}: {}", said.trim());
        Err(Error::NoAnswer { attempted, reason })
    }

    async fn stop_grace_period(&self, service: &str) -> Result<Duration> {
        let own = self
            .inspect(service)
            .await?
            .config
            .and_then(|config| config.stop_timeout);
        Ok(own
            .and_then(|seconds| seconds.try_into().ok())
            .map_or(USUAL_GRACE_PERIOD, Duration::from_secs))
    }

    async fn last_log_lines(&self, service: &str) -> Result<String> {
        let id = self.id(service).await?;
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .tail("25")
            .build();
        let chunks: Vec<_> = self
            .docker()
            .logs(&id, Some(options))
            .try_collect()
            .await
            .map_err(docker_failed(format!("read the log of {service}")))?;
        let text: String = chunks.iter().map(ToString::to_string).collect();
        let environment = self
            .inspect(service)
            .await?
            .config
            .and_then(|config| config.env)
            .unwrap_or_default();
        let lines: Vec<_> = secrets::hide(&text, &environment)
            .lines()
            .map(str::to_owned)
            .collect();
        Ok(last_lines(&lines))
    }

    fn topics(&self) -> Option<&dyn Topics> {
        self.message_broker()
    }
}

/// The engine answers 304 where there was nothing to do.
fn already_so(error: DockerError) -> std::result::Result<(), DockerError> {
    match error {
        DockerError::DockerResponseServerError {
            status_code: 304, ..
        } => Ok(()),
        other => Err(other),
    }
}

/// The engine answers 409, or 500 (20.10), where a container does not run, or is or is not paused.
fn in_no_state_for_it(error: DockerError) -> std::result::Result<(), DockerError> {
    let words = ["is not running", "is already paused", "is not paused"];
    match error {
        DockerError::DockerResponseServerError {
            status_code: 409 | 500,
            ref message,
        } if words.iter().any(|words| message.contains(words)) => Ok(()),
        other => Err(other),
    }
}
