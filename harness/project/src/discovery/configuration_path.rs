//! Where a server looks for its configuration, inside its container.

use super::command_line::CommandLine;
use super::mounts::beside;
use super::prometheus_service::images;
use crate::Service;

/// Where images of a server have its configuration, unless it is told otherwise.
pub struct UsualPaths {
    /// In its own image.
    pub(super) own: &'static str,
    /// In Bitnami's.
    pub(super) bitnamis: &'static str,
    /// The folder that it works in, from which a relative path starts.
    pub(super) working_folder: &'static str,
}

impl UsualPaths {
    /// Where a container of `service`, started with this command line, looks.
    #[must_use]
    pub fn path_in(&self, service: &Service, command_line: &CommandLine) -> String {
        let is_bitnamis = images(service)
            .iter()
            .any(|image| image.contains("bitnami"));
        let usual = if is_bitnamis { self.bitnamis } else { self.own };
        let path = command_line.flag("config.file").unwrap_or(usual);
        beside(self.working_folder, path)
    }
}

/// That a file of the project is in the image of `service` because its build copies it there.
pub(super) fn copied_note(path: &str, service: &str) -> String {
    format!(
        "{path} is copied into the image of {service} when that is built; the file of the project \
         is read"
    )
}
