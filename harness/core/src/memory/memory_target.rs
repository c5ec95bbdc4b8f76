//! The port [`Target`] on a system in memory.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use super::mishaps::{Mishaps, Response, spoiled};
use super::system::{Service, System, SystemSnapshot};
use crate::{
    Attachment, Clock, CpuLimit, Ended, Error, Result, ServiceState, Target, Topics, UtcInstant,
};

/// How long a call takes before it has its effect, and once more until it is confirmed. Whoever
/// makes the call can be cancelled or killed at both times.
pub const LATENCY: Duration = Duration::from_millis(10);
const GRACE_PERIOD: Duration = Duration::from_secs(10);

/// A system in memory that can be broken. Its clones are one system.
#[derive(Clone, Debug)]
pub struct MemoryTarget {
    pub(super) system: Arc<Mutex<System>>,
    clock: Arc<dyn Clock>,
    plan: Mishaps,
    has_broker: bool,
}

impl MemoryTarget {
    /// A system without services, by this clock, whose calls `plan` may spoil.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, plan: Mishaps) -> Self {
        Self {
            system: Arc::default(),
            clock,
            plan,
            has_broker: true,
        }
    }

    /// The same system with one service more, which runs, is connected to `networks`, and is
    /// started again when its main process ends by itself.
    #[must_use]
    pub fn service(self, name: &str, networks: &[&str]) -> Self {
        let service = Service::running(name, networks, self.clock.now());
        self.lock().services.insert(name.to_owned(), service);
        self
    }

    /// The same system, whose broker has this topic with a group that has taken all of it.
    #[must_use]
    pub fn consumed(self, topic: &str, group: &str) -> Self {
        let mut system = self.lock();
        system.topics.insert(topic.to_owned(), Vec::new());
        let member = (topic.to_owned(), group.to_owned());
        system.committed.insert(member, 0);
        drop(system);
        self
    }

    /// The same system without a broker.
    #[must_use]
    pub fn without_broker(mut self) -> Self {
        self.has_broker = false;
        self
    }

    /// The same system, in which `command` ends as `ended`, wherever it is run.
    #[must_use]
    pub fn answering(self, command: &[&str], ended: Ended) -> Self {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        self.lock().answers.insert(command, ended);
        self
    }

    /// What it is now.
    #[must_use]
    pub fn snapshot(&self) -> SystemSnapshot {
        self.lock().snapshot()
    }

    /// Whether `service` runs and is not suspended.
    #[must_use]
    pub fn works(&self, service: &str) -> bool {
        let system = self.lock();
        system.services.get(service).is_some_and(Service::works)
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, System> {
        self.system.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes `service`, unless the plan spoils that.
    async fn change(
        &self,
        verb: &'static str,
        service: &str,
        change: impl FnOnce(&mut Service, UtcInstant) + Send,
    ) -> Result<()> {
        self.act(verb, service, |system| {
            let now = self.clock.now();
            if let Some(service) = system.services.get_mut(service) {
                change(service, now);
            }
        })
        .await
        .map(|_| ())
    }

    /// Does `act` about `service`, unless the plan spoils that; `None` if it had no effect.
    async fn act<T: Send>(
        &self,
        verb: &'static str,
        service: &str,
        act: impl FnOnce(&mut System) -> T + Send,
    ) -> Result<Option<T>> {
        self.known(service)?;
        self.perform(verb, service, act).await
    }

    /// Does `act`, unless the plan spoils that; `None` if it had no effect.
    pub(super) async fn perform<T: Send>(
        &self,
        verb: &'static str,
        on: &str,
        act: impl FnOnce(&mut System) -> T + Send,
    ) -> Result<Option<T>> {
        self.clock.sleep(LATENCY).await;
        let response = self.plan.response(verb, on);
        let done = match response {
            Response::Refused => return Err(spoiled(verb, on)),
            Response::NoEffect => None,
            Response::Done | Response::AnswerLost => Some(act(&mut self.lock())),
        };
        self.clock.sleep(LATENCY).await;
        if response == Response::AnswerLost {
            return Err(spoiled(verb, on));
        }
        Ok(done)
    }

    /// Looks at the system, unless the plan spoils that.
    pub(super) async fn look<T: Send>(
        &self,
        verb: &'static str,
        on: &str,
        look: impl FnOnce(&System) -> T + Send,
    ) -> Result<T> {
        self.clock.sleep(LATENCY).await;
        self.plan.read(verb, on)?;
        Ok(look(&self.lock()))
    }

    fn known(&self, service: &str) -> Result<Service> {
        let known = self.lock().services.get(service).cloned();
        known.ok_or_else(|| Error::NoSuchService {
            service: service.to_owned(),
            project: "memory".to_owned(),
        })
    }
}

#[async_trait]
impl Target for MemoryTarget {
    async fn state(&self, service: &str) -> Result<ServiceState> {
        self.known(service)?;
        self.look("state", service, |_| ()).await?;
        Ok(self.known(service)?.state)
    }

    async fn stop(&self, service: &str) -> Result<()> {
        self.change("stop", service, |service, _| service.stop())
            .await
    }

    async fn start(&self, service: &str) -> Result<()> {
        self.change("start", service, Service::start).await
    }

    async fn restart(&self, service: &str) -> Result<()> {
        let restart = |service: &mut Service, now| {
            service.stop();
            service.start(now);
        };
        self.change("restart", service, restart).await
    }

    async fn signal(&self, service: &str, _signal: &str) -> Result<()> {
        self.change("signal", service, |service, _| service.kill())
            .await
    }

    async fn pause(&self, service: &str) -> Result<()> {
        self.change("pause", service, |service, _| service.pause())
            .await
    }

    async fn resume(&self, service: &str) -> Result<()> {
        self.change("resume", service, |service, _| service.resume())
            .await
    }

    async fn cpu_limit(&self, service: &str) -> Result<CpuLimit> {
        let limit = self.known(service)?.cpu_limit;
        self.look("cpu_limit", service, |_| limit).await
    }

    async fn limit_cpu(&self, service: &str, limit: CpuLimit) -> Result<()> {
        self.change("limit_cpu", service, |service, _| service.cpu_limit = limit)
            .await
    }

    /// One more each time that it is asked for, while there is a limit.
    async fn throttled_periods(&self, service: &str) -> Result<u64> {
        let is_limited = self.known(service)?.cpu_limit != CpuLimit::None;
        self.look("throttled_periods", service, |_| ()).await?;
        let mut system = self.lock();
        let periods = system.throttled.entry(service.to_owned()).or_default();
        *periods += u64::from(is_limited);
        Ok(*periods)
    }

    async fn disconnect(&self, service: &str, network: &str) -> Result<()> {
        let disconnect = |service: &mut Service, _| {
            service.state.networks.remove(network);
        };
        self.change("disconnect", service, disconnect).await
    }

    async fn connect(&self, service: &str, network: &str, attachment: &Attachment) -> Result<()> {
        let connect = |service: &mut Service, _| {
            let networks = &mut service.state.networks;
            let before = networks.get(network).unwrap_or(attachment).clone();
            networks.insert(network.to_owned(), before);
        };
        self.change("connect", service, connect).await
    }

    async fn run(&self, service: &str, _user: Option<&str>, command: &[String]) -> Result<Ended> {
        let run = |system: &mut System| {
            if let Some(answer) = system.answers.get(command) {
                return answer.clone();
            }
            let now = self.clock.now();
            let service = system.services.get_mut(service);
            service.map_or_else(Ended::default, |service| service.run(command, now))
        };
        Ok(self.act("run", service, run).await?.unwrap_or_default())
    }

    async fn post(&self, service: &str, port: u16, path: &str, body: &Value) -> Result<()> {
        let put = |service: &mut Service, _| {
            service
                .behaviour
                .insert((port, path.to_owned()), body.clone());
        };
        self.change("post", service, put).await
    }

    async fn stop_grace_period(&self, service: &str) -> Result<Duration> {
        self.known(service).map(|_| GRACE_PERIOD)
    }

    async fn last_log_lines(&self, service: &str) -> Result<String> {
        self.known(service)?;
        self.look("last_log_lines", service, |_| format!("{service} logs\n"))
            .await
    }

    fn topics(&self) -> Option<&dyn Topics> {
        self.has_broker.then_some(self)
    }
}
