//! The calls that every kind of resource has.

use std::marker::PhantomData;

use http::Method;

use super::{Kind, Resource, ResourceQuery};
use crate::page::Page;
use crate::{Endpoint, NoBody, NoQuery};

/// Creates a resource; the same request again changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct Create<K>(PhantomData<K>);

impl<K: Kind> Endpoint for Create<K> {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = K::COLLECTION;
    type Request = K::Spec;
    type Query = NoQuery;
    type Answer = Resource<K>;
}

/// Lists resources, newest first.
#[derive(Clone, Copy, Debug)]
pub struct List<K>(PhantomData<K>);

impl<K: Kind> Endpoint for List<K> {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = K::COLLECTION;
    type Request = NoBody;
    type Query = ResourceQuery<K::Phase>;
    type Answer = Page<Resource<K>>;
}

/// One resource with its status.
#[derive(Clone, Copy, Debug)]
pub struct Get<K>(PhantomData<K>);

impl<K: Kind> Endpoint for Get<K> {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = K::ITEM;
    type Request = NoBody;
    type Query = NoQuery;
    type Answer = Resource<K>;
}

/// Deletes a resource, and what it has made elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Delete<K>(PhantomData<K>);

impl<K: Kind> Endpoint for Delete<K> {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = K::ITEM;
    type Request = NoBody;
    type Query = NoQuery;
    type Answer = NoBody;
}
