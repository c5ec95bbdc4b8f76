//! Another member joins a consumer's group and gets its partition: the consumer is left with
//! nothing to read, and the messages wait.
//!
//! It ends by itself when the intruder is gone, whatever took it away: the group gives the
//! partition back.

use super::group_member::Intruder;
use super::operations::Ongoing;
use super::site::Site;
use crate::Result;

pub(super) async fn inject(site: &Site, topic: &str, group: &str) -> Result<Ongoing> {
    let intruder = Intruder::join(site.kafka_bootstrap()?, group, topic).await?;
    Ok(Ongoing::new(
        |stop| async move { intruder.stay(stop).await },
    ))
}
