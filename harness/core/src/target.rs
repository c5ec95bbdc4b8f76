//! What can be broken, as faults see it: a port that other crates implement.
//!
//! It stands in the core, beside the faults that are written against it, so that a fault is one
//! file and runs in a unit test on [`crate::memory`]. Each verb may be called twice without harm.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Ongoing, Result, UtcInstant};

/// A system of services that can be broken and mended. One of several containers of a service is
/// named as [`crate::Replica`] says.
#[async_trait]
pub trait Target: fmt::Debug + Send + Sync {
    /// What `service` is now.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn state(&self, service: &str) -> Result<ServiceState>;

    /// Stops `service`: it is asked to end first, and killed after its grace period.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn stop(&self, service: &str) -> Result<()>;

    /// Starts `service`.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn start(&self, service: &str) -> Result<()>;

    /// Restarts `service`, as an operator does.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn restart(&self, service: &str) -> Result<()>;

    /// Sends `signal` to the main process of `service`; to none if it does not run.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn signal(&self, service: &str, signal: &str) -> Result<()>;

    /// Suspends all processes of `service`.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn pause(&self, service: &str) -> Result<()>;

    /// Resumes the processes of `service`.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn resume(&self, service: &str) -> Result<()>;

    /// How much of the processors `service` may use.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn cpu_limit(&self, service: &str) -> Result<CpuLimit>;

    /// Limits how much of the processors `service` may use.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn limit_cpu(&self, service: &str, limit: CpuLimit) -> Result<()>;

    /// In how many periods `service` was held up by such a limit so far.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn throttled_periods(&self, service: &str) -> Result<u64>;

    /// Disconnects `service` from `network`.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn disconnect(&self, service: &str, network: &str) -> Result<()>;

    /// Connects `service` to `network` again, as `attachment` says.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], [`Error::NoSuchNetwork`], or what the system answers.
    async fn connect(&self, service: &str, network: &str, attachment: &Attachment) -> Result<()>;

    /// Runs `command` where `service` runs, as `user` or as its own user, to its end.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers; not the command's own exit code.
    async fn run(&self, service: &str, user: Option<&str>, command: &[String]) -> Result<Ended>;

    /// Runs `command` where `service` runs, and gives what it printed on standard output.
    ///
    /// # Errors
    /// As [`Target::run`], or [`Error::NoAnswer`] with what it printed on standard error if it
    /// ended with another code than 0.
    async fn exec(&self, service: &str, user: Option<&str>, command: &[String]) -> Result<String> {
        let Ended {
            code,
            printed,
            complaints,
        } = self.run(service, user, command).await?;
        if code == 0 {
            return Ok(printed);
        }
        let attempted = format!("run `{}` in {service}", command.join(" "));
        let reason = format!("it ended with code {code}: {}", complaints.trim());
        Err(Error::NoAnswer { attempted, reason })
    }

    /// Posts JSON to `path` at a port of `service`.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or [`Error::NoAnswer`] if the service does not confirm it.
    async fn post(&self, service: &str, port: u16, path: &str, body: &Value) -> Result<()>;

    /// How long the system waits between asking `service` to end and killing it.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn stop_grace_period(&self, service: &str) -> Result<Duration>;

    /// The last lines that `service` logged, without the secrets that it was given.
    ///
    /// # Errors
    /// [`Error::NoSuchService`], or what the system answers.
    async fn last_log_lines(&self, service: &str) -> Result<String>;

    /// The system's message broker; `None` if faults cannot reach one.
    fn topics(&self) -> Option<&dyn Topics>;
}

/// The topics of a message broker, as faults see them. Partition 0 of each topic is meant.
#[async_trait]
pub trait Topics: fmt::Debug + Send + Sync {
    /// Takes the partition of `topic` from the members of `group`, and reads nothing for them for
    /// as long as the answer is kept up.
    ///
    /// # Errors
    /// [`Error::NoAnswer`], or [`Error::TimedOut`] if the group keeps the partition.
    async fn displace(&self, topic: &str, group: &str) -> Result<Ongoing>;

    /// Whether `group` consumes `topic` through a member that [`Topics::displace`] has sent.
    ///
    /// # Errors
    /// [`Error::NoAnswer`].
    async fn is_displaced(&self, topic: &str, group: &str) -> Result<bool>;

