//! The notification sink: a service of ours, beside Alertmanager.

use super::draft::Draft;
use super::networks::bearer;
use super::yaml::{mapping, text, texts};

pub(super) fn add(draft: &mut Draft) {
    let (Some(sink), Some(alertmanager)) = (draft.wishes.sink, draft.wishes.alertmanager) else {
        return;
    };
    let name = sink.service;
    draft.say(name, "image", text(sink.image));
    draft.say(name, "command", texts(["sink"]));
    draft.say(name, "ports", texts([format!("127.0.0.1::{}", sink.port)]));
    if !sink.health.is_empty() {
        let words = ["CMD"]
            .into_iter()
            .chain(sink.health.iter().map(String::as_str));
        let check = [
            ("test", texts(words)),
            ("interval", "1s".into()),
            ("timeout", "2s".into()),
            ("retries", 30.into()),
        ];
        draft.say(name, "healthcheck", mapping(check));
    }
    let bearer = bearer(draft.model, alertmanager.service);
    let networks = draft.joined.get(bearer).cloned().unwrap_or_default();
    for network in networks {
        draft.place_in_network(name, &network);
    }
}
