//! The session that tests on the stack begin with.

use std::path::Path;

use alertdrill::session::Session;
use alertdrill::target::compose::Project;
use alertdrill::{Progress, Result};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

/// A session on the compose project in `root`, with the fixtures that cargo has built for this
/// test.
pub(crate) async fn start(root: &Path) -> Result<Session> {
    let programs = Path::new(env!("CARGO_BIN_EXE_k2-fixtures"))
        .parent()
        .unwrap();
    let project = Project::open(root, programs).await?;
    Session::start(
        project,
        Timestamp::now().into(),
        &Progress::default(),
        &CancellationToken::new(),
    )
    .await
}
