//! Faults as data: what is disturbed, and all that is needed to undo it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::seconds;

/// A real disturbance of a real component. How each is injected, seen and reverted: one file each
/// under `fault/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// The service's container is stopped, as `docker stop` does.
    ServiceStopped {
        /// The service, as the compose file names it.
        service: String,
    },
    /// The main process of the service gets a signal that ends it, and is started again.
    ServiceKilled {
        /// The service.
        service: String,
        /// The signal's name: `SIGKILL`, or one that the program ends on by itself.
        signal: String,
    },
    /// The service's container is restarted, as `docker restart` does.
    ServiceRestarted {
        /// The service.
        service: String,
    },
    /// The service's container is paused and resumed in turns.
    ServiceFlapping {
        /// The service.
        service: String,
        /// How long it stands still.
        #[serde(with = "seconds", rename = "paused_s")]
        paused: Duration,
        /// How long it runs in between.
        #[serde(with = "seconds", rename = "running_s")]
        running: Duration,
    },
    /// The kernel kills the main process of the service at the container's own memory limit.
    ServiceOomKilled {
        /// The service.
        service: String,
    },
    /// The service's container is cut off from one of its networks.
    NetworkCut {
        /// The service.
        service: String,
        /// The network, as the compose file names it.
        network: String,
    },
    /// A program of the stack is told over HTTP to behave otherwise.
    BehaviourSwitched {
        /// What goes wrong, in words.
        what: String,
        /// The service that is told.
        service: String,
        /// Its port inside the container; it must be published.
        port: u16,
        /// Where the behaviour is posted to.
        path: String,
        /// The bad behaviours, as JSON, posted in this order; each lasts for its time, the last one
        /// until the revert.
        to: Vec<Behaviour>,
        /// The good one.
        back: Value,
        /// The lease that covers it.
        disturbs: String,
    },
    /// A command in a service's container breaks something, another one mends it.
    CommandRun {
        /// What goes wrong, in words.
        what: String,
        /// The service in whose container they run.
        service: String,
        /// The user that they run as, if it is another than the container's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// Breaks it. Twice must do no harm.
        inject: Vec<String>,
        /// Mends it. Twice must do no harm.
        revert: Vec<String>,
        /// The lease that covers it.
        disturbs: String,
    },
    /// Another member takes a consumer's partition and reads nothing of it: the consumer stands
    /// still.
    ConsumerDisplaced {
        /// The topic; its partition 0 is meant.
        topic: String,
        /// The consumer's group.
        group: String,
        /// The lease that covers it.
        disturbs: String,
    },
    /// A message that its consumer cannot take is put on a topic, once the consumer has taken all
    /// that lies before it: whatever produces has to hold its peace until then.
    PoisonMessage {
        /// The topic; its partition 0 is meant.
        topic: String,
        /// What the message says. It is found again by this.
        payload: String,
        /// The consumer group that stumbles over it.
        group: String,
        /// The lease that covers it.
        disturbs: String,
    },
}

/// One behaviour of several in turn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// What is posted.
    pub post: Value,
    /// How long it lasts before the next one.
    #[serde(default, with = "seconds", rename = "for_s")]
    pub lasts: Duration,
}

impl Fault {
    /// Stops `service`.
    #[must_use]
    pub fn stop(service: impl Into<String>) -> Self {
        Self::ServiceStopped {
            service: service.into(),
        }
    }

    /// Restarts `service`.
    #[must_use]
    pub fn restart(service: impl Into<String>) -> Self {
        Self::ServiceRestarted {
            service: service.into(),
        }
    }

    /// Ends the main process of `service` by `signal`.
    #[must_use]
    pub fn kill(service: impl Into<String>, signal: impl Into<String>) -> Self {
        Self::ServiceKilled {
            service: service.into(),
            signal: signal.into(),
        }
    }

    /// Has the kernel kill `service` for its memory.
    #[must_use]
    pub fn oom_kill(service: impl Into<String>) -> Self {
        Self::ServiceOomKilled {
            service: service.into(),
        }
    }

