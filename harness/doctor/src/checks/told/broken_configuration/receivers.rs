//! The keys of receivers, of all versions of Alertmanager:
//! <https://prometheus.io/docs/alerting/latest/configuration/#receiver-integration-settings>.

use super::shape::{Form, PLAIN, Shape, WAY, need, need_or_global};

pub(super) static RECEIVER: Shape = Shape {
    what: "a receiver",
    texts: &["name"],
    others: &[
        ("labels", Form::Pairs),
        ("discord_configs", Form::Many(&DISCORD)),
        ("email_configs", Form::Many(&EMAIL)),
        ("hipchat_configs", Form::Anything),
        ("incidentio_configs", Form::Many(&INCIDENT_IO)),
        ("jira_configs", Form::Many(&JIRA)),
        ("mattermost_configs", Form::Anything),
        ("msteams_configs", Form::Many(&TEAMS)),
        ("msteamsv2_configs", Form::Many(&TEAMS_V2)),
        ("opsgenie_configs", Form::Many(&OPSGENIE)),
        ("pagerduty_configs", Form::Many(&PAGERDUTY)),
        ("pushover_configs", Form::Many(&PUSHOVER)),
        ("rocketchat_configs", Form::Many(&ROCKETCHAT)),
        ("slack_configs", Form::Many(&SLACK)),
        ("sns_configs", Form::Many(&SNS)),
        ("telegram_configs", Form::Many(&TELEGRAM)),
        ("victorops_configs", Form::Many(&VICTOROPS)),
        ("webex_configs", Form::Many(&WEBEX)),
        ("webhook_configs", Form::Many(&WEBHOOK)),
        ("wechat_configs", Form::Many(&WECHAT)),
    ],
    slips: &[
        ("url", "it belongs below `webhook_configs`"),
        ("to", "it belongs below `email_configs`"),
        (
            "teams_configs",
            "it is `msteams_configs` or `msteamsv2_configs`",
        ),
        ("mail_configs", "it is `email_configs`"),
    ],
    needs: &[need(&["name"])],
    ..PLAIN
};

static EMAIL: Shape = Shape {
    what: "`email_configs`",
    texts: &[
        "to",
        "from",
        "hello",
        "auth_username",
        "auth_password",
        "auth_password_file",
        "auth_secret",
        "auth_secret_file",
        "auth_identity",
        "html",
        "text",
    ],
    truths: &["require_tls", "force_implicit_tls"],
    hosts: &["smarthost"],
    others: &[
        ("headers", Form::Pairs),
        ("tls_config", Form::Anything),
        ("threading", Form::Anything),
    ],
    slips: &[
        ("subject", "write `headers: {Subject: …}`"),
        ("title", "write `headers: {Subject: …}`"),
        ("body", "write `html` or `text`"),
        ("message", "write `html` or `text`"),
        ("content", "write `html` or `text`"),
        ("smtp_smarthost", "it is `smarthost` here"),
        ("smtp_from", "it is `from` here"),
        ("username", "it is `auth_username`"),
        ("password", "it is `auth_password`"),
        ("smtp_auth_username", "it is `auth_username` here"),
        ("smtp_auth_password", "it is `auth_password` here"),
        ("smtp_require_tls", "it is `require_tls` here"),
    ],
    needs: &[
        need(&["to"]),
        need_or_global(&["smarthost"], &["smtp_smarthost"]),
        need_or_global(&["from"], &["smtp_from"]),
    ],
    has_files_instead: false,
    ..WAY
};

