//! Numbers, times and results as people read them.

use std::borrow::Borrow;

use jiff::Timestamp;

use crate::moment;

/// A number with commas between thousands.
pub(super) fn number(count: impl Borrow<i64>) -> String {
    let count = *count.borrow();
    let digits = count.unsigned_abs().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if count < 0 {
        format!("−{text}")
    } else {
        text
    }
}

/// A number and a noun, which has an `s` unless there is one.
pub(super) fn count(count: impl Borrow<i64>, noun: &str) -> String {
    let count = *count.borrow();
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", number(count))
}

/// A moment, seen from now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time(pub(super) i64);

impl Time {
    /// For the attribute `datetime`.
    pub(super) fn iso(&self) -> String {
        moment::text(self.0)
    }

    fn format(&self, pattern: &str) -> String {
        let time = Timestamp::from_millisecond(self.0).unwrap_or(Timestamp::UNIX_EPOCH);
        time.strftime(pattern).to_string()
    }

    /// The date and the minute, in UTC.
    pub(super) fn exact(&self) -> String {
        self.format("%-d %b %Y, %H:%M")
    }

    /// The date.
    pub(super) fn date(&self) -> String {
        self.format("%-d %b %Y")
    }

    /// How long ago: `5 minutes`.
    pub(super) fn age(&self) -> String {
        span((moment::now() - self.0).max(0))
    }

    /// `5 minutes ago`, or `in 5 minutes`.
    pub(super) fn relative(&self) -> String {
        let passed = moment::now() - self.0;
        if passed >= 0 {
            format!("{} ago", span(passed))
        } else {
            format!("in {}", span(-passed))
        }
    }
}

/// A time span in its largest unit.
pub(super) fn span(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute")];
    let fits = units.into_iter().find(|(unit, _)| seconds >= *unit);
    match fits {
        Some((unit, noun)) => count(seconds / unit, noun),
        None => count(seconds, "second"),
    }
}

/// The reference to a glyph of the sprite.
fn glyph(name: &str) -> String {
    format!("<svg aria-hidden=\"true\"><use href=\"#{name}\"/></svg>")
}

/// A severity, by its number in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Severity(pub(super) i64);

impl Severity {
    /// The worst first.
    pub(super) const ALL: [Self; 5] = [Self(5), Self(4), Self(3), Self(2), Self(1)];

    pub(super) fn of(word: &str) -> Self {
        Self(crate::store::findings::severity_of(word).unwrap_or(1))
    }

    pub(super) const fn word(self) -> &'static str {
        match self.0 {
            5 => "Critical",
            4 => "High",
            3 => "Medium",
            2 => "Low",
            _ => "Informational",
        }
    }

    /// As in addresses.
    pub(super) fn key(self) -> &'static str {
        crate::store::findings::severity_word(self.0)
    }

    pub(super) fn glyph(self) -> String {
        glyph(match self.0 {
            5 => "sev-critical",
            4 => "sev-high",
            3 => "sev-medium",
            2 => "sev-low",
            _ => "sev-info",
        })
    }
}

/// A result, by its word in records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome(pub(super) String);

impl Outcome {
    pub(super) fn word(&self) -> &'static str {
        match self.0.as_str() {
            "FAIL" => "Fail",
            "PASS" => "Pass",
            "NOT_APPLICABLE" => "Not applicable",
            _ => "Not evaluated",
        }
    }

    pub(super) fn glyph(&self) -> String {
        glyph(match self.0.as_str() {
            "FAIL" => "res-fail",
            "PASS" => "res-pass",
            "NOT_APPLICABLE" => "res-na",
            _ => "res-unknown",
        })
    }
}

/// A stacked bar: what was looked at, what was looked at long ago, what nobody looked at.
pub(super) fn bar(parts: &[(&str, i64)]) -> String {
    let all: i64 = parts.iter().map(|(_, count)| count).sum();
    let mut text = String::from("<svg class=\"bar\" aria-hidden=\"true\">");
    let mut begin = 0.0;
    for (class, count) in parts.iter().filter(|(_, count)| *count > 0) {
        #[expect(clippy::cast_precision_loss, reason = "a width on a screen")]
        let share = *count as f64 * 100.0 / all.max(1) as f64;
        text.push_str(&format!(
            "<rect class=\"f-{class}\" x=\"{begin:.2}%\" width=\"{share:.2}%\" height=\"100%\"/>"
        ));
        begin += share;
    }
    text.push_str("</svg>");
    text
}

/// The name of a cluster out of its ARN.
pub(super) fn cluster(arn: &str) -> &str {
    arn.rsplit_once(":cluster/").map_or(arn, |(_, name)| name)
}

/// The last part of an ARN, or the text itself.
pub(super) fn short(uid: &str) -> &str {
    let name = uid.rsplit('/').next().unwrap_or(uid);
    name.rsplit_once("task-definition/")
        .map_or(name, |(_, name)| name)
}

/// What an object is called in a sentence.
pub(super) fn kind(object: &str) -> &str {
    match object {
        "EcsService" => "service",
        "EcsTaskGroup" => "group of tasks",
        "EcsTask" => "task",
        "EcsTaskDefinition" => "task definition",
        "EcsContainerDefinition" => "container definition",
        "EcsCluster" => "cluster",
        "EcsContainerInstance" => "container instance",
        "EcsCapacityProvider" => "capacity provider",
        "EcsTaskSet" => "task set",
        "EcsAccountSetting" => "account setting",
        "EcsAuditEvent" => "audit event",
        "EcsDeployment" => "deployment",
        "EcsContainer" => "container",
        other => other,
    }
}

/// Our own text as HTML: what is between backticks is code.
pub(super) fn rich(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    for (place, part) in text.split('`').enumerate() {
        let is_code = place % 2 == 1;
        html.push_str(if is_code { "<code>" } else { "" });
        for each in part.chars() {
            match each {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                each => html.push(each),
            }
        }
        html.push_str(if is_code { "</code>" } else { "" });
    }
    html
}

/// Foreign text with control characters and marks of direction shown as what they are.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for each in text.chars() {
        let is_hidden = each.is_control()
            || matches!(each, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if is_hidden {
            shown.extend(each.escape_default());
        } else {
            shown.push(each);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_are_readable() {
        assert_eq!(number(0), "0");
        assert_eq!(number(-1_234_567), "−1,234,567");
        assert_eq!(count(1, "check"), "1 check");
        assert_eq!(rich("Set `a<b` & go"), "Set <code>a&lt;b</code> &amp; go");
        assert_eq!(span(61_000), "1 minute");
        assert_eq!(short("arn:aws:ecs:r:1:task-definition/a:3"), "a:3");
        assert_eq!(shown("a\u{202e}b\n"), "a\\u{202e}b\\n");
    }
}
