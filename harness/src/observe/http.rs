//! One bounded HTTP request at a time, and errors that say what was asked of whom.

use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use serde::de::DeserializeOwned;

use crate::error::causes;
use crate::{Error, Result};

const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// An HTTP API at a base URL.
#[derive(Clone, Debug)]
pub(super) struct Api {
    client: Client,
    name: &'static str,
    base: String,
}

impl Api {
    pub(super) fn new(name: &'static str, address: &str) -> Self {
        Self { client: Client::new(), name, base: format!("http://{address}") }
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T> {
        let request = self.client.get(format!("{}{path}", self.base)).query(query);
        let attempted = self.attempt(path);
        let body = self.send(request, &attempted).await?;
        serde_json::from_str(&body).map_err(|error| Error::BadAnswer { attempted, reason: error.to_string() })
    }

    pub(super) async fn post(&self, path: &str) -> Result<()> {
        let request = self.client.post(format!("{}{path}", self.base));
        self.send(request, &self.attempt(path)).await.map(drop)
    }

    pub(super) fn attempt(&self, path: &str) -> String {
        format!("ask {} for {path}", self.name)
    }

    async fn send(&self, request: RequestBuilder, attempted: &str) -> Result<String> {
        let no_answer = |error: reqwest::Error| Error::NoAnswer { attempted: attempted.to_owned(), reason: causes(&error) };
        let response = request.timeout(ANSWER_WITHIN).send().await.map_err(no_answer)?;
        let status = response.status();
        let body = response.text().await.map_err(no_answer)?;
        if status.is_success() {
            return Ok(body);
        }
        let body: String = body.trim().chars().take(500).collect();
        Err(Error::NoAnswer { attempted: attempted.to_owned(), reason: format!("it answered {status}: {body}") })
    }
}
