//! The connection to the Docker engine.

use bollard::Docker;

use alertdrill_core::{Error, Result, causes};

/// Connects to the engine that `DOCKER_HOST` or the default socket names.
///
/// # Errors
/// [`Error::NoEngine`] if none answers, [`Error::EngineRefuses`] if this user may not use it.
pub(super) async fn connect() -> Result<Docker> {
    let no_engine = |error: bollard::errors::Error| Error::NoEngine {
        reason: error.to_string(),
    };
    let docker = Docker::connect_with_defaults().map_err(no_engine)?;
    docker.ping().await.map_err(|error| {
        let reason = causes(&error);
        if reason.to_lowercase().contains("permission denied") {
            Error::EngineRefuses { reason }
        } else {
            Error::NoEngine { reason }
        }
    })?;
    docker.negotiate_version().await.map_err(no_engine)
}

/// Makes the error for a call of the Docker API that failed, from the client's own error.
pub(super) fn docker_failed(
    attempted: impl Into<String>,
) -> impl FnOnce(bollard::errors::Error) -> Error {
    let attempted = attempted.into();
    move |source| Error::Docker {
        attempted,
        reason: causes(&source),
    }
}
