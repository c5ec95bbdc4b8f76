//! A command where a service runs breaks something, another one mends it.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Aim, Fault, FaultKind, Ongoing, REQUEST_UNDER_WAY, Site};
use crate::{Placement, Result, UtcInstant};

/// A command where a service runs breaks something, another one mends it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandRun {
    /// What goes wrong, in words.
    pub what: String,
    /// The service where the commands run.
    pub service: String,
    /// The user that they run as, if it is another than the service's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Breaks it. Twice must do no harm.
    pub inject: Vec<String>,
    /// Ends with code 0 while it is broken, and with another one before and after; without it, that
    /// [`CommandRun::inject`] ended with code 0 is the effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effect: Vec<String>,
    /// Mends it. Twice must do no harm.
    pub revert: Vec<String>,
    /// What it disturbs.
    pub disturbs: String,
}

impl Fault {
    /// Runs `inject` where `service` runs, and `revert` to mend it; a command without words is not
    /// run. It disturbs the whole service, unless it is told how far it reaches.
    #[must_use]
    pub fn run_command(
        service: impl Into<String>,
        inject: Vec<String>,
        revert: Vec<String>,
    ) -> CommandRun {
        let service = service.into();
        CommandRun {
            what: format!("`{}` in {service}", inject.join(" ")),
            disturbs: service.clone(),
            service,
            user: None,
            inject,
            effect: Vec::new(),
            revert,
        }
    }
}

impl CommandRun {
    /// The same fault, in words.
    #[must_use]
    pub fn what(mut self, what: impl Into<String>) -> Self {
        self.what = what.into();
        self
    }

    /// The same fault, whose commands run as `user`.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// The same fault, whose effect is there while `command` ends with code 0.
    #[must_use]
    pub fn effect(mut self, command: Vec<String>) -> Self {
        self.effect = command;
        self
    }

    /// The same fault, which disturbs only the service, path or lane `disturbs`.
    #[must_use]
    pub fn disturbs_only(mut self, disturbs: impl Into<String>) -> Self {
        self.disturbs = disturbs.into();
        self
    }

    async fn exec(&self, site: &Site, command: &[String]) -> Result<()> {
        if command.is_empty() {
            return Ok(());
        }
        site.target
            .exec(&self.service, self.user.as_deref(), command)
            .await
            .map(drop)
    }

    /// Waits until the effect is there, or is gone.
    async fn wait_until(&self, site: &Site, awaited: &str, is_there: bool) -> Result<()> {
        site.wait_for(awaited, || {
            Box::pin(async {
                let user = self.user.as_deref();
                let ended = site.target.run(&self.service, user, &self.effect).await?;
                if (ended.code == 0) == is_there {
                    return Ok(Ok(()));
                }
                let said = format!("{}{}", ended.printed, ended.complaints);
                let (effect, code) = (self.effect.join(" "), ended.code);
                Ok(Err(format!(
                    "`{effect}` ended with code {code}: {}",
                    said.trim()
                )))
            })
        })
        .await
    }
}

impl fmt::Display for CommandRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

#[async_trait]
impl FaultKind for CommandRun {
    fn aim(&self) -> Aim<'_> {
        Aim::service_that_disturbs(&self.service, &self.disturbs)
    }

    fn is_momentary(&self) -> bool {
        false
    }

    fn place(&mut self, placement: &Placement) {
        for text in [&mut self.what, &mut self.service, &mut self.disturbs] {
            placement.fill(text);
        }
        let commands = [&mut self.inject, &mut self.effect, &mut self.revert];
        commands
            .into_iter()
            .flatten()
            .for_each(|word| placement.fill(word));
    }

    async fn inject(&self, site: &Site) -> Result<Option<Ongoing>> {
        self.exec(site, &self.inject).await.map(|()| None)
    }

    async fn wait_for_effect(&self, site: &Site, _since: UtcInstant) -> Result<()> {
        if self.effect.is_empty() {
            return Ok(());
        }
        let inject = self.inject.join(" ");
        let awaited = format!("the effect of `{inject}` in {}", self.service);
        self.wait_until(site, &awaited, true).await
    }

    /// A command that is still running when its harness is killed goes on: it must be short.
    async fn settles_within(&self, _site: &Site) -> Result<Duration> {
        Ok(REQUEST_UNDER_WAY)
    }

    async fn revert(&self, site: &Site) -> Result<()> {
        self.exec(site, &self.revert).await?;
        if self.effect.is_empty() {
            return Ok(());
        }
        let revert = self.revert.join(" ");
        let awaited = format!("the effect to be gone after `{revert}` in {}", self.service);
        self.wait_until(site, &awaited, false).await
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::fault::contract;

    pub(in crate::fault) fn example() -> Fault {
        let command = |words: [&str; 3]| words.map(str::to_owned).to_vec();
        let inject = ["touch", "/tmp/broken"].map(str::to_owned).to_vec();
        Fault::run_command("api", inject, command(["rm", "-f", "/tmp/broken"]))
            .effect(command(["test", "-e", "/tmp/broken"]))
            .into()
    }

    #[test]
    fn command_that_ends_with_another_code_than_0_is_not_injected() {
        let trial = contract::Trial::new();
        let fails = ["test", "-e", "/tmp/missing"].map(str::to_owned).to_vec();
        let fault = Fault::run_command("api", fails, Vec::new());
        let error = contract::run(fault.inject(&trial.site)).unwrap_err();
        assert!(
            error.to_string().contains("it ended with code 1"),
            "{error}"
        );
    }

    #[test]
    fn revert_that_leaves_the_effect_is_no_revert() {
        let trial = contract::Trial::new();
        let command = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let fault = Fault::run_command("api", command(&["touch", "/a"]), command(&["true"]));
        let fault = fault.effect(command(&["test", "-e", "/a"]));
        contract::run(fault.inject(&trial.site)).unwrap();
        let error = contract::run(fault.revert(&trial.site)).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("the effect to be gone after `true` in api"),
            "{error}"
        );
    }
}
