//! Orders of lists, and cursors that name the last row of a page. The id makes each order total.

use serde::{Deserialize, Serialize};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
}

/// A column that a list can be sorted by.
#[derive(Debug)]
pub(crate) struct Column {
    /// Its name in the API.
    pub(crate) name: &'static str,
    /// None of them is ever NULL.
    pub(super) expressions: &'static [(&'static str, Kind)],
    /// Whether the largest come first, unless the caller turns it round.
    pub(super) is_descending: bool,
}

/// An order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sort {
    column: &'static Column,
    is_descending: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Number(i64),
    Text(String),
}

impl Key {
    const fn kind(&self) -> Kind {
        match self {
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::Text,
        }
    }
}

/// The last row of a page, as far as its order needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    sort: String,
    keys: Vec<Key>,
    id: String,
}

impl Sort {
    /// The order of a name; `-` before it turns the order round. `None` is the first column.
    pub(crate) fn parse(columns: &'static [Column], name: Option<&str>) -> Option<Self> {
        let name = name.unwrap_or(columns.first()?.name);
        let turned = name.strip_prefix('-');
        let wanted = turned.unwrap_or(name);
        let column = columns.iter().find(|column| column.name == wanted)?;
        Some(Self {
            column,
            is_descending: column.is_descending != turned.is_some(),
        })
    }

    fn word(self) -> String {
        let turned = self.is_descending != self.column.is_descending;
        format!("{}{}", if turned { "-" } else { "" }, self.column.name)
    }

    /// Whether a cursor is of this order.
    pub(crate) fn fits(self, cursor: &Cursor) -> bool {
        let expressions = self.column.expressions;
        let kinds = expressions.iter().map(|(_, kind)| *kind);
        cursor.sort == self.word() && cursor.keys.iter().map(Key::kind).eq(kinds)
    }

    /// Adds the keys to the selected columns.
    pub(super) fn push_keys(self, query: &mut QueryBuilder<Sqlite>) {
        for (place, (expression, _)) in self.column.expressions.iter().enumerate() {
            query.push(format!(", {expression} AS key{place}"));
        }
    }

    /// Adds the condition for rows behind a cursor, to a query whose ids are `id`.
    pub(super) fn push_after(
        self,
        query: &mut QueryBuilder<Sqlite>,
        id: &'static str,
        after: &Cursor,
    ) {
        query.push(" AND (");
        for (expression, _) in self.column.expressions {
            query.push(*expression).push(", ");
        }
        query.push(id);
        query.push(if self.is_descending { ") < (" } else { ") > (" });
        for key in &after.keys {
            match key {
                Key::Number(number) => query.push_bind(*number),
                Key::Text(text) => query.push_bind(text.clone()),
            };
            query.push(", ");
        }
        query.push_bind(after.id.clone()).push(")");
    }

    /// Adds the order, of the keys that a query has selected and of `id`.
    pub(super) fn push_order(self, query: &mut QueryBuilder<Sqlite>, id: &'static str) {
        let direction = if self.is_descending { " DESC" } else { "" };
        query.push(" ORDER BY ");
        for place in 0..self.column.expressions.len() {
            query.push(format!("key{place}{direction}, "));
        }
        query.push(id).push(direction);
    }

    /// The cursor for the page after a row.
    pub(super) fn cursor(self, row: &SqliteRow) -> Result<Cursor, sqlx::Error> {
        let expressions = self.column.expressions.iter().enumerate();
        let keys = expressions.map(|(place, (_, kind))| {
            let name = format!("key{place}");
            Ok(match kind {
                Kind::Number => Key::Number(row.try_get(name.as_str())?),
                Kind::Text => Key::Text(row.try_get(name.as_str())?),
            })
        });
        Ok(Cursor {
            sort: self.word(),
            keys: keys.collect::<Result<_, sqlx::Error>>()?,
            id: row.try_get("id")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_its_order() {
        static COLUMNS: [Column; 2] = [
            Column {
                name: "since",
                expressions: &[("f.since", Kind::Number)],
                is_descending: true,
            },
            Column {
                name: "uid",
                expressions: &[("f.uid", Kind::Text)],
                is_descending: false,
            },
        ];
        let sort = |name| Sort::parse(&COLUMNS, name).expect("an order");
        let cursor = Cursor {
            sort: "since".into(),
            keys: vec![Key::Number(1)],
            id: "a".into(),
        };
        assert!(sort(None).fits(&cursor) && sort(None).is_descending);
        assert!(!sort(Some("-since")).fits(&cursor) && !sort(Some("-since")).is_descending);
        assert!(!sort(Some("uid")).fits(&cursor) && sort(Some("-uid")).is_descending);
        let forged = Cursor {
            keys: vec![Key::Text("1".into())],
            ..cursor
        };
        assert!(!sort(None).fits(&forged));
        assert!(Sort::parse(&COLUMNS, Some("--uid")).is_none());
    }
}
