//! What the routes can keep of the usual promises.

use std::time::Duration;

use alertdrill_core::{Promises, Routes};

use super::timing::{humane, text_of};
use super::yaml_text::comment;

/// What a notification and its way take beside Alertmanager's own waits.
const ON_THE_WAY: Duration = Duration::from_secs(15);

/// The promises that these routes keep where they do not keep the usual ones.
pub(super) fn kept_by(routes: &Routes) -> Promises {
    let all = routes.all();
    let longest = |wait: fn(&alertdrill_core::Route) -> Duration| {
        let waits = all.iter().map(|route| wait(route));
        waits.max().unwrap_or_default()
    };
    let shortest_repeat = all.iter().map(|route| route.repeat_interval).min();
    let usual = Promises::default();
    let later = |kept: Duration, usual: Duration| (kept > usual).then(|| humane(kept));
    let delivered = longest(|route| route.group_wait) + ON_THE_WAY;
    let end_delivered = longest(|route| route.group_interval) + ON_THE_WAY;
    let reminded = longest(|route| route.repeat_interval + route.group_interval);
    Promises {
        delivered_within: later(delivered, usual.delivered_within()),
        ended_within: None,
        end_delivered_within: later(end_delivered, usual.end_delivered_within()),
        reminded_after: shortest_repeat.filter(|repeat| *repeat < usual.reminded_after()),
        reminded_within: later(reminded, usual.reminded_within()),
    }
}

/// As `alertdrill.yml` says them, with a word on where they come from; `None` if there are none.
pub(super) fn promises_text(promises: &Promises) -> Option<String> {
    let said: Vec<_> = [
        ("delivered_within", promises.delivered_within),
        ("end_delivered_within", promises.end_delivered_within),
        ("reminded_after", promises.reminded_after),
        ("reminded_within", promises.reminded_within),
    ]
    .into_iter()
    .filter_map(|(key, kept)| Some(format!("{key}: {}", text_of(kept?))))
    .collect();
    if said.is_empty() {
        return None;
    }
    let whence = comment(
        "",
        "What Alertmanager's routes keep. If you promise more than that, write it: then they fail.",
    );
    Some(format!("{whence}promises: {{{}}}", said.join(", ")))
}

#[cfg(test)]
mod tests {
    use alertdrill_core::routes_of;

    use super::*;

    fn text(waits: &str) -> Option<String> {
        let yaml = format!("{{route: {{receiver: a{waits}}}, receivers: [{{name: a}}]}}");
        promises_text(&kept_by(&routes_of(&yaml).unwrap()))
    }

    #[test]
    fn routes_that_keep_the_usual_promises_need_no_word_and_others_say_what_they_keep() {
        assert_eq!(text(""), None);
        let said = text(", group_wait: 2m, group_interval: 10m, repeat_interval: 30m").unwrap();
        assert!(
            said.ends_with(
                "\npromises: {delivered_within: 2m30s, end_delivered_within: 11m, \
                 reminded_after: 30m}"
            ),
            "{said}"
        );
    }
}
