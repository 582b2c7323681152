//! What all pages have: header, menu, and what is scanned meanwhile.

use askama::Template;
use axum::extract::Query;
use axum::http::Uri;
use axum::response::Html;

use super::fault::Fault;
use super::session::Visitor;
use super::words::count;
use crate::api::problem::Problem;
use crate::shared::Shared;
use crate::store::{StoreError, registrations, scans};
use crate::token::Role;

/// What the header of a page shows.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) title: String,
    /// The entry of the menu that the page belongs to.
    pub(super) nav: &'static str,
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) is_operator: bool,
    pub(super) is_admin: bool,
    pub(super) theme: String,
    /// `Scanning 1 of 8`; empty if nothing is scanned.
    pub(super) scanning: String,
    /// Whether something is registered.
    pub(super) has_registrations: bool,
}

/// More are not counted in the header.
const COUNTED: i64 = 1000;

impl Frame {
    pub(super) async fn new(
        service: &Shared,
        visitor: &Visitor,
        title: &str,
        nav: &'static str,
    ) -> Result<Self, StoreError> {
        let store = service.store.read();
        let running = scans::counts(store).await?;
        let running = running.iter().find(|(state, _)| state == "running");
        let registered = registrations::count(store).await?.min(COUNTED);
        let scanning = running.map(|(_, running)| match registered {
            1 => "Scanning".to_owned(),
            all => format!("Scanning {running} of {all}"),
        });
        Ok(Self {
            title: title.to_owned(),
            nav,
            name: visitor.caller.name.clone(),
            role: visitor.caller.role.word(),
            is_operator: visitor.is(Role::Operator),
            is_admin: visitor.is(Role::Admin),
            theme: visitor.theme.clone(),
            scanning: scanning.unwrap_or_default(),
            has_registrations: registered > 0,
        })
    }

    /// `aria-current` of an entry of the menu.
    pub(super) fn current(&self, nav: &str) -> &'static str {
        match self.nav == nav {
            true => " aria-current=\"page\"",
            false => "",
        }
    }
}

/// The query of a view. An unknown parameter is told, not ignored.
pub(super) fn asked<T: serde::de::DeserializeOwned>(uri: &Uri) -> Result<T, Fault> {
    let query = Query::<T>::try_from_uri(uri);
    let query = query
        .map_err(|error| Problem::bad(portolan_machine::text::printable(&error.body_text(), 500)));
    Ok(query?.0)
}

/// Renders a page.
pub(super) fn html(page: &impl Template) -> Result<Html<String>, Fault> {
    Ok(Html(page.render()?))
}

/// Where a list stands: `1 to 50 of 125`, and the next page.
#[derive(Debug, Default)]
pub(super) struct Paging {
    pub(super) text: String,
    pub(super) first: String,
    pub(super) next: String,
}

impl Paging {
    /// `shown` rows of a list that begins at its start unless `after` is given.
    pub(super) fn new(
        address: &super::address::Address,
        shown: usize,
        all: Option<i64>,
        next: Option<&str>,
        order: &str,
    ) -> Self {
        let is_first = address.get("after").is_none();
        let shown = i64::try_from(shown).unwrap_or(i64::MAX);
        let text = match (all, is_first, next) {
            (Some(all), true, _) if shown == all => format!("All {}", count(all, "row")),
            (Some(all), true, _) => format!("1 to {shown} of {}", super::words::number(all)),
            (Some(all), false, _) => format!("{shown} more of {}", super::words::number(all)),
            (None, ..) => count(shown, "row"),
        };
        let text = match order {
            "" => text,
            order => format!("{text}, {order}"),
        };
        Self {
            text,
            first: match is_first {
                true => String::new(),
                false => address.without("after").to_string(),
            },
            next: next.map_or_else(String::new, |next| address.with("after", next).to_string()),
        }
    }
}
