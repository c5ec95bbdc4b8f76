//! HTTP requests with a time limit, and errors that say which server was asked for what.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::{Client, RequestBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use alertdrill_core::{Error, Result, causes};

const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Finds the address (host and port) of a server again: a restart of its container changes the
/// published port.
pub type Locate = Arc<dyn Fn() -> BoxFuture<'static, Result<String>> + Send + Sync>;

/// An HTTP API at an address.
#[derive(Clone)]
pub(super) struct Api {
    client: Client,
    name: &'static str,
    address: Arc<Mutex<String>>,
    locate: Option<Locate>,
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("name", &self.name)
            .field("address", &self.address())
            .finish_non_exhaustive()
    }
}

impl Api {
    pub(super) fn new(name: &'static str, address: &str) -> Self {
        Self {
            client: Client::new(),
            name,
            address: Arc::new(Mutex::new(address.to_owned())),
            locate: None,
        }
    }

    /// The same API, which calls `locate` to find the server again when nobody answers.
    pub(super) fn found_by(mut self, locate: Locate) -> Self {
        self.locate = Some(locate);
        self
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    fn address(&self) -> String {
        let address = self.address.lock();
        address.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T> {
        let attempted = self.attempt(path);
        let url = |address| format!("http://{address}{path}");
        let request = |address: String| self.client.get(url(address)).query(query);
        parse(&self.send(request, &attempted).await?, attempted)
    }

    /// Posts a query as a form, because a form has no limit on its length.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<T> {
        let attempted = self.attempt(path);
        let url = |address| format!("http://{address}{path}");
        let request = |address: String| self.client.post(url(address)).form(form);
        parse(&self.send(request, &attempted).await?, attempted)
    }

    /// What it answers, as it is.
    pub(super) async fn text(&self, path: &str) -> Result<String> {
        let request = |address: String| self.client.get(format!("http://{address}{path}"));
        self.send(request, &self.attempt(path)).await
    }

    pub(super) async fn post(&self, path: &str) -> Result<()> {
        let request = |address: String| self.client.post(format!("http://{address}{path}"));
        self.send(request, &self.attempt(path)).await.map(drop)
    }

    pub(super) async fn send_json(&self, path: &str, body: &impl Serialize) -> Result<()> {
        let url = |address| format!("http://{address}{path}");
        let request = |address: String| self.client.post(url(address)).json(body);
        self.send(request, &self.attempt(path)).await.map(drop)
    }

    pub(super) fn attempt(&self, path: &str) -> String {
        format!("ask {} for {path}", self.name)
    }

    async fn send(
        &self,
        request: impl Fn(String) -> RequestBuilder,
        attempted: &str,
    ) -> Result<String> {
        let no_answer = |error: reqwest::Error| Error::NoAnswer {
            attempted: attempted.to_owned(),
            reason: causes(&error),
        };
        let address = self.address();
        let response = match request(address.clone()).timeout(ANSWER_WITHIN).send().await {
            Err(error) if error.is_connect() => match self.moved_from(&address).await {
                Some(elsewhere) => request(elsewhere).timeout(ANSWER_WITHIN).send().await,
                None => Err(error),
            },
            other => other,
        };
        let response = response.map_err(no_answer)?;
        let status = response.status();
        let body = response.text().await.map_err(no_answer)?;
        if status.is_success() {
            return Ok(body);
        }
        let body: String = body.trim().chars().take(500).collect();
        Err(Error::NoAnswer {
            attempted: attempted.to_owned(),
            reason: format!("it answered {status}: {body}"),
        })
    }

    /// The server's new address, if it has one.
    async fn moved_from(&self, address: &str) -> Option<String> {
        let elsewhere = self.locate.as_ref()?().await.ok()?;
        if elsewhere == address {
            return None;
        }
        let mut known = self.address.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone_from(&elsewhere);
        Some(elsewhere)
    }
}

fn parse<T: DeserializeOwned>(body: &str, attempted: String) -> Result<T> {
    serde_json::from_str(body).map_err(|error| Error::BadAnswer {
        attempted,
        reason: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};

    use super::*;

    /// An address where nobody listens.
    const GONE: &str = "127.0.0.1:9";

    async fn server() -> MockServer {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200).set_body_raw(b"17".to_vec(), "application/json");
        Mock::given(path("/number"))
            .respond_with(answer)
            .mount(&server)
            .await;
        server
    }

    fn at(address: String) -> Locate {
        Arc::new(move || {
            let address = address.clone();
            Box::pin(async move { Ok(address) })
        })
    }

    #[tokio::test]
    async fn server_that_has_moved_is_found_again_and_its_address_kept() {
        let server = server().await;
        let api = Api::new("a server", GONE).found_by(at(server.address().to_string()));
        assert_eq!(api.get::<u32>("/number", &[]).await.unwrap(), 17);
        assert_eq!(api.address(), server.address().to_string());
    }

    #[tokio::test]
    async fn server_that_is_gone_is_an_error_and_says_of_whom_what_was_asked() {
        let api = Api::new("a server", GONE).found_by(at(GONE.to_owned()));
        let error = api.get::<u32>("/number", &[]).await.unwrap_err();
        let error = error.to_string();
        let words = "failed to ask a server for /number: ";
        assert!(error.starts_with(words), "{error}");
    }
}
