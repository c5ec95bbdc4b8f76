//! The runtime that a command does its asynchronous work on.

use alertdrill_core::{Error, Result};
use tokio::runtime::Runtime;

/// A new runtime.
///
/// # Errors
/// [`Error::File`] if the system gives no threads for one.
pub(crate) fn runtime() -> Result<Runtime> {
    Runtime::new().map_err(Error::file("start the async runtime in", "this process"))
}
