//! Who is told of an alert?

mod alertmanager_unknown;
mod alertmanager_without_targets;
mod broken_configuration;
mod default_configuration;
mod empty_default_receiver;
mod empty_template;
mod filled_in;
mod fixed_address;
mod inhibition_mutes_itself;
mod inhibition_never_matches;
mod inhibition_without_equal;
mod mail_refused;
mod mutes;
mod no_alertmanager;
mod other_format;
mod receiver_refuses;
mod receiver_undefined;
mod receiver_unreachable;
mod receiver_unused;
mod route_never_matches;
mod secret_not_there;
mod severity_without_route;
mod template_undefined;
mod told_case;

pub(in crate::checks) use mutes::unmuted;

use super::Check;

pub(super) const CHECKS: &[Check] = &[
    no_alertmanager::NO_ALERTMANAGER,
    alertmanager_without_targets::ALERTMANAGER_WITHOUT_TARGETS,
    alertmanager_unknown::ALERTMANAGER_UNKNOWN,
    default_configuration::DEFAULT_CONFIGURATION,
    broken_configuration::BROKEN_CONFIGURATION,
    receiver_undefined::RECEIVER_UNDEFINED,
    fixed_address::FIXED_ADDRESS,
    receiver_unreachable::RECEIVER_UNREACHABLE,
    secret_not_there::SECRET_NOT_THERE,
    receiver_refuses::RECEIVER_REFUSES,
    other_format::OTHER_FORMAT,
    mail_refused::MAIL_REFUSED,
    receiver_unused::RECEIVER_UNUSED,
    empty_default_receiver::EMPTY_DEFAULT_RECEIVER,
    empty_template::EMPTY_TEMPLATE,
    template_undefined::TEMPLATE_UNDEFINED,
    route_never_matches::ROUTE_NEVER_MATCHES,
    severity_without_route::SEVERITY_WITHOUT_ROUTE,
    inhibition_never_matches::INHIBITION_NEVER_MATCHES,
    inhibition_without_equal::INHIBITION_WITHOUT_EQUAL,
    inhibition_mutes_itself::INHIBITION_MUTES_ITSELF,
];