    /// Whether it is over with its effect: what it has disturbed comes back by itself.
    #[must_use]
    pub fn is_momentary(&self) -> bool {
        matches!(
            self,
            Self::ServiceRestarted { .. }
                | Self::ServiceKilled { .. }
                | Self::ServiceOomKilled { .. }
        )
    }

    /// The kind, as it stands in records and reports.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::ServiceStopped { .. } => "service_stopped",
            Self::ServiceKilled { .. } => "service_killed",
            Self::ServiceRestarted { .. } => "service_restarted",
            Self::ServiceFlapping { .. } => "service_flapping",
            Self::ServiceOomKilled { .. } => "service_oom_killed",
            Self::NetworkCut { .. } => "network_cut",
            Self::BehaviourSwitched { .. } => "behaviour_switched",
            Self::CommandRun { .. } => "command_run",
            Self::ConsumerDisplaced { .. } => "consumer_displaced",
            Self::PoisonMessage { .. } => "poison_message",
        }
    }

    /// What it is aimed at, as it stands in records and reports.
    #[must_use]
    pub fn target(&self) -> &str {
        match self {
            Self::ServiceStopped { service }
            | Self::ServiceKilled { service, .. }
            | Self::ServiceRestarted { service }
            | Self::ServiceFlapping { service, .. }
            | Self::ServiceOomKilled { service }
            | Self::NetworkCut { service, .. }
            | Self::BehaviourSwitched { service, .. }
            | Self::CommandRun { service, .. } => service,
            Self::ConsumerDisplaced { group, .. } => group,
            Self::PoisonMessage { topic, .. } => topic,
        }
    }

    /// The service in whose container it takes place; `None` of one that takes place in a topic.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::ConsumerDisplaced { .. } | Self::PoisonMessage { .. } => None,
            in_a_container => Some(in_a_container.target()),
        }
    }

    /// What it disturbs: a drill must hold an exclusive lease that covers it. A fault of a
    /// container disturbs the whole service; one inside it says for itself how far it reaches.
    #[must_use]
    pub fn disturbs(&self) -> &str {
        match self {
            Self::BehaviourSwitched { disturbs, .. }
            | Self::CommandRun { disturbs, .. }
            | Self::ConsumerDisplaced { disturbs, .. }
            | Self::PoisonMessage { disturbs, .. } => disturbs,
            container => container.target(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ServiceStopped { service } => write!(f, "{service} stopped"),
            Self::ServiceKilled { service, signal } => write!(f, "{service} killed by {signal}"),
            Self::ServiceRestarted { service } => write!(f, "{service} restarted"),
            Self::ServiceFlapping { service, .. } => {
                write!(f, "{service} paused and resumed in turns")
            }
            Self::ServiceOomKilled { service } => write!(f, "{service} killed for its memory"),
            Self::NetworkCut { service, network } => {
                write!(f, "{service} cut off from the network {network}")
            }
            Self::BehaviourSwitched { what, .. } | Self::CommandRun { what, .. } => {
                f.write_str(what)
            }
            Self::ConsumerDisplaced { group, .. } => {
                write!(f, "the consumer of the group {group} displaced")
            }
            Self::PoisonMessage { topic, .. } => write!(f, "a poison message on {topic}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fault_is_an_error_and_not_skipped() {
        let error =
            serde_json::from_str::<Fault>(r#"{"kind": "meteor_strike", "service": "kafka"}"#)
                .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("unknown variant `meteor_strike`"),
            "{error}"
        );
    }

    #[test]
    fn fault_of_a_container_disturbs_its_service_and_one_inside_it_says_what() {
        assert_eq!(Fault::stop("kafka").disturbs(), "kafka");
        let inside = Fault::CommandRun {
            what: "consumer of okx stalled".into(),
            service: "clickhouse".into(),
            user: None,
            inject: vec![],
            revert: vec![],
            disturbs: "okx".into(),
        };
        assert_eq!(inside.disturbs(), "okx");
    }
}
