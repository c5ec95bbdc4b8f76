//! A command in a service's container breaks something, another one mends it. That the first ended
//! well is the effect.

use super::site::Site;
use crate::Result;

pub(super) async fn run(
    site: &Site,
    service: &str,
    user: Option<&str>,
    command: &[String],
) -> Result<()> {
    if command.is_empty() {
        return Ok(());
    }
    site.containers.exec(service, user, command).await.map(drop)
}
