//! Accepts connections, and bounds what one of them can hold.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::shared::Shared;

/// The connections at once. More wait in the system's queue.
const CONNECTIONS: usize = 1024;
/// The time for the head of a request, and between two requests.
const HEAD_LIMIT: Duration = Duration::from_secs(15);
/// A client that reads its answers slowly holds a place so long. The longest export takes 10 minutes.
const LIFE: Duration = Duration::from_secs(15 * 60);
/// Requests that are being answered when the service ends.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// After an error that concerns the process, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until the service ends, and lets requests under way finish.
pub(crate) async fn serve(service: Shared, listener: TcpListener, router: Router) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = service.stopped() => break,
        };
        let Some((stream, address, place)) = accepted else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        let router = router.clone().layer(axum::Extension(ConnectInfo(address)));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_LIMIT)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
        let service = Shared::clone(&service);
        tokio::spawn(async move {
            let mut connection = std::pin::pin!(connection);
            // A client that goes away is not worth a line.
            tokio::select! {
                _ = connection.as_mut() => {}
                () = service.stopped() => {
                    connection.as_mut().graceful_shutdown();
                    let _ = connection.await;
                }
                () = tokio::time::sleep(LIFE) => {
                    connection.as_mut().graceful_shutdown();
                    let _ = tokio::time::timeout(STOP_PATIENCE, connection).await;
                }
            }
            drop(place);
        });
    }
    let all = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(STOP_PATIENCE, places.acquire_many(all)).await;
}

type Accepted = (
    tokio::net::TcpStream,
    SocketAddr,
    tokio::sync::OwnedSemaphorePermit,
);

async fn accept(listener: &TcpListener, places: &Arc<Semaphore>) -> Option<Accepted> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => Some((stream, address, place)),
        Err(error) => {
            tracing::warn!("cannot accept a connection: {error}");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}