    /// Puts a message on `topic` as soon as `group` has committed all that lies before it.
    ///
    /// # Errors
    /// [`Error::NoAnswer`], or [`Error::TimedOut`] if the group does not catch up.
    async fn put_when_caught_up(&self, topic: &str, group: &str, payload: &str) -> Result<()>;

    /// Whether a message that says `payload` lies on `topic`, and `group` has not committed it.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::TimedOut`].
    async fn is_ahead_of(&self, topic: &str, group: &str, payload: &str) -> Result<bool>;

    /// Commits `group` past the last message on `topic` that says `payload`; a group that is past
    /// it is left alone.
    ///
    /// # Errors
    /// [`Error::NoAnswer`] or [`Error::TimedOut`].
    async fn commit_past(&self, topic: &str, group: &str, payload: &str) -> Result<()>;
}

/// How a command ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code.
    pub code: i64,
    /// What it printed on standard output.
    pub printed: String,
    /// What it printed on standard error.
    pub complaints: String,
}

/// How much of the processors a service may use, in the form that the system has it in: an engine
/// keeps two forms apart and takes the other one for a contradiction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CpuLimit {
    /// All of them.
    None,
    /// So many thousand millionths of a processor (compose: `cpus`).
    NanoCpus(i64),
    /// So many microseconds of each period (compose: `cpu_quota`).
    Quota {
        /// How long it may use a processor in each period.
        quota_us: i64,
        /// How long a period is.
        period_us: i64,
    },
}

impl CpuLimit {
    /// The engine's period where none is set.
    pub const USUAL_PERIOD_US: i64 = 100_000;

    /// How many processors that is; `None` if it is all of them.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a limit is small")]
    pub fn cores(self) -> Option<f64> {
        match self {
            Self::None => None,
            Self::NanoCpus(nanos) => Some(nanos as f64 / 1e9),
            Self::Quota {
                quota_us,
                period_us,
            } => Some(quota_us as f64 / period_us as f64),
        }
    }

    /// A limit of the same form that grants so many processors.
    #[must_use]
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a limit is small"
    )]
    pub fn lowered_to(self, cores: f64) -> Self {
        let quota = |period_us: i64| Self::Quota {
            quota_us: (cores * period_us as f64).round() as i64,
            period_us,
        };
        match self {
            Self::None => quota(Self::USUAL_PERIOD_US),
            Self::NanoCpus(_) => Self::NanoCpus((cores * 1e9).round() as i64),
            Self::Quota { period_us, .. } => quota(period_us),
        }
    }
}

/// What a service was last seen to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceState {
    /// The service.
    pub service: String,
    /// The system's word: `running`, `exited`, `created`, …
    pub status: String,
    /// What its health check says; `None` if it has none.
    pub health: Option<Health>,
    /// The last exit code of a service that is not running.
    pub exit_code: Option<i64>,
    /// When it was started last.
    pub started_at: Option<UtcInstant>,
    /// Whether its processes are suspended.
    pub is_paused: bool,
    /// The networks that it is connected to, and how.
    pub networks: BTreeMap<String, Attachment>,
}

/// How a service is connected to a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// The names by which others on the network find it.
    pub aliases: BTreeSet<String>,
    /// The IPv4 address that it asks for; `None` if any will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv4_address: Option<String>,
    /// The same for IPv6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6_address: Option<String>,
}

impl Attachment {
    /// Under one name, at any address.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            aliases: [name.to_owned()].into(),
            ..Self::default()
        }
    }
}

/// What a health check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Not healthy yet, and it may still become so.
    Starting,
    /// Healthy.
    Healthy,
    /// It failed as often as it may.
    Unhealthy,
}

impl ServiceState {
    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.status == "running"
    }

    /// Whether it waits for its restart policy to start it again.
    #[must_use]
    pub fn is_restarting(&self) -> bool {
        self.status == "restarting"
    }

    /// Whether it was last started at `since` or later.
    #[must_use]
    pub fn started_since(&self, since: UtcInstant) -> bool {
        self.started_at.is_some_and(|at| at >= since)
    }
}

impl fmt::Display for ServiceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.status)?;
        if let Some(code) = self.exit_code {
            write!(f, " with code {code}")?;
        }
        match self.health {
            Some(Health::Healthy) => f.write_str(", healthy"),
            Some(Health::Unhealthy) => f.write_str(", unhealthy"),
            Some(Health::Starting) => f.write_str(", not healthy yet"),
            None => Ok(()),
        }
    }
}
