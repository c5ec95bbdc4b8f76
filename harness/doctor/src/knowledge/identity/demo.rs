//! Images of public examples, whose source is not in the checkout and is known.

use alertdrill_project::Service;

use crate::knowledge::catalogue::exporter;
use crate::knowledge::exporter::Exporter;

/// How the names of such images end, and what they export.
const DEMOS: [(&str, &str); 2] = [
    ("client_golang/examples/simple", "client-go"),
    ("prometheus/golang-example-simple", "client-go"),
];

/// What a service exports that is nothing but a public example.
pub(super) fn demo(service: &Service) -> Option<Vec<&'static Exporter>> {
    if service.build.is_some() {
        return None;
    }
    let image = service.image.as_deref()?;
    let image = image.split('@').next()?;
    let last = image.rsplit('/').next()?;
    let name = match last.split_once(':') {
        Some((_, tag)) => image.strip_suffix(&format!(":{tag}"))?,
        None => image,
    };
    let (_, exports) = DEMOS.iter().find(|(end, _)| name.ends_with(end))?;
    Some(vec![exporter(exports)?])
}
