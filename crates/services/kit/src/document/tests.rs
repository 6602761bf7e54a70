use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::{OpenApi, ToSchema};

use super::complete;
use crate::operations;
use crate::problem::Problem;
use crate::service::Service;

/// Sent and answered.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is of interest")]
struct Order {
    /// A text.
    name: String,
    size: Size,
    at: Option<String>,
    #[schema(required = false)]
    lines: Vec<Line>,
    data: Value,
    note: Note,
}

/// Anything under any name.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is of interest")]
struct Note {
    #[serde(flatten)]
    more: BTreeMap<String, Value>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is of interest")]
struct Line {
    #[schema(required = false, value_type = contract::schema::Label)]
    label: String,
    #[serde(flatten)]
    paint: Paint,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is of interest")]
struct Paint {
    colour: String,
    gloss: Option<u8>,
}

#[derive(ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is of interest")]
enum Size {
    Small,
    Large,
}

#[utoipa::path(post, path = "/orders", tag = "orders", request_body = Order,
    extensions(("x-rules" = json!(["lines must be sorted"]))),
    responses(
        (status = 201, description = "Made", body = Order),
        (status = 409, description = "Made before", body = Problem),
    ))]
#[expect(dead_code, reason = "only its annotation is of interest")]
fn create() {}

#[utoipa::path(get, path = "/orders", tag = "orders",
    params(("name" = String, Query), ("size" = Size, Query)),
    responses((status = 200, body = Vec<Order>)))]
#[expect(dead_code, reason = "only its annotation is of interest")]
fn list() {}

#[derive(OpenApi)]
#[openapi(paths(create, list))]
struct Document;

/// The document of a service with only these operations.
fn document() -> Value {
    completed(Document::openapi())
}

fn completed(own: utoipa::openapi::OpenApi) -> Value {
    let service = Service::for_tests(crate::package!());
    let (_, mut openapi) = operations::routes(service).split_for_parts();
    openapi.merge(own);
    let mut document = serde_json::to_value(openapi).expect("a document");
    complete(&mut document);
    document
}

/// All references without a target.
fn dangling(part: &Value, document: &Value) -> Vec<String> {
    let inner: Vec<&Value> = match part {
        Value::Array(elements) => elements.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    };
    let own = part.get("$ref").and_then(Value::as_str).map(str::to_owned);
    let own = own.filter(|reference| document.pointer(reference.trim_start_matches('#')).is_none());
    own.into_iter().chain(inner.into_iter().flat_map(|part| dangling(part, document))).collect()
}

#[test]
fn every_reference_leads_somewhere() {
    for own in [Document::openapi(), utoipa::openapi::OpenApi::default()] {
        let document = completed(own);
        assert_eq!(dangling(&document, &document), [""; 0]);
    }
}

/// One line for each field of a component.
fn fields(document: &Value, component: &str) -> String {
    let schema = &document["components"]["schemas"][component];
    let fields = schema["properties"].as_object().expect("an object").iter();
    fields.map(|(name, schema)| format!("{name}: {schema}\n")).collect()
}

