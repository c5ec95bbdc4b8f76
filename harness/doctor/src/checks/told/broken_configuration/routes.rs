//! The keys of a configuration but for those of receivers:
//! <https://prometheus.io/docs/alerting/latest/configuration/>.

use super::receivers::RECEIVER;
use super::shape::{Form, PLAIN, Shape};

pub(super) static CONFIGURATION: Shape = Shape {
    what: "a configuration",
    others: &[
        ("global", Form::One(&GLOBAL)),
        ("route", Form::One(&ROUTE)),
        ("receivers", Form::Many(&RECEIVER)),
        ("inhibit_rules", Form::Many(&INHIBITION)),
        ("templates", Form::Texts),
        ("mute_time_intervals", Form::Many(&TIMES)),
        ("time_intervals", Form::Many(&TIMES)),
        ("tracing", Form::Anything),
        ("event_recorder", Form::Anything),
    ],
    ..PLAIN
};

pub(super) static ROUTE: Shape = Shape {
    what: "a route",
    texts: &["receiver"],
    truths: &["continue"],
    waits: &["group_wait", "group_interval", "repeat_interval"],
    others: &[
        ("group_by", Form::Texts),
        ("match", Form::Labels),
        ("match_re", Form::Patterns),
        ("matchers", Form::Matchers),
        ("mute_time_intervals", Form::Texts),
        ("active_time_intervals", Form::Texts),
        ("routes", Form::Many(&ROUTE)),
    ],
    slips: &[
        ("severity", "write it below `match` or `matchers`"),
        ("alertname", "write it below `match` or `matchers`"),
        ("receivers", "a route names one `receiver`"),
    ],
    ..PLAIN
};

static INHIBITION: Shape = Shape {
    what: "an inhibit rule",
    texts: &["name"],
    others: &[
        ("source_match", Form::Labels),
        ("source_match_re", Form::Patterns),
        ("source_matchers", Form::Matchers),
        ("target_match", Form::Labels),
        ("target_match_re", Form::Patterns),
        ("target_matchers", Form::Matchers),
        ("equal", Form::Texts),
    ],
    ..PLAIN
};

static TIMES: Shape = Shape {
    what: "a time interval",
    texts: &["name"],
    others: &[("time_intervals", Form::Many(&HOURS))],
    ..PLAIN
};

static HOURS: Shape = Shape {
    what: "an interval",
    texts: &["location"],
    others: &[
        ("times", Form::Anything),
        ("weekdays", Form::Texts),
        ("days_of_month", Form::Texts),
        ("months", Form::Texts),
        ("years", Form::Texts),
    ],
    ..PLAIN
};

pub(super) static GLOBAL: Shape = Shape {
    what: "`global`",
    texts: &[
        "smtp_from",
        "smtp_hello",
        "smtp_auth_username",
        "smtp_auth_password",
        "smtp_auth_password_file",
        "smtp_auth_secret",
        "smtp_auth_secret_file",
        "smtp_auth_identity",
        "slack_api_url_file",
        "slack_app_token",
        "slack_app_token_file",
        "opsgenie_api_key",
        "opsgenie_api_key_file",
        "wechat_api_secret",
        "wechat_api_secret_file",
        "wechat_api_corp_id",
        "victorops_api_key",
        "victorops_api_key_file",
        "telegram_bot_token",
        "telegram_bot_token_file",
        "rocketchat_token",
        "rocketchat_token_file",
        "rocketchat_token_id",
        "rocketchat_token_id_file",
        "mattermost_webhook_url_file",
        "hipchat_auth_token",
        "opsgenie_api_host",
    ],
    truths: &["smtp_require_tls", "smtp_force_implicit_tls"],
    waits: &["resolve_timeout"],
    addresses: &[
        "jira_api_url",
        "slack_api_url",
        "slack_app_url",
        "pagerduty_url",
        "opsgenie_api_url",
        "wechat_api_url",
        "victorops_api_url",
        "telegram_api_url",
        "webex_api_url",
        "rocketchat_api_url",
        "mattermost_webhook_url",
        "hipchat_api_url",
    ],
    hosts: &["smtp_smarthost"],
    others: &[
        ("http_config", Form::One(&HTTP)),
        ("smtp_tls_config", Form::Anything),
    ],
    slips: &[
        ("slack_webhook_url", "it is `slack_api_url`"),
        ("slack_url", "it is `slack_api_url`"),
        ("smtp_host", "it is `smtp_smarthost`"),
        ("smtp_username", "it is `smtp_auth_username`"),
        ("smtp_password", "it is `smtp_auth_password`"),
        ("group_wait", "it belongs to a route"),
        ("group_interval", "it belongs to a route"),
        ("repeat_interval", "it belongs to a route"),
        ("scrape_interval", "it belongs to Prometheus"),
        ("evaluation_interval", "it belongs to Prometheus"),
    ],
    has_files_instead: true,
    ..PLAIN
};

pub(super) static HTTP: Shape = Shape {
    what: "`http_config`",
    texts: &["bearer_token", "bearer_token_file", "no_proxy", "proxy_url"],
    truths: &["follow_redirects", "enable_http2", "proxy_from_environment"],
    others: &[
        ("basic_auth", Form::One(&BASIC)),
        ("authorization", Form::One(&AUTHORIZATION)),
        ("oauth2", Form::Anything),
        ("tls_config", Form::Anything),
        ("http_headers", Form::Anything),
        ("proxy_connect_header", Form::Anything),
    ],
    slips: &[("headers", "it is `http_headers: {NAME: {values: […]}}`")],
    ..PLAIN
};

static BASIC: Shape = Shape {
    what: "`basic_auth`",
    texts: &[
        "username",
        "username_file",
        "username_ref",
        "password",
        "password_file",
        "password_ref",
    ],
    ..PLAIN
};

static AUTHORIZATION: Shape = Shape {
    what: "`authorization`",
    texts: &["type", "credentials", "credentials_file", "credentials_ref"],
    ..PLAIN
};
