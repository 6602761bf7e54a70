//! What a step of a workflow does.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::datastorage::StepType;
use crate::{duration, schema, words};

/// What a step does, as the catalog has it under `content`. Texts may have
/// parameters, written as `{{name}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
pub enum StepAction {
    /// Sends a request.
    Http {
        /// The method, `POST` if not given.
        #[serde(default)]
        method: HttpMethod,
        /// The address, which begins with `http://`. A value that is filled in is
        /// escaped: it can be a segment of the path, but not several.
        url: String,
        /// The status that it must be answered with, any from 200 to 299 if not
        /// given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expect: Option<u16>,
        /// The body, sent as JSON. A text that is one parameter becomes its value, a
        /// number for instance.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<Value>,
    },
    /// Waits.
    Wait {
        /// How long.
        #[serde(rename = "for", with = "duration::text")]
        #[schema(value_type = schema::DurationText)]
        duration: Duration,
    },
}

words! {
    /// The method of a step's request.
    #[derive(Default)]
    pub enum HttpMethod in "UPPERCASE" {
        /// Reads.
        Get,
        /// Does something.
        #[default]
        Post,
        /// Writes.
        Put,
        /// Changes.
        Patch,
        /// Removes.
        Delete,
    }
}

impl StepAction {
    /// The type that the catalog has it under.
    #[must_use]
    pub fn kind(&self) -> StepType {
        match self {
            Self::Http { .. } => StepType::Http,
            Self::Wait { .. } => StepType::Wait,
        }
    }
}
