//! A part of the accounts and Regions, for one of several machines.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// With more machines, each would get less than one Region of a large organization.
const COUNT_LIMIT: u64 = 10_000;

/// The number of a part, and the number of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// The number of the part, from 1 to `count`.
    number: u64,
    count: u64,
}

impl Shard {
    /// Whether an account and Region are in this part. Every pair is in exactly one part, and stays there
    /// when other accounts come or go. The number of the part is one plus the remainder, modulo the number of
    /// parts, of the first eight bytes of the SHA-256 of `ACCOUNT/REGION` (for example
    /// `111111111111/us-east-1`), read as a big-endian number.
    #[must_use]
    pub fn takes(&self, account_id: &str, region: &str) -> bool {
        let digest = Sha256::digest(format!("{account_id}/{region}"));
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(first) % self.count + 1 == self.number
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.trim().split_once('/');
        let parts = parts.and_then(|(number, count)| {
            Some((number.parse::<u64>().ok()?, count.parse::<u64>().ok()?))
        });
        match parts {
            Some((number, count)) if (1..=count).contains(&number) && count <= COUNT_LIMIT => {
                Ok(Self { number, count })
            }
            _ => Err(format!(
                "`{}` is not a shard; one looks like 2/5, from 1/5 to 5/5, of at most {COUNT_LIMIT}",
                portolan_machine::text::printable(text, 32)
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_in_exactly_one_shard() {
        for count in [1, 2, 5, 7] {
            let shards: Vec<Shard> = (1..=count)
                .map(|number| format!("{number}/{count}").parse().expect("a shard"))
                .collect();
            let mut sizes = vec![0; shards.len()];
            for account in 0..200 {
                for region in ["us-east-1", "eu-west-1", "ap-south-1"] {
                    let account_id = format!("{account:012}");
                    let takers: Vec<usize> = (0..shards.len())
                        .filter(|index| shards[*index].takes(&account_id, region))
                        .collect();
                    assert_eq!(takers.len(), 1);
                    sizes[takers[0]] += 1;
                }
            }
            let fair = 600 / sizes.len();
            assert!(
                sizes
                    .iter()
                    .all(|size| (fair / 2..=fair * 2).contains(size)),
                "{sizes:?}"
            );
        }
    }

    #[test]
    fn the_split_is_the_documented_one() {
        // printf 111111111111/us-east-1 | sha256sum begins with 1dd0efb1ada30888, which is 3 modulo 5.
        let shard: Shard = "4/5".parse().expect("a shard");
        assert!(shard.takes("111111111111", "us-east-1"));
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in ["", "0/5", "6/5", "1/0", "1", "a/b", "1/10001", "-1/5"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
