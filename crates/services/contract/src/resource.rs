//! Resources: somebody asks for one by a spec, and its service keeps a status.

mod endpoints;
mod query;

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Words;

pub use endpoints::{Create, Delete, Get, List};
pub use query::ResourceQuery;

/// A kind of resource; see [`resource_kind!`](crate::resource_kind).
pub trait Kind: Copy + Debug + Send + Sync + 'static {
    /// The kind as the audit trail knows it: `signalprocessing`.
    const NAME: &'static str;
    /// The path of all of them: `/api/v1/signalprocessings`.
    const COLLECTION: &'static str;
    /// The path of one: `/api/v1/signalprocessings/{name}`.
    const ITEM: &'static str;
    /// What is asked for.
    type Spec: Spec;
    /// How far it is.
    type Phase: Phase;
    /// What is known besides.
    type Status: Details;
}

/// A value of the contract.
pub trait Contract:
    Clone + Debug + PartialEq + Serialize + DeserializeOwned + ToSchema + Send + Sync + 'static
{
}

impl<T> Contract for T where
    T: Clone + Debug + PartialEq + Serialize + DeserializeOwned + ToSchema + Send + Sync + 'static
{
}

/// What is asked for; the body of the request that creates a resource.
pub trait Spec: Contract {
    /// The resource's name, a lower-case DNS label.
    fn name(&self) -> &str;
    /// The remediation request that it belongs to.
    fn correlation_id(&self) -> &str;
}

/// What is known of a resource besides its phase; empty at first.
pub trait Details: Contract + Default {}

impl<T: Contract + Default> Details for T {}

/// How far a resource is; the default is the first phase.
pub trait Phase: Contract + Words + Default + Eq {
    /// Whether nothing follows.
    fn is_final(self) -> bool;
}

/// A resource of a [`Kind`].
pub type Resource<K> = Object<<K as Kind>::Spec, <K as Kind>::Phase, <K as Kind>::Status>;

/// A resource: what was asked for, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Object<S, P, T> {
    /// Its id. A name that is used again after a deletion gets a new id.
    pub id: Uuid,
    /// When it was accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When its status changed last.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// The request.
    pub spec: S,
    /// Its status.
    pub status: Status<P, T>,
}

/// The status of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status<P, T> {
    /// Its phase.
    pub phase: P,
    /// When it came into its last phase.
    #[serde(with = "time::serde::rfc3339::option")]
    pub completed_at: Option<OffsetDateTime>,
    /// What is known besides.
    #[serde(flatten)]
    pub details: T,
}

/// Declares the phases of a kind of resource, the first one first, and those after
/// which nothing follows; see [`resource_kind!`](crate::resource_kind).
#[macro_export]
macro_rules! phases {
    (
        $(#[$doc:meta])*
        $vis:vis enum $phase:ident, ending in [$($last:ident),+ $(,)?] {
            $(#[$first_doc:meta])* $first:ident,
            $($(#[$variant_doc:meta])* $variant:ident,)+
        }
    ) => {
        $crate::words! {
            $(#[$doc])*
            #[derive(Default)]
            $vis enum $phase in "PascalCase" {
                $(#[$first_doc])* #[default] $first,
                $($(#[$variant_doc])* $variant,)+
            }
        }

        impl $crate::resource::Phase for $phase {
            fn is_final(self) -> bool {
                matches!(self, $(Self::$last)|+)
            }
        }
    };
}

/// Declares a [`Kind`](crate::resource::Kind) of resources as a unit struct:
///
/// ```
/// # use contract::resource::Kind as _;
/// # use serde::{Deserialize, Serialize};
/// # use utoipa::ToSchema;
/// #
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
/// # pub struct Wish { pub name: String, pub correlation_id: String }
/// # #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
/// # pub struct WishStatus {}
/// contract::phases! {
///     /// How far a wish is.
///     pub enum WishPhase, ending in [Granted] {
///         /// Nobody has looked at it.
///         Pending,
///         /// It came true.
///         Granted,
///     }
/// }
///
/// contract::resource_kind! {
///     /// A wish.
///     pub Wishes: "wish" at "/api/v1/wishes",
///     spec: Wish, correlated by correlation_id,
///     phase: WishPhase,
///     status: WishStatus,
/// }
///
/// assert_eq!(Wishes::ITEM, "/api/v1/wishes/{name}");
/// ```
#[macro_export]
macro_rules! resource_kind {
    (
        $(#[$doc:meta])*
        $vis:vis $kind:ident: $name:literal at $path:literal,
        spec: $spec:ty, correlated by $correlation:ident,
        phase: $phase:ty,
        status: $status:ty $(,)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        $vis struct $kind;

        impl $crate::resource::Kind for $kind {
            const NAME: &'static str = $name;
            const COLLECTION: &'static str = $path;
            const ITEM: &'static str = concat!($path, "/{name}");
            type Spec = $spec;
            type Phase = $phase;
            type Status = $status;
        }

        impl $crate::resource::Spec for $spec {
            fn name(&self) -> &str {
                &self.name
            }

            fn correlation_id(&self) -> &str {
                &self.$correlation
            }
        }
    };
}
