//! The names that an author of drills needs.
//!
//! ```
//! use std::time::Duration;
//! use alertdrill::prelude::*;
//!
//! let deadline = Duration::from_secs(120);
//! let alert = ExpectedAlert::new("ApiDown", "critical", deadline).label("job", "api");
//! let drill = Drill::new("api_stopped", Fault::stop("api")).expect_alert(alert);
//! assert_eq!(drill.faults, [Fault::stop("api")]);
//! ```

pub use crate::suite::Suite;
pub use alertdrill_core::{
    Check, Drill, ExpectedAlert, Fault, Moment, Replica, SilentAlert, Waiver,
};
