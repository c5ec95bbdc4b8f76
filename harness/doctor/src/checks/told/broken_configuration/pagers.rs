//! The keys of receivers that call somebody.

use super::shape::{Form, PLAIN, Shape, WAY, need, need_or_global};

pub(super) static PAGERDUTY: Shape = Shape {
    what: "`pagerduty_configs`",
    texts: &[
        "service_key",
        "service_key_file",
        "routing_key",
        "routing_key_file",
        "client",
        "client_url",
        "description",
        "source",
        "severity",
        "class",
        "component",
        "group",
    ],
    addresses: &["url"],
    others: &[
        ("details", Form::Map),
        ("images", Form::Anything),
        ("links", Form::Anything),
        ("timeout", Form::Anything),
    ],
    slips: &[
        ("api_key", "it is `routing_key` or `service_key`"),
        ("integration_key", "it is `routing_key` or `service_key`"),
        ("summary", "it is `description`"),
        ("message", "it is `description`"),
    ],
    needs: &[need(&[
        "service_key",
        "service_key_file",
        "routing_key",
        "routing_key_file",
    ])],
    ..WAY
};

pub(super) static OPSGENIE: Shape = Shape {
    what: "`opsgenie_configs`",
    texts: &[
        "api_key",
        "api_key_file",
        "message",
        "description",
        "source",
        "entity",
        "actions",
        "tags",
        "note",
        "priority",
        "teams",
        "api_host",
    ],
    truths: &["update_alerts"],
    addresses: &["api_url"],
    others: &[
        ("details", Form::Pairs),
        ("responders", Form::Many(&RESPONDER)),
    ],
    needs: &[need_or_global(
        &["api_key", "api_key_file"],
        &["opsgenie_api_key", "opsgenie_api_key_file"],
    )],
    ..WAY
};

static RESPONDER: Shape = Shape {
    what: "`responders`",
    texts: &["id", "name", "username", "type"],
    needs: &[need(&["id", "name", "username"])],
    ..PLAIN
};

pub(super) static PUSHOVER: Shape = Shape {
    what: "`pushover_configs`",
    texts: &[
        "user_key",
        "user_key_file",
        "token",
        "token_file",
        "title",
        "message",
        "url",
        "url_title",
        "device",
        "sound",
        "priority",
    ],
    truths: &["html", "monospace"],
    others: &[
        ("retry", Form::LongWait),
        ("expire", Form::LongWait),
        ("ttl", Form::LongWait),
    ],
    slips: &[
        ("user", "it is `user_key`"),
        ("api_token", "it is `token`"),
        ("api_key", "it is `token`"),
    ],
    needs: &[
        need(&["user_key", "user_key_file"]),
        need(&["token", "token_file"]),
    ],
    ..WAY
};

pub(super) static VICTOROPS: Shape = Shape {
    what: "`victorops_configs`",
    texts: &[
        "api_key",
        "api_key_file",
        "routing_key",
        "message_type",
        "state_message",
        "entity_display_name",
        "monitoring_tool",
    ],
    addresses: &["api_url"],
    others: &[("custom_fields", Form::Pairs)],
    needs: &[
        need(&["routing_key"]),
        need_or_global(
            &["api_key", "api_key_file"],
            &["victorops_api_key", "victorops_api_key_file"],
        ),
    ],
    ..WAY
};

pub(super) static INCIDENT_IO: Shape = Shape {
    what: "`incidentio_configs`",
    texts: &["url_file", "alert_source_token", "alert_source_token_file"],
    numbers: &["max_alerts"],
    addresses: &["url"],
    others: &[("timeout", Form::Anything)],
    needs: &[need(&["url", "url_file"])],
    ..WAY
};
