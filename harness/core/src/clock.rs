//! The clock, handed in, so that a drill's whole life can be simulated.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::UtcInstant;

/// What time it is, and how one waits. A clock that is simulated makes a drill of minutes take
/// milliseconds.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time in UTC. It may be set, and so jump.
    fn now(&self) -> UtcInstant;

    /// The time since an instant of the clock's own. It never jumps.
    fn monotonic(&self) -> Duration;

    /// Waits.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}
