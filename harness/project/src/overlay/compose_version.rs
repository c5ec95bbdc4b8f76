//! The oldest compose that understands the overlay.

use alertdrill_core::{Error, Result};

/// The first version that knows `!override`.
const OLDEST: [u32; 3] = [2, 24, 4];

/// That this version of compose (`docker compose version --short`: `2.26.1-4`, `v2.29.0-desktop.1`)
/// understands the overlay.
///
/// # Errors
/// [`Error::NoCompose`] that says which version does.
pub fn require_compose(version: &str) -> Result<()> {
    let version = version.trim();
    let too_old = |reason: String| {
        let [major, minor, patch] = OLDEST;
        let reason = format!(
            "{reason}; version {major}.{minor}.{patch} or newer is needed to run a project of \
             others beside itself (it is the first that knows `!override`); a project that runs \
             already can be drilled with any version: `attach` in alertdrill.yml"
        );
        Error::NoCompose { reason }
    };
    match numbers(version) {
        Some(numbers) if numbers >= OLDEST => Ok(()),
        Some(_) => Err(too_old(format!("its version is {version}"))),
        None => Err(too_old(format!("`{version}` is no version"))),
    }
}

fn numbers(version: &str) -> Option<[u32; 3]> {
    let version = version.strip_prefix('v').unwrap_or(version);
    let numbers = version.split(['-', '+', '~']).next()?;
    let mut numbers = numbers.split('.').map(|number| number.parse().ok());
    let read = [numbers.next()??, numbers.next()??, numbers.next()??];
    Some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_that_knows_override_is_taken_and_an_older_one_is_refused_with_the_remedy() {
        for taken in [
            "2.24.4",
            "2.26.1-4",
            "v2.29.0-desktop.1",
            "v2.40.3\n",
            "5.0.1",
            "2.24.6+ds1",
        ] {
            require_compose(taken).unwrap();
        }
        for refused in ["2.24.3", "1.29.2", "v2.3.3", "2.24.4rc1", "dev", "", "2.26"] {
            assert!(require_compose(refused).is_err(), "{refused}");
        }
        insta::assert_snapshot!(require_compose("2.20.2").unwrap_err(), @"failed to run `docker compose`: its version is 2.20.2; version 2.24.4 or newer is needed to run a project of others beside itself (it is the first that knows `!override`); a project that runs already can be drilled with any version: `attach` in alertdrill.yml");
    }
}
