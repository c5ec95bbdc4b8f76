//! What is broken: the verbs of `break`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::{Command, DurationText};
use crate::project_file::yaml::{At, OneOrMany, ShortOrLong};

/// One fault: one verb, and what it is done to.
///
/// A struct of verbs and no enum: of an enum in a map, serde would pass over a second verb.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a verb and a service, as in `{stop: api}`"
)]
#[schemars(rename = "break", extend("minProperties" = 1, "maxProperties" = 1))]
#[schemars(description = "One fault: one verb, and what it is done to.")]
pub(in crate::project_file) struct Break {
    /// Stops a service and starts it again at the end.
    pub stop: Option<At<ShortOrLong<OneService>>>,
    /// Ends a service's main process by a signal: a crash.
    pub kill: Option<At<ShortOrLong<Kill>>>,
    /// Freezes a service: it keeps its connections and answers nobody.
    pub pause: Option<At<ShortOrLong<OneService>>>,
    /// Has the kernel kill a service at its memory limit, which it must have.
    pub oom_kill: Option<At<ShortOrLong<OneService>>>,
    /// Restarts a service, as an upgrade does.
    pub restart: Option<At<ShortOrLong<OneService>>>,
    /// Cuts a service off from one of its networks.
    pub cut_off: Option<At<ShortOrLong<CutOff>>>,
    /// Pauses a service and lets it run, in turns.
    pub flap: Option<At<Flap>>,
    /// Gives a service so little of the processors that it answers late.
    pub slow: Option<At<ShortOrLong<Slow>>>,
    /// Restarts a service over and over, as a wrong configuration does.
    pub keep_restarting: Option<At<KeepRestarting>>,
    /// Fills a service's volume that lives in memory (tmpfs) and has a limited size.
    pub fill_volume: Option<At<FillVolume>>,
    /// Runs a command in a service's container, and another one that mends what it broke.
    pub run: Option<At<Run>>,
    /// Tells a program of the system over HTTP to behave otherwise.
    pub switch: Option<At<Switch>>,
    /// Takes a Kafka consumer's partition away and reads nothing of it.
    pub displace_consumer: Option<At<DisplaceConsumer>>,
    /// Puts a message on a Kafka topic that its consumer cannot take.
    pub poison: Option<At<Poison>>,
}

/// A service.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "one_service")]
pub(in crate::project_file) struct OneService {
    /// The service, as the compose file names it.
    pub service: At<String>,
}

/// What is killed.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "kill")]
pub(in crate::project_file) struct Kill {
    /// The service, as the compose file names it.
    pub service: At<String>,
    /// The signal. On another one than `SIGKILL` the program must end by itself, and its restart
    /// policy starts it again; `SIGKILL` unless it is written.
    pub signal: Option<At<String>>,
}

/// What is cut off.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "cut_off")]
pub(in crate::project_file) struct CutOff {
    /// The service, as the compose file names it.
    pub service: At<String>,
    /// The network, as the compose file names it; its only one unless it is written.
    pub from: Option<At<String>>,
}

/// What is paused and runs in turns.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "flap")]
pub(in crate::project_file) struct Flap {
    /// The service, as the compose file names it.
    pub service: At<String>,
    /// How long it is paused.
    pub paused: At<DurationText>,
    /// How long it runs in between.
    pub running: At<DurationText>,
}

/// What is slowed.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "slow")]
pub(in crate::project_file) struct Slow {
    /// The service, as the compose file names it.
    pub service: At<String>,
    /// How many processors it gets, 0.01 at least; `0.02` unless it is written.
    pub cores: Option<At<f64>>,
}

/// What is restarted over and over.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "keep_restarting")]
pub(in crate::project_file) struct KeepRestarting {
    /// The service, as the compose file names it.
    pub service: At<String>,
    /// How long it runs before it is restarted again.
    pub every: At<DurationText>,
}

/// What is filled.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "fill_volume")]
pub(in crate::project_file) struct FillVolume {
    /// The service, as the compose file names it.
    pub service: At<String>,
    /// The volume's folder in the container. Another one than in memory is left alone.
    pub path: String,
}

/// A command that breaks something.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "run")]
pub(in crate::project_file) struct Run {
    /// The service in whose container the commands run.
    pub service: At<String>,
    /// Breaks it. Twice must do no harm.
    pub command: At<Command>,
    /// Mends it. Twice must do no harm. An empty list: it mends itself.
    pub undo: At<Command>,
    /// The user that the commands run as; the service's own unless it is written.
    pub user: Option<String>,
    /// What goes wrong, in words.
    pub what: Option<String>,
    /// Ends with code 0 while it is broken, and with another one before and after; that `command`
    /// ended with code 0 is the effect, unless it is written.
    #[serde(default)]
    pub effect: Command,
    /// The service or path that it disturbs; the whole service unless it is written.
    pub disturbs: Option<At<String>>,
}

/// A behaviour that is switched over HTTP.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "switch")]
pub(in crate::project_file) struct Switch {
    /// The service that is told.
    pub service: At<String>,
    /// Its port as the service itself knows it.
    pub port: u16,
    /// Where the behaviour is posted to.
    pub path: String,
    /// What is posted, one after the other; the last lasts until the end of the drill.
    pub to: OneOrMany<Behaviour>,
    /// What is posted at the end, as JSON: the good behaviour.
    pub back: Value,
    /// What goes wrong, in words.
    pub what: Option<String>,
    /// The service or path that it disturbs; the whole service unless it is written.
    pub disturbs: Option<At<String>>,
}

/// One behaviour of several in turn.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a map with `post`")]
#[schemars(rename = "behaviour")]
pub(in crate::project_file) struct Behaviour {
    /// What is posted, as JSON.
    pub post: Value,
    /// How long it lasts before the next one.
    #[serde(rename = "for")]
    pub lasts: Option<At<DurationText>>,
}

/// A consumer that is displaced.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "displace_consumer")]
pub(in crate::project_file) struct DisplaceConsumer {
    /// The topic; its partition 0 is meant.
    pub topic: String,
    /// The consumer's group.
    pub group: String,
    /// The service, path or lane that it disturbs.
    pub disturbs: At<String>,
}

/// A message that its consumer cannot take.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "poison")]
pub(in crate::project_file) struct Poison {
    /// The topic; its partition 0 is meant.
    pub topic: String,
    /// What the message says. It is found again by this.
    pub payload: String,
    /// The consumer group that stumbles over it.
    pub group: String,
    /// The service, path or lane that it disturbs.
    pub disturbs: At<String>,
}
