//! Whether Alertmanager reads its configuration as it is written.

use crate::checkout::Alertmanager;
use crate::checks::check::Case;

/// Who reads a configuration as it is in the checkout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Alertmanager itself, for it is mounted.
    AsWritten,
    /// Something may fill it in before: it is not known how it comes to Alertmanager.
    Unknown,
    /// Something surely or likely fills it in before.
    FilledIn,
}

impl Reading {
    /// How the configuration of the service `service` is read.
    pub(super) fn of(case: &Case<'_>, service: Option<&str>) -> Self {
        let alertmanager = case.checkout.alertmanager.as_ref();
        if alertmanager.is_some_and(Alertmanager::is_a_template) {
            return Self::FilledIn;
        }
        let Some(compose) = &case.checkout.compose else {
            return Self::Unknown;
        };
        let Some(service) = service.and_then(|name| compose.services.get(name)) else {
            return Self::Unknown;
        };
        let mut words = service.command.iter().chain(&service.entrypoint);
        let is_made = service.build.is_some()
            || !service.entrypoint.is_empty()
            || words.any(|word| {
                ["envsubst", "sed ", "sh", "-c"].contains(&word.as_str()) || word.contains("sed ")
            });
        if is_made {
            Self::FilledIn
        } else {
            Self::AsWritten
        }
    }
}