static WEBHOOK: Shape = Shape {
    what: "`webhook_configs`",
    texts: &["url_file"],
    numbers: &["max_alerts"],
    addresses: &["url"],
    others: &[("timeout", Form::Anything), ("payload", Form::Anything)],
    slips: &[
        ("webhook_url", "it is `url`"),
        ("api_url", "it is `url`"),
        ("headers", "write `http_config: {http_headers: …}`"),
        ("basic_auth", "it belongs below `http_config`"),
        ("bearer_token", "it belongs below `http_config`"),
        ("tls_config", "it belongs below `http_config`"),
        ("method", "it is always POST"),
        ("http_method", "it is always POST"),
        ("title", "what is sent is told by the alerts' annotations"),
        ("message", "what is sent is told by the alerts' annotations"),
        ("text", "what is sent is told by the alerts' annotations"),
    ],
    needs: &[need(&["url", "url_file"])],
    ..WAY
};

static SLACK: Shape = Shape {
    what: "`slack_configs`",
    texts: &[
        "api_url_file",
        "app_token",
        "app_token_file",
        "channel",
        "username",
        "color",
        "title",
        "title_link",
        "pretext",
        "text",
        "message_text",
        "footer",
        "fallback",
        "callback_id",
        "icon_emoji",
        "icon_url",
        "image_url",
        "thumb_url",
    ],
    truths: &["short_fields", "link_names", "update_message"],
    addresses: &["api_url", "app_url"],
    others: &[
        ("mrkdwn_in", Form::Texts),
        ("fields", Form::Many(&SLACK_FIELD)),
        ("actions", Form::Many(&SLACK_ACTION)),
        ("timeout", Form::Anything),
    ],
    slips: &[
        ("webhook_url", "it is `api_url`"),
        ("url", "it is `api_url`"),
        ("slack_api_url", "it is `api_url` here"),
        ("message", "it is `text`"),
        ("body", "it is `text`"),
        ("icon", "it is `icon_emoji` or `icon_url`"),
    ],
    needs: &[need_or_global(
        &["api_url", "api_url_file", "app_token", "app_token_file"],
        &[
            "slack_api_url",
            "slack_api_url_file",
            "slack_app_token",
            "slack_app_token_file",
        ],
    )],
    ..WAY
};

static SLACK_FIELD: Shape = Shape {
    what: "`fields`",
    texts: &["title", "value"],
    truths: &["short"],
    needs: &[need(&["title"]), need(&["value"])],
    ..PLAIN
};

static SLACK_ACTION: Shape = Shape {
    what: "`actions`",
    texts: &["type", "text", "url", "style", "name", "value"],
    others: &[("confirm", Form::Anything)],
    needs: &[need(&["type"]), need(&["text"]), need(&["url", "name"])],
    ..PLAIN
};

