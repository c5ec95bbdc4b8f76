//! What can be done to a container of the project. Doing it twice does no harm.

use bollard::container::LogOutput;
use bollard::errors::Error as DockerError;
use bollard::exec::StartExecResults;
use bollard::models::{
    EndpointSettings, ExecConfig, NetworkConnectRequest, NetworkDisconnectRequest,
};
use bollard::query_parameters::{
    KillContainerOptionsBuilder, RestartContainerOptions, StartContainerOptions,
    StopContainerOptions,
};
use futures_util::TryStreamExt;

use super::containers::Containers;
use crate::{Error, Result};

/// How a command in a container ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code.
    pub code: i64,
    /// What it printed on standard output.
    pub printed: String,
    /// What it printed on standard error.
    pub complaints: String,
}

impl Containers {
    /// Stops the container of `service` as `docker stop` does: asked first, killed after its grace
    /// period.
    ///
    /// # Errors
    /// [`Error::NoSuchService`] or [`Error::Docker`].
    pub async fn stop(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let stopped = self
            .docker()
            .stop_container(&id, None::<StopContainerOptions>)
            .await;
        stopped
            .or_else(already_so)
            .map_err(Error::docker(format!("stop {service}")))
    }

    /// Starts the container of `service`.
    ///
    /// # Errors
    /// [`Error::NoSuchService`] or [`Error::Docker`].
    pub async fn start(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let started = self
            .docker()
            .start_container(&id, None::<StartContainerOptions>)
            .await;
        started
            .or_else(already_so)
            .map_err(Error::docker(format!("start {service}")))
    }

    /// Restarts the container of `service` as `docker restart` does.
    ///
    /// # Errors
    /// [`Error::NoSuchService`] or [`Error::Docker`].
    pub async fn restart(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let restarted = self
            .docker()
            .restart_container(&id, None::<RestartContainerOptions>)
            .await;
        restarted.map_err(Error::docker(format!("restart {service}")))
    }

    /// Sends `signal` to the main process of `service`; to none if it does not run.
    ///
    /// # Errors
    /// [`Error::NoSuchService`] or [`Error::Docker`].
    pub async fn kill(&self, service: &str, signal: &str) -> Result<()> {
        let id = self.id(service).await?;
        let options = KillContainerOptionsBuilder::default()
            .signal(signal)
            .build();
        let killed = self.docker().kill_container(&id, Some(options)).await;
        killed
            .or_else(in_no_state_for_it)
            .map_err(Error::docker(format!("send {signal} to {service}")))
    }

    /// Stops all processes of `service` where they are.
    ///
    /// # Errors
    /// [`Error::NoSuchService`] or [`Error::Docker`].
    pub async fn pause(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let paused = self.docker().pause_container(&id).await;
        paused
            .or_else(in_no_state_for_it)
            .map_err(Error::docker(format!("pause {service}")))
    }

    /// Lets the processes of `service` go on.
    ///
    /// # Errors
    /// [`Error::NoSuchService`] or [`Error::Docker`].
    pub async fn resume(&self, service: &str) -> Result<()> {
        let id = self.id(service).await?;
        let resumed = self.docker().unpause_container(&id).await;
        resumed
            .or_else(in_no_state_for_it)
            .map_err(Error::docker(format!("resume {service}")))
    }

    /// Takes the container of `service` off `network`, as the compose file names it.
    ///
    /// # Errors
    /// [`Error::NoSuchService`] or [`Error::Docker`].
    pub async fn disconnect(&self, service: &str, network: &str) -> Result<()> {
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
        cut.map_err(Error::docker(format!(
            "take {service} off the network {network}"
        )))
    }

    /// Puts the container of `service` on `network` again, under its service's name.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], [`Error::NoSuchNetwork`] or [`Error::Docker`].
    pub async fn connect_to(&self, service: &str, network: &str) -> Result<()> {
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
            connected => connected.map_err(Error::docker(format!(
                "put {service} on the network {network}"
            ))),
        }
    }

    /// Runs `command` in the container of `service`, as `user` or the container's own, to its end.
    ///
    /// # Errors
    /// [`Error::NoSuchService`] or [`Error::Docker`].
    pub async fn run(
        &self,
        service: &str,
        user: Option<&str>,
        command: &[impl AsRef<str>],
    ) -> Result<Ended> {
        let id = self.id(service).await?;
        let words: Vec<_> = command
            .iter()
            .map(|word| word.as_ref().to_owned())
            .collect();
        let attempted = format!("run `{}` in {service}", words.join(" "));
        let docker = || Error::docker(attempted.clone());
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

    /// Runs `command` in the container of `service` and gives what it printed on standard output.
    ///
    /// # Errors
    /// As [`Containers::run`], or [`Error::NoAnswer`] with what it printed on standard error if it
    /// ended with another code than 0.
    pub async fn exec(
        &self,
        service: &str,
        user: Option<&str>,
        command: &[impl AsRef<str>],
    ) -> Result<String> {
        let Ended {
            code,
            printed,
            complaints,
        } = self.run(service, user, command).await?;
        if code == 0 {
            return Ok(printed);
        }
        let words: Vec<_> = command.iter().map(AsRef::as_ref).collect();
        let attempted = format!("run `{}` in {service}", words.join(" "));
        Err(Error::NoAnswer {
            attempted,
            reason: format!("it ended with code {code}: {}", complaints.trim()),
        })
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
