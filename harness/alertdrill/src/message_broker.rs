//! The topics of a project's message broker, if this program can reach one.

use std::sync::Arc;

use alertdrill_core::{Settings, Topics};

/// The topics of the project's broker; `None` if its settings name none, or this program was built
/// without the feature `kafka`.
#[cfg(feature = "kafka")]
pub(crate) fn topics_of(settings: &Settings) -> Option<Arc<dyn Topics>> {
    let bootstrap = settings.kafka.as_ref()?;
    Some(Arc::new(alertdrill_kafka::KafkaTopics::new(bootstrap)))
}

/// Always `None`: this program was built without the feature `kafka`.
#[cfg(not(feature = "kafka"))]
pub(crate) fn topics_of(_settings: &Settings) -> Option<Arc<dyn Topics>> {
    None
}
