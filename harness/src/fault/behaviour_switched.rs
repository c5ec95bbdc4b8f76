//! A program of the stack is told over HTTP to behave otherwise. Its answer is the effect: it
//! behaves so from then on.

use serde_json::Value;

use super::site::Site;
use crate::Result;
use crate::drill::Behaviour;

pub(super) async fn inject(
    site: &Site,
    service: &str,
    port: u16,
    path: &str,
    to: &[Behaviour],
) -> Result<()> {
    for behaviour in to {
        site.post(service, port, path, &behaviour.post).await?;
        tokio::time::sleep(behaviour.lasts).await;
    }
    Ok(())
}

pub(super) async fn revert(
    site: &Site,
    service: &str,
    port: u16,
    path: &str,
    back: &Value,
) -> Result<()> {
    site.post(service, port, path, back).await
}
