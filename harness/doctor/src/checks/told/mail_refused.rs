//! A mail server that does not take mails as Alertmanager sends them.

use std::collections::BTreeSet;

use alertdrill_core::Finding;
use alertdrill_project::Service;
use alertdrill_project::discovery::short_name;
use alertdrill_project::yaml_tree::Node;

use super::told_case::ToldCase;
use crate::checks::check::{Case, Check, Said};
use crate::network::{Answers, Names, host_and_port};

pub(in crate::checks) const MAIL_REFUSED: Check = Check {
    id: "told/mail-refused",
    title: "a mail server does not take mails as Alertmanager sends them",
    run,
};

/// Servers for tests, which show the mails that they get, and take no TLS unless they are told.
const WITHOUT_TLS: [&str; 6] = [
    "mailhog",
    "mailpit",
    "maildev",
    "mailcatcher",
    "smtp4dev",
    "inbucket",
];
/// Servers that take mails of who logs in only.
const WITH_LOGIN: [&str; 9] = [
    "smtp.gmail.com",
    "smtp.googlemail.com",
    "smtp.office365.com",
    "smtp-mail.outlook.com",
    "smtp.sendgrid.net",
    "smtp.mailgun.org",
    "smtp.mail.yahoo.com",
    "smtp.yandex.com",
    "smtp.yandex.ru",
];
/// What holds the password, for itself and in `global`.
const PASSWORDS: [&str; 4] = [
    "auth_password",
    "auth_password_file",
    "auth_secret",
    "auth_secret_file",
];

fn run(case: &Case<'_>) -> Vec<Finding> {
    let Some(told) = ToldCase::of(case) else {
        return Vec::new();
    };
    let file = &told.alertmanager.file;
    let used = told.routing.used_receivers();
    let mails = used
        .flat_map(|receiver| &receiver.configs)
        .filter(|(kind, _)| kind == "email_configs");
    let global = told.alertmanager.node.get("global");
    let mut seen = BTreeSet::new();
    let mut findings = Vec::new();
    for (_, own) in mails {
        let mail = Mail { own, global };
        let Some(host) = mail.get("smarthost") else {
            continue;
        };
        let said = without_tls(case, told.alertmanager.service.as_deref(), &mail, host)
            .or_else(|| without_login(&mail, host));
        if let Some(said) = said
            && seen.insert(host.place)
        {
            findings.push(said.at(MAIL_REFUSED.id, &file.path, host.place));
        }
    }
    findings
}

/// What a receiver says of its mails, or what is said of all.
struct Mail<'a> {
    own: &'a Node,
    global: Option<&'a Node>,
}

impl<'a> Mail<'a> {
    fn get(&self, key: &str) -> Option<&'a Node> {
        let of_all = || self.global?.get(&format!("smtp_{key}"));
        self.own.get(key).or_else(of_all)
    }
}

fn without_tls(case: &Case<'_>, asker: Option<&str>, mail: &Mail<'_>, host: &Node) -> Option<Said> {
    let address = host.text()?;
    let names = Names::of(case.checkout)?;
    let Answers::Service(name) = names.answers(host_and_port(address).0, asker?) else {
        return None;
    };
    let insists = mail
        .get("require_tls")
        .is_none_or(|node| node.text() != Some("false"));
    let service = names.service(name)?;
    (insists && takes_no_tls(service)).then(|| {
        Said::error(
            format!(
                "`{address}` takes no TLS, and Alertmanager sends no mail without it unless it is \
                 told: nobody is told"
            ),
            "say `smtp_require_tls: false` in `global`",
        )
    })
}

fn takes_no_tls(service: &Service) -> bool {
    let image = service.image.as_deref().unwrap_or_default();
    let is_one = WITHOUT_TLS.contains(&short_name(image).to_lowercase().as_str());
    let words = service.command.iter().chain(&service.entrypoint);
    let mut words = words.chain(service.environment.keys());
    is_one && service.build.is_none() && !words.any(|word| word.to_lowercase().contains("tls"))
}

