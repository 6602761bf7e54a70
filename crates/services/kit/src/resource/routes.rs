//! The HTTP interface of resources.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use contract::Endpoint;
use contract::page::Page;
use contract::resource::{
    Contract, Create, Delete, Get, Kind, List, Resource, ResourceQuery, Spec as _,
};
use utoipa_axum::router::OpenApiRouter;

use super::describe::{Operation, answer, no_answer};
use super::{Created, Resources, Row, Rules, Step};
use crate::check::Violations;
use crate::extract::{Json, Path, Query};
use crate::problem::Problem;

/// What somebody's decision changes in a resource.
type Decide<R, D> =
    fn(&R, &Row<<R as Rules>::Kind>, D) -> Result<Step<<R as Rules>::Kind>, Problem>;

impl<R: Rules> Resources<R> {
    /// The routes and their description.
    pub fn routes(&self) -> OpenApiRouter {
        let kind = R::Kind::NAME;
        let create = Operation::of::<Create<R::Kind>>(kind, "create")
            .summary("Accepts one. The same request again changes nothing.")
            .body::<<R::Kind as Kind>::Spec>()
            .rules(R::RULES)
            .response(201, answer::<Resource<R::Kind>>("Accepted"), Some("Location"))
            .response(200, answer::<Resource<R::Kind>>("It is there already"), None)
            .response(409, answer::<Problem>("The name is taken by one with another spec"), None);
        let list = Operation::of::<List<R::Kind>>(kind, "list")
            .summary("Lists them, newest first.")
            .query::<ResourceQuery<<R::Kind as Kind>::Phase>>()
            .response(200, answer::<Page<Resource<R::Kind>>>(""), None);
        let read = Operation::of::<Get<R::Kind>>(kind, "read")
            .summary("One with its status.")
            .name_in_path()
            .response(200, answer::<Resource<R::Kind>>(""), None)
            .response(404, answer::<Problem>(""), None);
        let delete = Operation::of::<Delete<R::Kind>>(kind, "delete")
            .summary("Deletes one, and what it has made elsewhere.")
            .name_in_path()
            .response(204, no_answer("Forgotten"), None)
            .response(404, answer::<Problem>(""), None);
        OpenApiRouter::new()
            .routes(create.handled_by(post::<R>))
            .routes(list.handled_by(page::<R>))
            .routes(read.handled_by(get::<R>))
            .routes(delete.handled_by(remove::<R>))
            .with_state(self.clone())
    }

    /// A route by which somebody decides about a resource, whose name is `{name}` in
    /// the endpoint's path, and its description.
    pub fn decision<E>(
        &self,
        id: &str,
        summary: &str,
        decide: Decide<R, E::Request>,
    ) -> OpenApiRouter
    where
        E: Endpoint<Request: Contract, Answer = Resource<R::Kind>>,
    {
        let handler = async move |State(resources): State<Self>,
                                  Path(name): Path<String>,
                                  Json(decision): Json<E::Request>| {
            let decide = |row: &Row<R::Kind>| decide(&resources.rules, row, decision);
            resources.change(&name, decide).await.map(|row| Json(row.resource()))
        };
        let operation = Operation::of::<E>(R::Kind::NAME, id)
            .summary(summary)
            .name_in_path()
            .body::<E::Request>()
            .response(200, answer::<Resource<R::Kind>>("As it is now"), None)
            .response(404, answer::<Problem>(""), None)
            .response(409, answer::<Problem>("It cannot be decided now"), None);
        OpenApiRouter::new().routes(operation.handled_by(handler)).with_state(self.clone())
    }
}

async fn post<R: Rules>(
    State(resources): State<Resources<R>>,
    Json(mut spec): Json<<R::Kind as Kind>::Spec>,
) -> Result<Response, Problem> {
    let mut violations = Violations::default();
    resources.rules.admit(&mut spec, &mut violations);
    let spec = violations.or(spec).map_err(Problem::validation)?;
    let name = spec.name().to_owned();
    match resources.create(spec).await? {
        Created::New(row) => {
            tracing::info!(name, correlation_id = row.spec.correlation_id(), "accepted");
            let location = HeaderValue::try_from(format!("{}/{name}", R::Kind::COLLECTION))
                .map_err(anyhow::Error::from)?;
            let body = Json(row.resource());
            Ok((StatusCode::CREATED, [(header::LOCATION, location)], body).into_response())
        }
        Created::There(row) => Ok(Json(row.resource()).into_response()),
        Created::Other => {
            let kind = R::Kind::NAME;
            Err(Problem::conflict(format!("there is a {kind} {name} with another spec")))
        }
    }
}

async fn page<R: Rules>(
    State(resources): State<Resources<R>>,
    Query(query): Query<ResourceQuery<<R::Kind as Kind>::Phase>>,
) -> Result<Json<Page<Resource<R::Kind>>>, Problem> {
    let (rows, total) = resources.list(&query).await?;
    Ok(Json(query.page().answer(rows.into_iter().map(Row::resource).collect(), total)))
}

async fn get<R: Rules>(
    State(resources): State<Resources<R>>,
    Path(name): Path<String>,
) -> Result<Json<Resource<R::Kind>>, Problem> {
    let row = resources.get(&name).await?;
    row.map(|row| Json(row.resource())).ok_or_else(|| Resources::<R>::missing(&name))
}

async fn remove<R: Rules>(
    State(resources): State<Resources<R>>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    if resources.delete(&name).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Resources::<R>::missing(&name))
    }
}
