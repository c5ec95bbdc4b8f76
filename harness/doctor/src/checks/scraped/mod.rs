//! Does what is scraped answer?

mod asks_nobody;
mod cannot_log_in;
mod finds_nothing;
mod fixed_address;
mod needs_token;
mod no_such_instance;
mod no_such_job;
mod no_such_module;
mod one_of_several;
mod scraped_targets;
mod target_unknown;
mod twice;
mod wrong_network;
mod wrong_path;
mod wrong_port;

pub(in crate::checks) use asks_nobody::exporters::EXPORTERS;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    target_unknown::TARGET_UNKNOWN,
    wrong_network::WRONG_NETWORK,
    wrong_port::WRONG_PORT,
    wrong_path::WRONG_PATH,
    needs_token::NEEDS_TOKEN,
    finds_nothing::FINDS_NOTHING,
    asks_nobody::ASKS_NOBODY,
    cannot_log_in::CANNOT_LOG_IN,
    no_such_module::NO_SUCH_MODULE,
    one_of_several::ONE_OF_SEVERAL,
    twice::TWICE,
    fixed_address::FIXED_ADDRESS,
    no_such_job::NO_SUCH_JOB,
    no_such_instance::NO_SUCH_INSTANCE,
];
