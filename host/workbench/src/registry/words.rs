//! Texts that several registry failures share.

use portolan_machine::text::printable;

/// The remedy for an untrusted certificate.
pub(super) const UNTRUSTED: &str = "if a company's own authority signs certificates here, name its PEM file with --ca-bundle, AWS_CA_BUNDLE or SSL_CERT_FILE; a machine without any authorities needs its package ca-certificates";

/// The text of the innermost error, which has no URL in it.
pub(super) fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    printable(&error.to_string(), 300)
}
