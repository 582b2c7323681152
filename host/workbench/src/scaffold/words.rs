use super::{Language, NewModule};
use portolan_page::object::{Object, Shape};
use portolan_sandbox::Kind;

/// Values for the names in double braces that templates contain.
pub(super) struct Words(Vec<(&'static str, String)>);

impl Words {
    pub(super) fn of(plan: &NewModule) -> Self {
        let mut words = vec![
            ("{{name}}", plan.name.clone()),
            ("{{object}}", plan.object.name().to_owned()),
            ("{{arn_member}}", plan.object.arn_member().to_owned()),
        ];
        words.extend(object(plan.object));
        words.extend(kind(plan));
        words.extend(language(plan));
        Self(words)
    }

    /// The template with its words filled in.
    pub(super) fn fill(&self, template: &str) -> String {
        self.0
            .iter()
            .fold(template.to_owned(), |text, (word, value)| {
                text.replace(word, value)
            })
    }
}

fn object(object: Object) -> Vec<(&'static str, String)> {
    let source = &object.name()["Ecs".len()..];
    let [name_member, status_member] = object.row().name_and_status;
    let arn_field = format!("{}_arn", object.word().replace('-', "_"));
    let attribute = match portolan_page::schemas::has_attribute(object, "TAGS") {
        true => "TAGS",
        false => "NAME",
    };
    let body = match object.shape() {
        Shape::List(member) => format!("Body::List(\"{member}\")"),
        Shape::Single(member) => format!("Body::One(\"{member}\")"),
    };
    vec![
        ("{{source}}", source.to_owned()),
        ("{{ARN_ATTRIBUTE}}", arn_field.to_uppercase()),
        ("{{arn_field}}", arn_field),
        ("{{name_field}}", snake_case(name_member)),
        ("{{name_member}}", name_member.to_owned()),
        ("{{status_field}}", snake_case(status_member)),
        ("{{status_member}}", status_member.to_owned()),
        ("{{body}}", body),
        ("{{attribute}}", attribute.to_owned()),
    ]
}

/// `lastStatus` as `last_status`.
fn snake_case(member: &str) -> String {
    let mut field = String::new();
    for letter in member.chars() {
        if letter.is_uppercase() {
            field.push('_');
        }
        field.extend(letter.to_lowercase());
    }
    field
}

fn kind(plan: &NewModule) -> Vec<(&'static str, String)> {
    let (kind, what, usage) = match plan.kind {
        Kind::Mapping => (
            "mapping",
            "it makes the records instead of the stock mapping",
            "--mappers built".to_owned(),
        ),
        Kind::Overlay => (
            "overlay",
            "it changes the records that the stock mapping made",
            format!("--overlay built/{}.wasm", plan.name),
        ),
        Kind::Assessor => (
            "assessor",
            "it judges the records that a sync wrote",
            format!("--assessors built/{}.wasm", plan.name),
        ),
    };
    vec![
        ("{{kind}}", kind.to_owned()),
        ("{{what}}", what.to_owned()),
        ("{{use}}", usage),
    ]
}

fn language(plan: &NewModule) -> Vec<(&'static str, String)> {
    let kind = plan.kind;
    let (file, manual) = match plan.language {
        Language::Rust(_) => (
            "src/lib.rs".to_owned(),
            "`cargo doc --open -p portolan-mapper-sdk` explains the rest.",
        ),
        Language::Table => (
            match kind {
                Kind::Assessor => crate::table::CONTROLS,
                Kind::Mapping | Kind::Overlay => crate::table::FILE,
            }
            .to_owned(),
            match kind {
                Kind::Assessor => "`portolan schema controls` prints everything that it can say.",
                Kind::Mapping | Kind::Overlay => {
                    "`portolan schema table` prints everything that it can say."
                }
            },
        ),
        Language::Python => (
            format!("src/{kind}.py"),
            "`src/portolan_mapper.py`, which it is written with, explains the rest.\n\n`portolan mapper build` installs componentize-py, of the version in `requirements.txt`, into `.venv` if it is not there: `python3 -m venv .venv`, then `.venv/bin/python -m pip install --requirement requirements.txt`.",
        ),
        Language::JavaScript => (
            format!("src/{kind}.js"),
            "`src/portolan-mapper.js`, which it is written with, explains the rest.\n\n`portolan mapper build` installs componentize-qjs, of the version in `package-lock.json`, into `node_modules` if it is not there: `npm ci`.",
        ),
    };
    vec![("{{file}}", file), ("{{manual}}", manual.to_owned())]
}
