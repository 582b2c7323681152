//! The contents of frames: first the header with the sync's settings, then one described page each.

use portolan_page::{AccountId, RegionName};
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use portolan_fetch::FetchedPage;
use portolan_page::ledger::EntryKey;
use portolan_page::object::Object;
use portolan_page::{BODY_LIMIT_BYTES, Origin, Page};

/// Pages are compressed while a sync runs, so this is zstd's fastest regular level.
const COMPRESSION_LEVEL: i32 = 1;
/// A hundred ARNs take 20 kB; the limit is for servers that are not AWS.
const HEAD_LIMIT_BYTES: u64 = BODY_LIMIT_BYTES as u64;

/// The contents of the first frame.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CheckpointHeader {
    /// The LAST_CAPTURED of every record.
    pub(super) captured_at: String,
    /// Digests of the settings that determine the output, by name.
    pub(super) settings: BTreeMap<String, String>,
}

/// The line of JSON before a page's body.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    account_id: AccountId,
    region: RegionName,
    partition: String,
    pub(super) object: Object,
    cluster: Option<String>,
    /// The listed ARNs of the objects that the page describes.
    pub(super) asked: Vec<String>,
    /// The number of objects that it describes.
    pub(super) described: u64,
    /// The `include` values that AWS refused.
    #[serde(default)]
    unread: Vec<String>,
    /// Whether the tags of its objects are not known.
    #[serde(default)]
    is_untagged: bool,
    /// Whether environment values of its objects were not scanned for secrets, though they should be.
    #[serde(default)]
    is_unscanned: bool,
}

impl Head {
    pub(super) fn key(&self) -> EntryKey {
        EntryKey {
            account_id: self.account_id.clone(),
            region: self.region.clone(),
            object: self.object,
            cluster: self.cluster.clone(),
        }
    }
}

/// Packs a page to be kept. Environment values are not part of it.
pub(super) fn pack(fetched: &FetchedPage) -> io::Result<Vec<u8>> {
    let FetchedPage {
        key,
        page,
        asked,
        unread,
        is_untagged,
        is_unscanned,
        ..
    } = fetched;
    let head = Head {
        account_id: key.account_id.clone(),
        region: key.region.clone(),
        partition: page.origin.partition.clone(),
        object: key.object,
        cluster: key.cluster.clone(),
        asked: asked.clone(),
        described: page.described().count() as u64,
        unread: unread.clone(),
        is_untagged: *is_untagged,
        is_unscanned: *is_unscanned,
    };
    let mut text = serde_json::to_vec(&head)?;
    text.push(b'\n');
    text.extend_from_slice(page.body());
    zstd::bulk::compress(&text, COMPRESSION_LEVEL)
}

/// The head of a kept page, without reading the body.
pub(super) fn unpack_head(payload: &[u8]) -> io::Result<Head> {
    Ok(open(payload)?.0)
}

/// Unpacks a kept page, for records of the sync that is captured at `captured_at`.
pub(super) fn unpack(payload: &[u8], captured_at: &str) -> io::Result<FetchedPage> {
    let (head, rest) = open(payload)?;
    let mut body = Vec::new();
    rest.take(BODY_LIMIT_BYTES as u64 + 1)
        .read_to_end(&mut body)?;
    let origin = Origin {
        partition: head.partition.clone(),
        account_id: head.account_id.clone(),
        region: head.region.clone(),
        captured_at: captured_at.to_owned(),
    };
    let page = Page::read(head.object, origin, Bytes::from(body))
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok(FetchedPage {
        key: head.key(),
        page,
        asked: head.asked,
        is_new: false,
        unread: head.unread,
        is_untagged: head.is_untagged,
        is_unscanned: head.is_unscanned,
    })
}

fn open(payload: &[u8]) -> io::Result<(Head, impl Read)> {
    let mut text = BufReader::new(zstd::stream::read::Decoder::new(payload)?);
    let mut line = Vec::new();
    text.by_ref()
        .take(HEAD_LIMIT_BYTES)
        .read_until(b'\n', &mut line)?;
    Ok((serde_json::from_slice(&line)?, text))
}
