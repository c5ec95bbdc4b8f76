//! The keys of receivers that write into a chat.

use super::shape::{Form, PLAIN, Shape, WAY, need, need_or_global};

pub(super) static SLACK: Shape = Shape {
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

pub(super) static TELEGRAM: Shape = Shape {
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

pub(super) static DISCORD: Shape = Shape {
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

pub(super) static TEAMS: Shape = Shape {
    what: "`msteams_configs`",
    texts: &["webhook_url_file", "title", "summary", "text"],
    addresses: &["webhook_url"],
    slips: &[("url", "it is `webhook_url`"), ("message", "it is `text`")],
    needs: &[need(&["webhook_url", "webhook_url_file"])],
    ..WAY
};

pub(super) static TEAMS_V2: Shape = Shape {
    what: "`msteamsv2_configs`",
    texts: &["webhook_url_file", "title", "text"],
    addresses: &["webhook_url"],
    slips: &[("url", "it is `webhook_url`"), ("message", "it is `text`")],
    needs: &[need(&["webhook_url", "webhook_url_file"])],
    ..WAY
};

pub(super) static ROCKETCHAT: Shape = Shape {
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

pub(super) static WEBEX: Shape = Shape {
    what: "`webex_configs`",
    texts: &["message", "room_id"],
    addresses: &["api_url"],
    needs: &[need(&["room_id"]), need(&["http_config"])],
    ..WAY
};

pub(super) static WECHAT: Shape = Shape {
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

pub(super) static MATTERMOST: Shape = Shape {
    what: "`mattermost_configs`",
    texts: &[
        "webhook_url_file",
        "channel",
        "username",
        "text",
        "fallback",
        "color",
        "pretext",
        "author_name",
        "author_link",
        "author_icon",
        "title",
        "title_link",
        "thumb_url",
        "footer",
        "footer_icon",
        "image_url",
        "icon_url",
        "icon_emoji",
        "type",
    ],
    addresses: &["webhook_url"],
    others: &[
        ("fields", Form::Anything),
        ("attachments", Form::Anything),
        ("props", Form::Anything),
        ("priority", Form::Anything),
    ],
    needs: &[need_or_global(
        &["webhook_url", "webhook_url_file"],
        &["mattermost_webhook_url", "mattermost_webhook_url_file"],
    )],
    ..WAY
};
