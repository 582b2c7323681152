//! The raw body of a response. SDK types have no serde and drop what a later API adds, so they serve for
//! tokens and ARNs only; what mappers get is what AWS sent.

use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;

/// Keeps the body of the response that one operation got.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawBody {
    kept: Arc<Mutex<Option<Kept>>>,
}

#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) body: Bytes,
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
}

impl RawBody {
    pub(super) fn take(&self) -> Option<Kept> {
        self.kept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take()
    }
}

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for RawBody {
    fn name(&self) -> &'static str {
        "RawBody"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        // A body that broke off, or went over its limit, stays a stream: there is nothing to keep.
        let Some(body) = response.body().bytes() else {
            return Ok(());
        };
        let header = |name| response.headers().get(name).map(str::to_owned);
        let kept = Kept {
            body: Bytes::copy_from_slice(body),
            status: response.status().as_u16(),
            request_id: header("x-amzn-requestid"),
        };
        *self
            .kept
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(kept);
        Ok(())
    }
}
