//! In which ways a service is made to fail.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{ServiceSlowed, VolumeFilled};
use crate::{Error, Fault, nearest};

/// How long a service lives between two restarts of a crash loop.
const RESTARTED_EVERY: Duration = Duration::from_secs(8);

/// A way in which a service fails.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// It is stopped.
    Stopped,
    /// It hangs: it keeps its connections and answers nobody.
    Hung,
    /// Its process ends by `SIGKILL`.
    Killed,
    /// Its process ends by `SIGTERM`: some exporters tell this from a crash.
    Terminated,
    /// It is restarted over and over.
    Restarting,
    /// It is cut off from a network.
    CutOff,
    /// It gets little of the processors.
    Slow,
    /// The kernel kills it for its memory.
    OutOfMemory,
    /// Its volume is full.
    DiskFull,
}

impl FailureKind {
    /// All of them, those first that tell most.
    pub const ALL: [Self; 9] = [
        Self::Stopped,
        Self::Hung,
        Self::CutOff,
        Self::Killed,
        Self::Slow,
        Self::Restarting,
        Self::Terminated,
        Self::OutOfMemory,
        Self::DiskFull,
    ];

    /// As it stands in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Hung => "hung",
            Self::Killed => "killed",
            Self::Terminated => "terminated",
            Self::Restarting => "restarting",
            Self::CutOff => "cut_off",
            Self::Slow => "slow",
            Self::OutOfMemory => "out_of_memory",
            Self::DiskFull => "disk_full",
        }
    }

    /// As a column of the map is headed.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Hung => "hung",
            Self::Killed => "killed",
            Self::Terminated => "terminated",
            Self::Restarting => "restarted over and over",
            Self::CutOff => "cut off",
            Self::Slow => "slow",
            Self::OutOfMemory => "out of memory",
            Self::DiskFull => "disk full",
        }
    }

    /// The fault that makes `service` fail so; `on` is the network or the volume that is meant.
    pub(super) fn fault(self, service: &str, on: Option<&str>) -> Fault {
        let on = on.unwrap_or_default();
        match self {
            Self::Stopped => Fault::stop(service),
            Self::Hung => Fault::pause(service),
            Self::Killed => Fault::kill(service, "SIGKILL"),
            Self::Terminated => Fault::kill(service, "SIGTERM"),
            Self::Restarting => Fault::keep_restarting(service, RESTARTED_EVERY),
            Self::CutOff => Fault::cut_off(service, on),
            Self::Slow => Fault::slow(service, ServiceSlowed::FEW_CORES),
            Self::OutOfMemory => Fault::oom_kill(service),
            Self::DiskFull => VolumeFilled {
                service: service.to_owned(),
                path: on.to_owned(),
            }
            .into(),
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for FailureKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut kinds = Self::ALL.into_iter();
        kinds.find(|kind| kind.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            let near = nearest(text, names);
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            Error::BadDescription {
                what: format!("the failure `{text}`"),
                reason: format!("there are {}{near}", names.join(", ")),
            }
        })
    }
}

/// One cell of the map: a service, and how it fails.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct CellKey {
    /// The service, as the compose file names it.
    pub service: String,
    /// How it fails.
    pub failure: FailureKind,
    /// The network that it is cut off from, or the folder of the volume that is full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
}

impl CellKey {
    /// That of `keys` whose drill has the name `drill`.
    #[must_use]
    pub fn of_drill<'a>(keys: &'a [Self], drill: &str) -> Option<&'a Self> {
        keys.iter().find(|key| key.drill_name() == drill)
    }

    /// The name of its drill: letters, digits and underscores.
    #[must_use]
    pub fn drill_name(&self) -> String {
        let named = format!("{self}");
        let plain = |char: char| {
            if char.is_ascii_alphanumeric() {
                char
            } else {
                '_'
            }
        };
        let name: String = named.chars().map(plain).collect();
        format!("explore_{name}")
    }
}

impl fmt::Display for CellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.failure)?;
        match &self.on {
            Some(on) => write!(f, ":{on}"),
            None => Ok(()),
        }
    }
}
