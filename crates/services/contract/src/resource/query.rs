//! A query of resources.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};

use super::Phase;
use crate::page::{PageQuery, PageRequest};
use crate::schema;

/// Filters and page of a list of resources. A filter of `None` selects
/// everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceQuery<P> {
    /// Only those in this phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<P>,
    /// Only those with this correlation id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The largest number of resources, 100 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many resources to skip, 0 if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

impl<P> Default for ResourceQuery<P> {
    fn default() -> Self {
        Self { phase: None, correlation_id: None, limit: None, offset: None }
    }
}

impl<P> ResourceQuery<P> {
    /// Those of a remediation request.
    #[must_use]
    pub fn of_correlation(correlation_id: &str) -> Self {
        Self { correlation_id: Some(correlation_id.to_owned()), ..Self::default() }
    }

    /// The page that is asked for.
    #[must_use]
    pub fn page(&self) -> PageRequest {
        PageRequest::new(self.limit, self.offset)
    }
}

/// Written by hand, since its derive knows no generic types.
impl<P: Phase> IntoParams for ResourceQuery<P> {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let phase = filter("phase", "Only those in this phase", P::schema());
        let text = schema::from_json(serde_json::json!({
            "type": "string", "minLength": 1, "maxLength": 255,
        }));
        let correlation = filter("correlation_id", "Only those with this correlation id", text);
        [vec![phase, correlation], PageQuery::into_params(place)].concat()
    }
}

fn filter(
    name: &str,
    description: &str,
    schema: impl Into<utoipa::openapi::RefOr<utoipa::openapi::Schema>>,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}
