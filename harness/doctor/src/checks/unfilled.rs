//! Variables in Prometheus's configuration, which nothing fills in.

use crate::checkout::Checkout;

/// The variable in `address` that Prometheus reads as it is written: `${HOST}`. `None` if there is
/// none, or if something may fill it in before.
pub(super) fn unfilled<'a>(checkout: &Checkout, address: &'a str) -> Option<&'a str> {
    let from = address.find("${")?;
    let rest = address.get(from..)?;
    let variable = rest.get(..=rest.find('}')?)?;
    let prometheus = checkout.prometheus.as_ref()?;
    let name = prometheus.service.as_ref()?;
    let service = checkout.compose.as_ref()?.services.get(name)?;
    let mut words = service.command.iter();
    let is_made = service.build.is_some()
        || !service.entrypoint.is_empty()
        || !service.configs.is_empty()
        || words.any(|word| ["envsubst", "sh", "-c"].contains(&word.as_str()));
    let end = prometheus
        .file
        .path
        .extension()
        .and_then(|end| end.to_str());
    let is_yaml = end.is_some_and(|end| ["yml", "yaml"].contains(&end));
    let file = prometheus.file.path.file_name()?.to_str()?;
    let mut sources = checkout.sources.iter();
    let is_filled_in = sources.any(|source| {
        source.text.contains("envsubst")
            || source.text.contains(file) && source.text.contains("sed ")
    });
    (!is_made && is_yaml && !is_filled_in).then_some(variable)
}