fn without_login(mail: &Mail<'_>, host: &Node) -> Option<Said> {
    let address = host.text()?;
    let (name, _) = host_and_port(address);
    let is_one = WITH_LOGIN.contains(&name.to_lowercase().as_str());
    let user = mail.get("auth_username").and_then(Node::text);
    let has_user = user.is_some_and(|user| !user.is_empty());
    let is_filled = |node: &Node| !node.is_null() && node.text() != Some("");
    let has_password = PASSWORDS
        .iter()
        .any(|key| mail.get(key).is_some_and(is_filled));
    let missing = match (has_user, has_password) {
        (false, _) if is_one => "smtp_auth_username` and `smtp_auth_password",
        (true, false) => "smtp_auth_password",
        _ => return None,
    };
    Some(Said::error(
        format!(
            "`{address}` takes mails of who logs in only, and there is no `{missing}`: nobody is told"
        ),
        "add it; a file keeps the password out of the repository: `smtp_auth_password_file`",
    ))
}

#[cfg(test)]
mod tests {
    use crate::test_projects::{assert_finds, assert_silent};

    const ID: &str = "told/mail-refused";

    fn project(global: &str, mail: &str, server: &str) -> String {
        format!(
            "--- docker-compose.yml
services:
  prometheus:
    image: prom/prometheus
    volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']
  alertmanager:
    image: prom/alertmanager
    volumes: ['./alertmanager.yml:/etc/alertmanager/alertmanager.yml']
  mail: {{{server}}}
--- prometheus.yml
alerting: {{alertmanagers: [{{static_configs: [{{targets: ['alertmanager:9093']}}]}}]}}
scrape_configs: []
--- alertmanager.yml
global: {{smtp_from: 'a@b.org', {global}}}
route: {{receiver: a}}
receivers:
- name: a
  email_configs: [{{to: 'team@b.org'{mail}}}]
"
        )
    }

    const HOG: &str = "image: mailhog/mailhog";

    #[test]
    fn server_without_tls_is_found() {
        let global = "smtp_smarthost: 'mail:1025'";
        let expected = "alertmanager.yml:1:48 error: `mail:1025` takes no TLS";
        assert_finds(ID, &project(global, "", HOG), &[expected]);
        for silent in [
            project(
                "smtp_smarthost: 'mail:1025', smtp_require_tls: false",
                "",
                HOG,
            ),
            project(global, ", require_tls: false", HOG),
            project(global, "", "image: me/postfix"),
            project(
                global,
                "",
                "image: axllent/mailpit, environment: {MP_SMTP_TLS_CERT: a}",
            ),
        ] {
            assert_silent(ID, &silent);
        }
    }

    #[test]
    fn mail_without_a_login_is_found() {
        let expected =
            "alertmanager.yml:1:48 error: `smtp.gmail.com:587` takes mails of who logs in";
        for more in [
            "",
            ", smtp_auth_username: 'a@b.org'",
            ", smtp_auth_username: 'a@b.org', smtp_auth_password: ''",
        ] {
            let global = format!("smtp_smarthost: 'smtp.gmail.com:587'{more}");
            assert_finds(ID, &project(&global, "", HOG), &[expected]);
        }
        for silent in [
            "smtp_smarthost: 'smtp.gmail.com:587', smtp_auth_username: a, smtp_auth_password: b",
            "smtp_smarthost: 'smtp.gmail.com:587', smtp_auth_username: a, smtp_auth_password_file: b",
            "smtp_smarthost: 'smtp.corp.net:25'",
        ] {
            assert_silent(ID, &project(silent, "", HOG));
        }
        let own = ", auth_username: a, auth_password: b";
        assert_silent(
            ID,
            &project("smtp_smarthost: 'smtp.gmail.com:587'", own, HOG),
        );
    }
}
