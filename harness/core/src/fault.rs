//! Faults: what is broken, how, and how that is undone. One kind, one file.
//!
//! A kind's file holds its data, how it is injected, how its effect is seen, how it is reverted,
//! and an example for its test; the list at the end of this file names it. The list also makes the
//! test of each kind: a kind without an example does not compile. All of it is written against the
//! ports [`crate::Target`] and [`crate::Clock`], which is why it can stand in the core, beside the
//! drills that are made of it, and run in a unit test.
//!
//! Injecting and reverting are idempotent, so that whatever a killed run left behind can be
//! reverted from the journal alone, by whoever comes next.

mod aim;
#[cfg(test)]
mod contract;
mod site;

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{Ongoing, Placement, Result, UtcInstant};

pub use aim::Aim;
pub use site::Site;

/// How long a request that was sent may take to arrive, on one machine.
const REQUEST_UNDER_WAY: Duration = Duration::from_secs(1);

/// What every kind of fault says of itself and can do. But for [`FaultKind::prepare`], none of it
/// has a default: each kind decides.
#[async_trait]
pub trait FaultKind: fmt::Display + fmt::Debug + Send + Sync {
    /// What it is aimed at, and what it disturbs.
    fn aim(&self) -> Aim<'_>;

    /// Whether it is over with its effect: what it has disturbed comes back by itself.
    fn is_momentary(&self) -> bool;

    /// Fills the lanes that its drill got into its texts. What is sent as it is (a message, a JSON
    /// body) is left alone.
    fn place(&mut self, placement: &Placement);

    /// Looks up what its revert will have to give back, before the journal is written. What others
    /// `left_open` may have changed that, and know what it was.
    ///
    /// # Errors
    /// What the target answers; then it is not to be injected.
    async fn prepare(&mut self, _left_open: &[Fault], _site: &Site) -> Result<()> {
        Ok(())
    }

    /// Injects it; gives what has to go on while it lasts.
    ///
    /// # Errors
    /// What the target answers.
    async fn inject(&self, site: &Site) -> Result<Option<Ongoing>>;

    /// Waits until its own effect, since it was injected at `since`, is seen on its target, alerts
    /// apart.
    ///
    /// # Errors
    /// [`crate::Error::TimedOut`] if there is none.
    async fn wait_for_effect(&self, site: &Site, since: UtcInstant) -> Result<()>;

    /// How long after the end of its process what that had asked for may still be under way.
    ///
    /// # Errors
    /// What the target answers.
    async fn settles_within(&self, site: &Site) -> Result<Duration>;

    /// Reverts it, and waits until that is seen. A fault that is reverted already is left alone.
    ///
    /// # Errors
    /// What the target answers, or [`crate::Error::TimedOut`].
    async fn revert(&self, site: &Site) -> Result<()>;
}

/// Makes [`Fault`] of the kinds: the name that stands in files, which is also the name of the
/// kind's own file, and its type.
macro_rules! kinds {
    ($($name:ident: $kind:ident,)+) => {
        $(mod $name;)+
        $(pub use $name::$kind;)+

        /// A real disturbance of a real component. All that is [`FaultKind`]'s can be asked of it.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        #[allow(missing_docs, reason = "each kind's type says what it is")]
        pub enum Fault {
            $($kind($kind),)+
        }

        $(impl From<$kind> for Fault {
            fn from(kind: $kind) -> Self {
                Self::$kind(kind)
            }
        })+

        impl Fault {
            /// The names of all kinds, as they stand in files.
            pub const KINDS: &[&str] = &[$(stringify!($name)),+];

            /// The kind, as it stands in records and reports.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$kind(_) => stringify!($name),)+
                }
            }

            fn as_kind_mut(&mut self) -> &mut dyn FaultKind {
                match self {
                    $(Self::$kind(kind) => kind,)+
                }
            }
        }

        /// One test per kind: its example keeps what `contract` promises of every fault.
        #[cfg(test)]
        mod promises {
            $(#[test]
            fn $name() {
                super::contract::holds(stringify!($name), &super::$name::tests::example());
            })+
        }

        impl Deref for Fault {
            type Target = dyn FaultKind;

            fn deref(&self) -> &Self::Target {
                match self {
                    $(Self::$kind(kind) => kind,)+
                }
            }
        }
    };
}

impl Fault {
    /// The same fault where its drill was placed.
    #[must_use]
    pub fn placed(mut self, placement: &Placement) -> Self {
        self.as_kind_mut().place(placement);
        self
    }

    /// The same fault, with what its revert will have to give back.
    ///
    /// # Errors
    /// As [`FaultKind::prepare`].
    pub async fn prepared(mut self, left_open: &[Self], site: &Site) -> Result<Self> {
        self.as_kind_mut().prepare(left_open, site).await?;
        Ok(self)
    }

    /// As [`Aim::target`].
    #[must_use]
    pub fn target(&self) -> &str {
        self.aim().target
    }

    /// As [`Aim::service`].
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.aim().service
    }

    /// As [`Aim::disturbs`].
    #[must_use]
    pub fn disturbs(&self) -> &str {
        self.aim().disturbs
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

kinds! {
    behaviour_switched: BehaviourSwitched,
    command_run: CommandRun,
    consumer_displaced: ConsumerDisplaced,
    network_cut: NetworkCut,
    poison_message: PoisonMessage,
    service_flapping: ServiceFlapping,
    service_killed: ServiceKilled,
    service_oom_killed: ServiceOomKilled,
    service_paused: ServicePaused,
    service_restarted: ServiceRestarted,
    service_restarting: ServiceRestarting,
    service_slowed: ServiceSlowed,
    service_stopped: ServiceStopped,
    volume_filled: VolumeFilled,
}
