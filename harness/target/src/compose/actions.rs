//! The project's containers as the target of faults. Every action may be repeated without harm.

use std::time::Duration;

use alertdrill_core::{
    Attachment, CpuLimit, Ended, Error, Result, ServiceState, Target, Topics, causes,
};
use async_trait::async_trait;
use bollard::container::LogOutput;
use bollard::errors::Error as DockerError;
use bollard::exec::StartExecResults;
use bollard::models::{
    EndpointIpamConfig, EndpointSettings, ExecConfig, NetworkConnectRequest,
    NetworkDisconnectRequest,
};
use bollard::query_parameters::{
    KillContainerOptionsBuilder, LogsOptionsBuilder, RestartContainerOptions,
    StartContainerOptions, StatsOptionsBuilder, StopContainerOptions,
};
use futures_util::TryStreamExt;
use serde_json::Value;

use super::command::last_lines;
use super::containers::{Containers, USUAL_GRACE_PERIOD};
use super::cpu_limits::{limit_of, update_to};
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
        let options = None::<StopContainerOptions>;
        let stopped = self.docker().stop_container(&id, options).await;
        let stopped = stopped.or_else(nothing_to_do);
        stopped.map_err(docker_failed(format!("stop {service}")))
    }

    async fn start(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let options = None::<StartContainerOptions>;
        let started = self.docker().start_container(&id, options).await;
        let started = started.or_else(nothing_to_do);
        started.map_err(docker_failed(format!("start {service}")))
    }

    async fn restart(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let options = None::<RestartContainerOptions>;
        let restarted = self.docker().restart_container(&id, options).await;
        restarted.map_err(docker_failed(format!("restart {service}")))
    }

    async fn signal(&self, service: &str, signal: &str) -> Result<()> {
        let id = self.id(service).await?;
        let options = KillContainerOptionsBuilder::default()
            .signal(signal)
            .build();
        let killed = self.docker().kill_container(&id, Some(options)).await;
        let killed = killed.or_else(state_has_no_use_for_it);
        killed.map_err(docker_failed(format!("send {signal} to {service}")))
    }

    async fn pause(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let paused = self.docker().pause_container(&id).await;
        let paused = paused.or_else(state_has_no_use_for_it);
        paused.map_err(docker_failed(format!("pause {service}")))
    }

    async fn resume(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let resumed = self.docker().unpause_container(&id).await;
        let resumed = resumed.or_else(state_has_no_use_for_it);
        resumed.map_err(docker_failed(format!("resume {service}")))
    }

    async fn cpu_limit(&self, service: &str) -> Result<CpuLimit> {
        let host = self.inspect(service).await?.host_config;
        Ok(limit_of(&host.unwrap_or_default()))
    }

    async fn limit_cpu(&self, service: &str, limit: CpuLimit) -> Result<()> {
        let id = self.id(service).await?;
        let updated = self.docker().update_container(&id, update_to(limit)).await;
        updated.map_err(docker_failed(format!("limit the processors of {service}")))
    }

    async fn throttled_periods(&self, service: &str) -> Result<u64> {
        let id = self.id(service).await?;
        let options = StatsOptionsBuilder::default()
            .stream(false)
            .one_shot(true)
            .build();
        let mut stats = std::pin::pin!(self.docker().stats(&id, Some(options)));
        let stats = stats.try_next().await;
        let failed = docker_failed(format!("ask what {service} uses of the processors"));
        let throttling = stats.map_err(failed)?.and_then(|stats| stats.cpu_stats);
        let throttling = throttling.and_then(|cpu| cpu.throttling_data);
        Ok(throttling
            .and_then(|data| data.throttled_periods)
            .unwrap_or_default())
    }

    async fn disconnect(&self, service: &str, network: &str) -> Result<()> {
        if !self.state(service).await?.networks.contains_key(network) {
            return Ok(());
        }
        let request = NetworkDisconnectRequest {
            container: self.id(service).await?,
            force: Some(true),
        };
        let id = self.network_id(network);
        let cut = self.docker().disconnect_network(&id, request).await;
        let attempted = format!("take {service} off the network {network}");
        cut.map_err(docker_failed(attempted))
    }

    async fn connect(&self, service: &str, network: &str, attachment: &Attachment) -> Result<()> {
        if self.state(service).await?.networks.contains_key(network) {
            return Ok(());
        }
        let Attachment {
            aliases,
            ipv4_address,
            ipv6_address,
        } = attachment.clone();
        let endpoint = EndpointSettings {
            aliases: Some(aliases.into_iter().collect()),
            ipam_config: Some(EndpointIpamConfig {
                ipv4_address,
                ipv6_address,
                ..EndpointIpamConfig::default()
            }),
            ..EndpointSettings::default()
        };
        let request = NetworkConnectRequest {
            container: self.id(service).await?,
            endpoint_config: Some(endpoint),
        };
        let id = self.network_id(network);
        match self.docker().connect_network(&id, request).await {
            Err(DockerError::DockerResponseServerError {
                status_code: 404,
                message,
            }) if message.contains("network") => Err(Error::NoSuchNetwork {
                network: network.to_owned(),
                project: self.project().to_owned(),
            }),
            connected => {
                let attempted = format!("put {service} on the network {network}");
                connected.map_err(docker_failed(attempted))
            }
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
        let created = self.docker().create_exec(&id, options).await;
        let exec = created.map_err(docker())?.id;
        let started = self.docker().start_exec(&exec, None).await;
        let started = started.map_err(docker())?;
        let (mut printed, mut complaints) = (String::new(), String::new());
        if let StartExecResults::Attached { mut output, .. } = started {
            while let Some(chunk) = output.try_next().await.map_err(docker())? {
                match chunk {
                    LogOutput::StdErr { message } => {
                        complaints += &String::from_utf8_lossy(&message);
                    }
                    other => printed += &other.to_string(),
                }
            }
        }
        let inspected = self.docker().inspect_exec(&exec).await;
        // There is no exit code if the container went down while the command ran.
        let code = inspected.map_err(docker())?.exit_code.unwrap_or(-1);
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
        let config = self.inspect(service).await?.config;
        let own_s = config.and_then(|config| config.stop_timeout?.try_into().ok());
        Ok(own_s.map_or(USUAL_GRACE_PERIOD, Duration::from_secs))
    }

    async fn last_log_lines(&self, service: &str) -> Result<String> {
        let id = self.id(service).await?;
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .tail("25")
            .build();
        let log = self.docker().logs(&id, Some(options));
        let failed = docker_failed(format!("read the log of {service}"));
        let chunks: Vec<LogOutput> = log.try_collect().await.map_err(failed)?;
        let text: String = chunks.iter().map(ToString::to_string).collect();
        let config = self.inspect(service).await?.config;
        let environment = config.and_then(|config| config.env).unwrap_or_default();
        let shown = secrets::hide(&text, &environment);
        let lines: Vec<_> = shown.lines().map(str::to_owned).collect();
        Ok(last_lines(&lines))
    }

    fn topics(&self) -> Option<&dyn Topics> {
        self.message_broker()
    }
}

/// The engine answers 304 when there was nothing to do.
fn nothing_to_do(error: DockerError) -> std::result::Result<(), DockerError> {
    match error {
        DockerError::DockerResponseServerError {
            status_code: 304, ..
        } => Ok(()),
        other => Err(other),
    }
}

/// The engine answers 409, or 500 (20.10), when the container does not run, or is already paused or
/// running.
fn state_has_no_use_for_it(error: DockerError) -> std::result::Result<(), DockerError> {
    let words = ["is not running", "is already paused", "is not paused"];
    match error {
        DockerError::DockerResponseServerError {
            status_code: 409 | 500,
            ref message,
        } if words.iter().any(|words| message.contains(words)) => Ok(()),
        other => Err(other),
    }
}