static PAGERDUTY: Shape = Shape {
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

static OPSGENIE: Shape = Shape {
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

static TELEGRAM: Shape = Shape {
    what: "`telegram_configs`",
    texts: &[
        "bot_token",
        "bot_token_file",
        "chat_id_file",
        "message",
        "parse_mode",
    ],
    truths: &["disable_notifications"],
    numbers: &["chat_id", "message_thread_id"],
    addresses: &["api_url"],
    slips: &[
        ("token", "it is `bot_token`"),
        ("chat", "it is `chat_id`"),
        ("text", "it is `message`"),
        ("title", "it is `message`"),
        ("disable_notification", "it is `disable_notifications`"),
    ],
    needs: &[
        need(&["chat_id", "chat_id_file"]),
        need_or_global(
            &["bot_token", "bot_token_file"],
            &["telegram_bot_token", "telegram_bot_token_file"],
        ),
    ],
    ..WAY
};

static DISCORD: Shape = Shape {
    what: "`discord_configs`",
    texts: &[
        "webhook_url_file",
        "content",
        "title",
        "message",
        "username",
        "avatar_url",
    ],
    addresses: &["webhook_url"],
    slips: &[
        ("url", "it is `webhook_url`"),
        ("api_url", "it is `webhook_url`"),
        ("text", "it is `message`"),
    ],
    needs: &[need(&["webhook_url", "webhook_url_file"])],
    ..WAY
};

static TEAMS: Shape = Shape {
    what: "`msteams_configs`",
    texts: &["webhook_url_file", "title", "summary", "text"],
    addresses: &["webhook_url"],
    slips: &[("url", "it is `webhook_url`"), ("message", "it is `text`")],
    needs: &[need(&["webhook_url", "webhook_url_file"])],
    ..WAY
};

static TEAMS_V2: Shape = Shape {
    what: "`msteamsv2_configs`",
    texts: &["webhook_url_file", "title", "text"],
    addresses: &["webhook_url"],
    slips: &[("url", "it is `webhook_url`"), ("message", "it is `text`")],
    needs: &[need(&["webhook_url", "webhook_url_file"])],
    ..WAY
};

static PUSHOVER: Shape = Shape {
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

static VICTOROPS: Shape = Shape {
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

static WECHAT: Shape = Shape {
    what: "`wechat_configs`",
    texts: &[
        "api_secret",
        "api_secret_file",
        "corp_id",
        "message",
        "to_user",
        "to_party",
        "to_tag",
        "agent_id",
        "message_type",
    ],
    addresses: &["api_url"],
    needs: &[
        need_or_global(
            &["api_secret", "api_secret_file"],
            &["wechat_api_secret", "wechat_api_secret_file"],
        ),
        need_or_global(&["corp_id"], &["wechat_api_corp_id"]),
    ],
    ..WAY
};

static WEBEX: Shape = Shape {
    what: "`webex_configs`",
    texts: &["message", "room_id"],
    addresses: &["api_url"],
    needs: &[need(&["room_id"]), need(&["http_config"])],
    ..WAY
};

static SNS: Shape = Shape {
    what: "`sns_configs`",
    texts: &[
        "api_url",
        "topic_arn",
        "phone_number",
        "target_arn",
        "subject",
        "message",
    ],
    truths: &["use_aws_http_client"],
    others: &[("sigv4", Form::Anything), ("attributes", Form::Pairs)],
    needs: &[need(&["topic_arn", "phone_number", "target_arn"])],
    ..WAY
};

static JIRA: Shape = Shape {
    what: "`jira_configs`",
    texts: &[
        "api_type",
        "project",
        "priority",
        "issue_type",
        "reopen_transition",
        "resolve_transition",
        "wont_fix_resolution",
    ],
    waits: &["reopen_duration"],
    addresses: &["api_url"],
    others: &[
        ("summary", Form::Anything),
        ("description", Form::Anything),
        ("labels", Form::Texts),
        ("fields", Form::Anything),
        ("custom_fields", Form::Anything),
    ],
    needs: &[
        need(&["project"]),
        need(&["issue_type"]),
        need_or_global(&["api_url"], &["jira_api_url"]),
    ],
    ..WAY
};

static ROCKETCHAT: Shape = Shape {
    what: "`rocketchat_configs`",
    texts: &[
        "token_id",
        "token_id_file",
        "token",
        "token_file",
        "channel",
        "color",
        "title",
        "title_link",
        "text",
        "emoji",
        "icon_url",
        "image_url",
        "thumb_url",
    ],
    truths: &["short_fields", "link_names"],
    addresses: &["api_url"],
    others: &[("fields", Form::Anything), ("actions", Form::Anything)],
    needs: &[
        need_or_global(
            &["token", "token_file"],
            &["rocketchat_token", "rocketchat_token_file"],
        ),
        need_or_global(
            &["token_id", "token_id_file"],
            &["rocketchat_token_id", "rocketchat_token_id_file"],
        ),
    ],
    ..WAY
};

static INCIDENT_IO: Shape = Shape {
    what: "`incidentio_configs`",
    texts: &["url_file", "alert_source_token", "alert_source_token_file"],
    numbers: &["max_alerts"],
    addresses: &["url"],
    others: &[("timeout", Form::Anything)],
    needs: &[need(&["url", "url_file"])],
    ..WAY
};
