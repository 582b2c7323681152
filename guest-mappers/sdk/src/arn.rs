/// An Amazon Resource Name, split into its parts: `arn:partition:service:region:account-id:resource`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    /// For example `aws-us-gov`.
    pub partition: &'a str,
    /// For example `ecs`.
    pub service: &'a str,
    /// Empty for a service without Regions.
    pub region: &'a str,
    /// Empty for some services.
    pub account_id: &'a str,
    /// All text after the fifth colon, for example `task/cluster/0123`; it may hold colons.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Splits an ARN; `None` if the text is not an ARN.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") {
            return None;
        }
        let arn = Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account_id: parts.next()?,
            resource: parts.next()?,
        };
        let complete =
            !arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty();
        complete.then_some(arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_keeps_its_colons() {
        let arn = Arn::parse("arn:aws-cn:ecs:cn-north-1:123456789012:task-definition/web:7");
        let expected = Arn {
            partition: "aws-cn",
            service: "ecs",
            region: "cn-north-1",
            account_id: "123456789012",
            resource: "task-definition/web:7",
        };
        assert_eq!(arn, Some(expected));
    }

    #[test]
    fn other_texts_are_no_arns() {
        for text in [
            "",
            "arn",
            "arn:aws:ecs",
            "default",
            "urn:aws:ecs:r:a:x",
            "arn:::::",
            "arn:aws:ecs:r:a:",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
