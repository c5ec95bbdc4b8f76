//! What a notification and its alerts have in Alertmanager's templates.

use alertdrill_core::nearest;

use super::references::Of;
use crate::checks::check::Said;

const OF_NOTIFICATIONS: [&str; 8] = [
    "Receiver",
    "Status",
    "Alerts",
    "NotificationReason",
    "GroupLabels",
    "CommonLabels",
    "CommonAnnotations",
    "ExternalURL",
];
const OF_ALERTS: [&str; 7] = [
    "Status",
    "Labels",
    "Annotations",
    "StartsAt",
    "EndsAt",
    "GeneratorURL",
    "Fingerprint",
];

/// Whether it has a field of this name.
pub(super) fn is_field(of: Of, name: &str) -> bool {
    match of {
        Of::Notification => OF_NOTIFICATIONS.contains(&name),
        Of::Alert => OF_ALERTS.contains(&name),
        Of::Prometheus => true,
    }
}

/// That it has no field that begins with `first`.
pub(super) fn no_field(shown: &str, of: Of, first: &str) -> Said {
    let (whose, fields) = match of {
        Of::Alert => ("an alert", &OF_ALERTS[..]),
        Of::Notification | Of::Prometheus => ("a notification", &OF_NOTIFICATIONS[..]),
    };
    let help = if of == Of::Notification && OF_ALERTS.contains(&first) {
        format!("write `{{{{ range .Alerts }}}}{{{{ .{shown} }}}}{{{{ end }}}}`")
    } else {
        match nearest(first, fields.iter().copied()) {
            Some(near) => format!("the nearest is `.{near}`"),
            None => format!("{whose} has `.{}`", fields.join("`, `.")),
        }
    };
    Said::error(
        format!(
            "`.{shown}` is no field of {whose}: Alertmanager cannot fill it in, and sends nothing"
        ),
        help,
    )
}
