//! The drills, by the part of the pipeline that they break.

mod bronze;
mod consumer;
mod delay;
mod feed;
mod k2;
mod offload;
mod platform;
mod services;
mod targets;

use alertdrill::prelude::Drill;

/// Every drill of the suite.
pub(crate) fn all() -> Vec<Drill> {
    [
        feed::drills(),
        consumer::drills(),
        bronze::drills(),
        delay::drills(),
        offload::drills(),
        services::drills(),
        targets::drills(),
        platform::drills(),
    ]
    .concat()
}
