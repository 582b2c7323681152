//! Words that several failures of a registry are told in.

use portolan_machine::text::printable;

/// What to do about a certificate that is not trusted.
pub(super) const UNTRUSTED: &str = "if a company's own authority signs certificates here, name its PEM file with --ca-bundle, AWS_CA_BUNDLE or SSL_CERT_FILE; a machine without any authorities needs its package ca-certificates";

/// The words of the error at the bottom, which has no URL in it.
pub(super) fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    printable(&error.to_string(), 300)
}
