//! The stack's images, built before they are used without the stack.

use std::path::Path;
use std::sync::Once;

use alertdrill::{Progress, commands};

/// Tests are threads of one process: only one of them builds what is out of date.
static IMAGES: Once = Once::new();

/// The folder of the programs that cargo builds.
pub(crate) fn programs() -> &'static Path {
    let program = Path::new(env!("CARGO_BIN_EXE_k2-fixtures"));
    program.parent().unwrap()
}

/// Builds the images that are out of date.
pub(crate) fn build() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    IMAGES.call_once(|| {
        commands::build_images(root, programs(), &Progress::default()).unwrap();
    });
}
