//! The calls of notification.

use http::Method;

use super::{Notification, NotificationQuery, Spec};
use crate::page::Page;
use crate::{Endpoint, NoBody, NoQuery};

/// Accepts a notification.
#[derive(Clone, Copy, Debug)]
pub struct CreateNotification;

impl Endpoint for CreateNotification {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/v1/notifications";
    type Request = Spec;
    type Query = NoQuery;
    type Answer = Notification;
}

/// Lists notifications, newest first.
#[derive(Clone, Copy, Debug)]
pub struct ListNotifications;

impl Endpoint for ListNotifications {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/v1/notifications";
    type Request = NoBody;
    type Query = NotificationQuery;
    type Answer = Page<Notification>;
}

/// One notification with its status.
#[derive(Clone, Copy, Debug)]
pub struct GetNotification;

impl Endpoint for GetNotification {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/v1/notifications/{name}";
    type Request = NoBody;
    type Query = NoQuery;
    type Answer = Notification;
}

/// Deletes a notification.
#[derive(Clone, Copy, Debug)]
pub struct DeleteNotification;

impl Endpoint for DeleteNotification {
    const METHOD: Method = Method::DELETE;
    const PATH: &'static str = "/api/v1/notifications/{name}";
    type Request = NoBody;
    type Query = NoQuery;
    type Answer = NoBody;
}
