//! The description of operations whose handlers are generic, which annotations
//! cannot describe.

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, on};
use contract::Endpoint;
use serde_json::json;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem, Paths,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::{Content, HeaderBuilder, Ref, RefOr, Required, ResponseBuilder, Schema};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::document::RULES;

/// An operation that is being described.
pub(super) struct Operation {
    path: &'static str,
    method: Method,
    operation: OperationBuilder,
    schemas: Schemas,
}

/// What an operation answers.
pub(super) struct Answer {
    response: ResponseBuilder,
    schemas: Schemas,
}

type Schemas = Vec<(String, RefOr<Schema>)>;

/// An answer with a body.
pub(super) fn answer<T: ToSchema>(description: &str) -> Answer {
    let content = Content::new(Some(reference::<T>()));
    let response =
        ResponseBuilder::new().description(description).content("application/json", content);
    Answer { response, schemas: definitions::<T>() }
}

/// An answer without a body.
pub(super) fn no_answer(description: &str) -> Answer {
    Answer { response: ResponseBuilder::new().description(description), schemas: Schemas::new() }
}

impl Operation {
    /// The operation of an endpoint.
    pub(super) fn of<E: Endpoint>(tag: &str, id: &str) -> Self {
        let operation = OperationBuilder::new().tag(tag).operation_id(Some(id));
        Self { path: E::PATH, method: E::METHOD, operation, schemas: Schemas::new() }
    }

    pub(super) fn summary(self, summary: &str) -> Self {
        Self { operation: self.operation.summary(Some(summary)), ..self }
    }

    pub(super) fn body<T: ToSchema>(mut self) -> Self {
        self.schemas.extend(definitions::<T>());
        let body = RequestBodyBuilder::new()
            .content("application/json", Content::new(Some(reference::<T>())))
            .required(Some(Required::True))
            .build();
        Self { operation: self.operation.request_body(Some(body)), ..self }
    }

    pub(super) fn query<T: IntoParams>(self) -> Self {
        let parameters = T::into_params(|| Some(ParameterIn::Query));
        Self { operation: self.operation.parameters(Some(parameters)), ..self }
    }

    pub(super) fn name_in_path(self) -> Self {
        let name = ParameterBuilder::new()
            .name("name")
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(reference::<String>()));
        Self { operation: self.operation.parameter(name), ..self }
    }

    /// The rules that the schema of the body cannot express; see [`RULES`].
    pub(super) fn rules(self, rules: &[&str]) -> Self {
        let rules = ExtensionsBuilder::new().add(RULES, json!(rules)).build();
        Self { operation: self.operation.extensions(Some(rules)), ..self }
    }

    pub(super) fn response(mut self, status: u16, answer: Answer, header: Option<&str>) -> Self {
        self.schemas.extend(answer.schemas);
        let mut response = answer.response;
        if let Some(header) = header {
            response = response
                .header(header, HeaderBuilder::new().schema(Some(reference::<String>())).build());
        }
        let operation = self.operation.response(status.to_string(), response);
        Self { operation, ..self }
    }

    /// The route of the operation.
    pub(super) fn handled_by<H, T, S>(self, handler: H) -> UtoipaMethodRouter<S>
    where
        H: Handler<T, S>,
        T: 'static,
        S: Clone + Send + Sync + 'static,
    {
        let method = match self.method {
            Method::GET => HttpMethod::Get,
            Method::POST => HttpMethod::Post,
            Method::PUT => HttpMethod::Put,
            Method::PATCH => HttpMethod::Patch,
            _ => HttpMethod::Delete,
        };
        let filter = MethodFilter::try_from(self.method).expect("a method of endpoints");
        let item = PathItem::new(method, self.operation);
        let mut paths = Paths::new();
        paths.paths.insert(self.path.to_owned(), item);
        (self.schemas, paths, on(filter, handler))
    }
}

fn reference<T: ToSchema>() -> RefOr<Schema> {
    if is_defined::<T>() { Ref::from_schema_name(T::name()).into() } else { T::schema() }
}

/// The schemas of a type and of all that it refers to.
fn definitions<T: ToSchema>() -> Schemas {
    let mut schemas = Schemas::new();
    T::schemas(&mut schemas);
    if is_defined::<T>() {
        schemas.push((T::name().into_owned(), T::schema()));
    }
    schemas
}

/// Whether the document defines the type: plain texts and numbers stand where they
/// are used.
fn is_defined<T: ToSchema>() -> bool {
    matches!(T::schema(), RefOr::T(Schema::Object(object)) if !object.properties.is_empty())
        || matches!(T::schema(), RefOr::T(Schema::AllOf(_)))
}
