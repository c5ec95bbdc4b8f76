//! Each check is a file, an id and a page: the id `metric/not-exported` is `metric/not_exported.rs`
//! here and `docs/doctor/metric/not-exported.md`.

mod check;
mod expression;
mod helpful;
mod loaded;
mod metric;
mod running;
mod scraped;
mod told;
mod unfilled;
mod words;

pub(crate) use check::{Check, Said};

use check::Case;

/// Every check, in the order of the way from the files to the page.
pub(crate) fn checks() -> impl Iterator<Item = &'static Check> {
    let groups = [
        loaded::CHECKS,
        scraped::CHECKS,
        metric::CHECKS,
        expression::CHECKS,
        told::CHECKS,
        helpful::CHECKS,
        running::CHECKS,
    ];
    groups.into_iter().flatten()
}