#[test]
fn what_is_read_strictly_is_documented_strictly_and_answered_openly() {
    let document = document();
    let body = &document["paths"]["/orders"]["post"]["requestBody"]["content"];
    insta::assert_snapshot!(body["application/json"]["schema"], @r##"{"$ref":"#/components/schemas/OrderInput"}"##);
    let order = &document["components"]["schemas"]["OrderInput"];
    assert_eq!(order["additionalProperties"], false);
    insta::assert_snapshot!(fields(&document, "OrderInput"), @r##"
    at: {"pattern":"^[^\\u0000]*$","type":["string","null"]}
    data: {"$ref":"#/components/schemas/Json"}
    lines: {"items":{"$ref":"#/components/schemas/LineInput"},"type":["array","null"]}
    name: {"description":"A text.","pattern":"^[^\\u0000]*$","type":"string"}
    note: {"$ref":"#/components/schemas/NoteInput"}
    size: {"$ref":"#/components/schemas/Size"}
    "##);
    insta::assert_snapshot!(document["components"]["schemas"]["NoteInput"], @r##"{"additionalProperties":{"$ref":"#/components/schemas/Json"},"description":"Anything under any name.","propertyNames":{"pattern":"^[^\\u0000]*$"},"type":"object"}"##);
    insta::assert_snapshot!(document["components"]["schemas"]["LineInput"], @r##"{"additionalProperties":false,"properties":{"colour":{"pattern":"^[^\\u0000]*$","type":"string"},"gloss":{"format":"int32","minimum":0,"type":["integer","null"]},"label":{"anyOf":[{"$ref":"#/components/schemas/Label"},{"type":"null"}]}},"required":["colour"],"type":"object"}"##);
    let order = &document["components"]["schemas"]["Order"];
    assert_eq!(order.get("additionalProperties"), None);
    insta::assert_snapshot!(fields(&document, "Order"), @r##"
    at: {"type":["string","null"]}
    data: {}
    lines: {"items":{"$ref":"#/components/schemas/Line"},"type":"array"}
    name: {"description":"A text.","type":"string"}
    note: {"$ref":"#/components/schemas/Note"}
    size: {"$ref":"#/components/schemas/Size"}
    "##);
    insta::assert_snapshot!(document["components"]["schemas"]["Json"], @r##"{"additionalProperties":{"$ref":"#/components/schemas/Json"},"description":"JSON of any shape, without U+0000","items":{"$ref":"#/components/schemas/Json"},"pattern":"^[^\\u0000]*$","propertyNames":{"pattern":"^[^\\u0000]*$"},"type":["null","boolean","number","string","array","object"]}"##);
}

#[test]
fn queries_are_read_like_bodies() {
    let document = document();
    let parameters = document["paths"]["/orders"]["get"]["parameters"].as_array().unwrap();
    let queries = parameters.iter().filter(|parameter| parameter["in"] == "query");
    let schemas: Vec<_> = queries.map(|parameter| parameter["schema"].to_string()).collect();
    insta::assert_snapshot!(schemas.join("\n"), @r##"
    {"pattern":"^[^\\u0000]*$","type":"string"}
    {"$ref":"#/components/schemas/Size"}
    "##);
}

#[test]
fn every_operation_has_the_answers_of_the_edge() {
    let document = document();
    for (method, statuses) in [
        ("get", &["200", "400", "413", "500", "503"][..]),
        ("post", &["201", "400", "409", "413", "415", "500", "503"]),
    ] {
        let operation = &document["paths"]["/orders"][method];
        let responses = operation["responses"].as_object().expect("responses");
        assert_eq!(responses.keys().collect::<Vec<_>>(), statuses, "{method}");
        for (status, response) in responses {
            assert!(
                response["description"].as_str().is_some_and(|description| !description.is_empty())
            );
            let headers = &response["headers"];
            assert_eq!(headers["X-Request-Id"]["$ref"], "#/components/headers/RequestId");
            assert_eq!(headers.get("Retry-After").is_some(), status == "503", "{status}");
            let media: Vec<_> = response["content"].as_object().expect("media").keys().collect();
            let problem = status.starts_with(['4', '5']);
            let expected = if problem { "application/problem+json" } else { "application/json" };
            assert_eq!(media, [expected], "{method} {status}");
        }
    }
    let bad = &document["paths"]["/orders"]["post"]["responses"]["400"]["description"];
    insta::assert_snapshot!(bad.as_str().unwrap(), @r##"
    The request breaks rules; `errors` lists all of them
    
    Rules that the schema cannot express:
    
    - lines must be sorted
    "##);
}

#[test]
fn ids_of_operations_are_unique_across_modules() {
    let document = document();
    assert_eq!(document["paths"]["/orders"]["post"]["operationId"], "orders_create");
}
