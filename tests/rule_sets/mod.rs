//! Rule sets, routes and configurations that are wrong, and right ones that are written otherwise:
//! the entries of the files beside this one, whose README tells what they say.

mod bench;
mod files;
mod rule_set;
mod shared_runs;

pub(crate) use bench::{Bench, assert_all_as_wanted, plan, table};
pub(crate) use files::Files;
pub(crate) use rule_set::{Catcher, Coverage, DecidedBy, RuleSet, of_file, rule_sets};
pub(crate) use shared_runs::{files_of, shared_runs};
