//! What the overlay is made of, in order: later parts build on what earlier ones found.

use alertdrill_core::Result;

use super::draft::{Draft, Overlay};
use super::static_addresses;
use super::wishes::OverlayWishes;
use super::{mounted_configs, mounts, named_volumes, networks, ports, sink_service};
use crate::ComposeModel;

/// The overlay by which a project (`docker compose config`, asked without the overlay) runs as it
/// is wished. Their folders are looked at for what they mount; nothing is written.
///
/// # Errors
/// [`alertdrill_core::Error::BadDescription`] that says what about the project keeps it from being
/// run beside itself, and what to do.
pub fn overlay(model: &ComposeModel, wishes: &OverlayWishes) -> Result<Overlay> {
    wishes.check(model)?;
    let mut draft = Draft::new(model, wishes);
    networks::add(&mut draft)?;
    static_addresses::add(&mut draft);
    ports::add(&mut draft);
    named_volumes::add(&mut draft);
    mounts::add(&mut draft)?;
    mounted_configs::add(&mut draft);
    mounts::add_files_of_images(&mut draft);
    sink_service::add(&mut draft);
    draft.finish()
}
