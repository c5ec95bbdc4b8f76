//! The keys of receivers, of all versions of Alertmanager:
//! <https://prometheus.io/docs/alerting/latest/configuration/#receiver-integration-settings>.

use super::chats::{
    DISCORD, MATTERMOST, ROCKETCHAT, SLACK, TEAMS, TEAMS_V2, TELEGRAM, WEBEX, WECHAT,
};
use super::pagers::{INCIDENT_IO, OPSGENIE, PAGERDUTY, PUSHOVER, VICTOROPS};
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
        ("mattermost_configs", Form::Many(&MATTERMOST)),
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
