//! A web hook to a chat or a pager that does not take what Alertmanager sends to web hooks.

use std::collections::BTreeSet;

use alertdrill_core::Finding;

use super::told_case::ToldCase;
use crate::checks::check::{Case, Check, Said};
use crate::network::host_and_port;

pub(in crate::checks) const OTHER_FORMAT: Check = Check {
    id: "told/other-format",
    title: "a web hook is sent to a chat that takes another format",
    run,
};

/// Who takes messages of its own format only.
struct Chat {
    name: &'static str,
    /// The end of its host's name.
    host: &'static str,
    /// What its paths begin with.
    path: &'static str,
    /// The receiver that Alertmanager has for it; `None` if it has none.
    receiver: Option<&'static str>,
}

const CHATS: [Chat; 12] = [
    Chat {
        name: "Slack",
        host: "hooks.slack.com",
        path: "/services",
        receiver: Some("slack_configs"),
    },
    Chat {
        name: "Discord",
        host: "discord.com",
        path: "/api/webhooks",
        receiver: Some("discord_configs"),
    },
    Chat {
        name: "Discord",
        host: "discordapp.com",
        path: "/api/webhooks",
        receiver: Some("discord_configs"),
    },
    Chat {
        name: "Telegram",
        host: "api.telegram.org",
        path: "/bot",
        receiver: Some("telegram_configs"),
    },
    Chat {
        name: "Microsoft Teams",
        host: ".webhook.office.com",
        path: "/",
        receiver: Some("msteams_configs"),
    },
    Chat {
        name: "Microsoft Teams",
        host: "outlook.office.com",
        path: "/webhook",
        receiver: Some("msteams_configs"),
    },
    Chat {
        name: "PagerDuty",
        host: "events.pagerduty.com",
        path: "/",
        receiver: Some("pagerduty_configs"),
    },
    Chat {
        name: "Pushover",
        host: "api.pushover.net",
        path: "/",
        receiver: Some("pushover_configs"),
    },
    Chat {
        name: "Google Chat",
        host: "chat.googleapis.com",
        path: "/",
        receiver: None,
    },
    Chat {
        name: "DingTalk",
        host: "oapi.dingtalk.com",
        path: "/",
        receiver: None,
    },
    Chat {
        name: "WeCom",
        host: "qyapi.weixin.qq.com",
        path: "/",
        receiver: None,
    },
    Chat {
        name: "Feishu",
        host: "open.feishu.cn",
        path: "/",
        receiver: None,
    },
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let file = &told.alertmanager.file;
    let used = told.routing.used_receivers();
    let findings = used
        .flat_map(|it| &it.configs)
        .filter_map(|(kind, config)| {
            let (said, node) = match kind.as_str() {
                "webhook_configs" => {
                    let url = config.get("url")?;
                    let is_written_anew = config.get("payload").is_some();
                    (said_of_hook(url.text()?).filter(|_| !is_written_anew)?, url)
                }
                "slack_configs" => {
                    let global = told.alertmanager.node.at(&["global", "slack_api_url"]);
                    let url = config.get("api_url").or(global)?;
                    (said_of_slack(url.text()?)?, url)
                }
                _ => return None,
            };
            Some(said.at(OTHER_FORMAT.id, &file.path, node.place))
        });
    let mut seen = BTreeSet::new();
    let mut findings: Vec<_> = findings.collect();
    findings.retain(|it| seen.insert((it.line, it.column)));
    findings
}

/// Who takes messages at an address.
fn chat(address: &str) -> Option<&'static Chat> {
    let host = host_and_port(address).0.to_lowercase();
    let (_, rest) = address.split_once("://")?;
    let path = rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/");
    CHATS.iter().find(|chat| {
        let before = host.strip_suffix(chat.host);
        let is_host = before
            .is_some_and(|it| it.is_empty() || it.ends_with('.') || chat.host.starts_with('.'));
        is_host && path.starts_with(chat.path)
    })
}

fn said_of_hook(address: &str) -> Option<Said> {
    let chat = chat(address)?;
    let name = chat.name;
    let message = format!(
        "{name} refuses what Alertmanager sends to web hooks, which is not its format: nobody is \
         told there"
    );
    let help = match chat.receiver {
        Some(receiver) => format!("take `{receiver}` in place of `webhook_configs`"),
        None => format!("send it to a program that writes messages for {name}"),
    };
    Some(Said::error(message, help))
}

fn said_of_slack(address: &str) -> Option<Said> {
    let chat = chat(address)?;
    let path = address.trim_end_matches('/');
    (chat.name == "Discord" && !path.ends_with("/slack")).then(|| {
        Said::error(
            "Discord takes Slack's format at the address with `/slack` behind it only: nobody is \
             told here",
            "write `/slack` behind it, or take `discord_configs`",
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/other-format";

    fn project(config: &str) -> String {
        format!(
            "--- prometheus.yml\nrule_files: []\nalerting: {{alertmanagers: [{{static_configs: \
             [{{targets: ['alertmanager:9093']}}]}}]}}\n--- alertmanager.yml\nroute: {{receiver: \
             a}}\nreceivers:\n- name: a\n  {config}\n"
        )
    }

    #[test]
    fn chats_that_take_their_own_format_are_found() {
        for url in [
            "https://hooks.slack.com/services/T02ABCDEF/B03ABCDEF/aBcDeFgHiJkLmNoPqRsTuVwX",
            "https://discord.com/api/webhooks/123/abc",
            "https://canary.discord.com/api/webhooks/123/abc",
            "https://api.telegram.org/bot123:abc/sendMessage?chat_id=1",
            "https://corp.webhook.office.com/webhookb2/a",
            "https://chat.googleapis.com/v1/spaces/a/messages?key=b",
        ] {
            let config = format!("webhook_configs: [{{url: '{url}'}}]");
            assert_finds(ID, &project(&config), &["alertmanager.yml:4:27 error"]);
        }
        let slack =
            "slack_configs: [{channel: '#a', api_url: 'https://discord.com/api/webhooks/1/a'}]";
        assert_finds(
            ID,
            &project(slack),
            &["alertmanager.yml:4:44 error: Discord takes"],
        );
    }

    #[test]
    fn others_are_silent() {
        for config in [
            "webhook_configs: [{url: 'https://hooks.slack.com/triggers/T1/2/abc'}]",
            "webhook_configs: [{url: 'https://hooks.corp.org/services/x'}]",
            "webhook_configs: [{url: 'http://discord-bridge:9094/api/webhooks'}]",
            "discord_configs: [{webhook_url: 'https://discord.com/api/webhooks/1/a'}]",
            "slack_configs: [{channel: '#a', api_url: 'https://discord.com/api/webhooks/1/a/slack'}]",
            "slack_configs: [{channel: '#a', api_url: 'https://mattermost.corp.org/hooks/a'}]",
        ] {
            assert_silent(ID, &project(config));
        }
    }
}
