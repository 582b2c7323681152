//! The formats of well-known secrets.
//!
//! The facts come from the issuers' documentation and from the rule set of gitleaks 8
//! (<https://github.com/gitleaks/gitleaks>, `config/gitleaks.toml`), whose ids are the names of detectors where
//! it has a rule for the same secret. The expressions are our own: they judge one value, not a file.
//! No crate fits: `kingfisher-rules` and `keyspoor` need a later compiler than wasmtime's LTS, and scan files
//! and repositories; `ripsecrets` reads only files. `regex` is in the tree already, and takes linear time.

/// The name of a detector, and the expression of the values that it finds. ASCII only.
pub(super) const RULES: [(&str, &str); 73] = [
    // AWS: "Unique identifiers" in the IAM User Guide; Bedrock API keys.
    (
        "aws-access-token",
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    ),
    (
        "aws-secret-access-key",
        r#"(?i)secret_?(?:access_?)?key["']?\s*[=:]\s*["']?[a-z0-9/+]{40}(?:[^a-z0-9/+=]|$)"#,
    ),
    (
        "aws-amazon-bedrock-api-key-long-lived",
        r"\bABSK[A-Za-z0-9+/]{100,}",
    ),
    // Keys and tokens of any issuer: RFC 7468, RFC 4880, RFC 7519, RFC 7617, RFC 6750, RFC 3986.
    (
        "private-key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    ),
    (
        "private-key-base64",
        r"LS0tLS1CRUdJTiB(?:SU0EgUFJJ|QUklWQVRF|FQyBQUklW|PUEVOU1NI|FTkNSWVBU|EU0EgUFJJ)",
    ),
    (
        "jwt",
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    ),
    (
        "authorization-header",
        r"(?i)\b(?:basic|bearer)\s+[a-z0-9+/_.~-]{16,}",
    ),
    // A password after `$` is one, but `${PASSWORD}` refers to another place.
    (
        "url-password",
        r"(?i)\b[a-z][a-z0-9+.-]*://[^\s/?#@:]*:(?:[^\s/?#@${<]|\$[^\s/?#@{])+@",
    ),
    (
        "dsn-password",
        r"(?:^|[\s=])[^\s:@/=]+:(?:[^\s@/${<]|\$[^\s@/{])+@(?:tcp|unix)\(",
    ),
    (
        "connection-string-password",
        r#"(?i)(?:^|[^a-z])(?:password|passwd|pwd)["']?\s*[=:]\s*["']?[^\s"'&;,${}<>]{4,}"#,
    ),
    // Microsoft: storage and Service Bus connection strings, shared access signatures, Entra, Teams.
    (
        "azure-storage-account-key",
        r"(?i)\bAccountKey=[a-z0-9+/]{86}==",
    ),
    (
        "azure-shared-access-key",
        r"(?i)\bSharedAccessKey=[a-z0-9+/]{43}=",
    ),
    (
        "azure-shared-access-signature",
        r"[?&]sig=[A-Za-z0-9%+/]{40,}",
    ),
    (
        "azure-ad-client-secret",
        r"\b[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
    ),
    (
        "microsoft-teams-webhook",
        r"https://[a-z0-9-]+\.webhook\.office\.com/webhookb2/[0-9a-f-]{36}@",
    ),
    // Google.
    ("gcp-api-key", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("gcp-oauth-client-secret", r"\bGOCSPX-[A-Za-z0-9_-]{28}"),
    ("gcp-oauth-access-token", r"\bya29\.[A-Za-z0-9_-]{20,}"),
    // Forges and registries of packages.
    ("github-pat", r"\bghp_[A-Za-z0-9]{36}"),
    ("github-oauth", r"\bgho_[A-Za-z0-9]{36}"),
    ("github-app-token", r"\bgh[us]_[A-Za-z0-9]{36}"),
    ("github-refresh-token", r"\bghr_[A-Za-z0-9]{36}"),
    ("github-fine-grained-pat", r"\bgithub_pat_[A-Za-z0-9_]{36,}"),
    ("gitlab-pat", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    (
        "gitlab-token",
        r"\bgl(?:agent|cbt|dt|ft|imt|oas|ptt|rt|rtr|soat)-[A-Za-z0-9_-]{20,}",
    ),
    ("atlassian-api-token", r"\bATATT3[A-Za-z0-9_=-]{50,}"),
    ("npm-access-token", r"\bnpm_[A-Za-z0-9]{36}"),
    (
        "pypi-upload-token",
        r"\bpypi-Ag(?:EIcHlwaS5vcmc|ENdGVzdC5weXBpLm9yZ)[A-Za-z0-9_-]{50,}",
    ),
    ("rubygems-api-token", r"\brubygems_[0-9a-f]{48}"),
    ("artifactory-api-key", r"\bAKCp[A-Za-z0-9]{69}"),
    ("docker-hub-token", r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}"),
    // Messages.
    ("slack-token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    (
        "slack-app-token",
        r"\bxapp-[0-9]-[A-Z0-9]+-[0-9]+-[a-z0-9]+",
    ),
    (
        "slack-webhook-url",
        r"https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9+/]{20,}",
    ),
    (
        "discord-webhook-url",
        r"https://(?:[a-z]+\.)?discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{60,}",
    ),
    (
        "telegram-bot-api-token",
        r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
    ),
    (
        "sendgrid-api-token",
        r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}",
    ),
    (
        "sendinblue-api-token",
        r"\bxkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}",
    ),
    ("mailgun-private-api-token", r"\bkey-[0-9a-f]{32}\b"),
    ("mailchimp-api-key", r"\b[0-9a-f]{32}-us[0-9]{1,2}\b"),
    ("twilio-api-key", r"\bSK[0-9a-f]{32}\b"),
    // Payments and shops.
    (
        "stripe-access-token",
        r"\b[sr]k_(?:live|test|prod)_[A-Za-z0-9]{10,}",
    ),
    ("stripe-webhook-secret", r"\bwhsec_[A-Za-z0-9+/]{24,}"),
    (
        "square-access-token",
        r"\b(?:EAAA[A-Za-z0-9_-]{60}|sq0(?:atp|csp)-[A-Za-z0-9_-]{22,})",
    ),
    (
        "shopify-access-token",
        r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    ),
    // Models.
    (
        "anthropic-api-key",
        r"\bsk-ant-[a-z0-9]+-[A-Za-z0-9_-]{20,}",
    ),
    (
        "openai-api-key",
        r"\bsk-(?:(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})",
    ),
    ("huggingface-access-token", r"\bhf_[A-Za-z0-9]{34}"),
    // Clouds, their tools and their observers.
    ("alibaba-access-key-id", r"\bLTAI[A-Za-z0-9]{16,26}\b"),
    (
        "cloudflare-origin-ca-key",
        r"\bv1\.0-[0-9a-f]{24}-[0-9a-f]{146}",
    ),
    ("databricks-api-token", r"\bdapi[0-9a-f]{32}"),
    ("digitalocean-access-token", r"\bdo[opr]_v1_[0-9a-f]{64}"),
    (
        "doppler-api-token",
        r"\bdp\.(?:audit|ct|pt|sa|scim|st)\.[A-Za-z0-9_.-]{40,}",
    ),
    (
        "dynatrace-api-token",
        r"\bdt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
    ),
    ("flyio-access-token", r"\bfm[12][ar]?_[A-Za-z0-9+/=_-]{80,}"),
    (
        "grafana-service-account-token",
        r"\bglsa_[A-Za-z0-9]{32}_[0-9a-f]{8}",
    ),
    ("grafana-cloud-api-token", r"\bglc_[A-Za-z0-9+/]{32,}"),
    (
        "hashicorp-tf-api-token",
        r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}",
    ),
    ("heroku-api-key-v2", r"\bHRKU-AA[A-Za-z0-9_-]{58}"),
    (
        "launchdarkly-access-token",
        r"\b(?:api|sdk)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    ),
    ("linear-api-key", r"\blin_api_[A-Za-z0-9]{40}"),
    ("new-relic-user-api-key", r"\bNRAK-[A-Z0-9]{27}"),
    ("new-relic-license-key", r"\b[0-9a-f]{36}NRAL\b"),
    ("notion-api-token", r"\bntn_[0-9]{11}[A-Za-z0-9]{35}"),
    (
        "planetscale-api-token",
        r"\bpscale_(?:oauth|pw|tkn)_[A-Za-z0-9_.=-]{32,}",
    ),
    ("postman-api-token", r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ("pulumi-api-token", r"\bpul-[0-9a-f]{40}\b"),
    ("sentry-org-token", r"\bsntrys_[A-Za-z0-9+/=_-]{40,}"),
    ("sentry-user-token", r"\bsntryu_[0-9a-f]{64}"),
    ("supabase-access-token", r"\bsbp_[0-9a-f]{40}\b"),
    ("vault-token", r"\bhv[brs]\.[A-Za-z0-9_-]{24,}"),
    // Stores of secrets themselves.
    (
        "1password-service-account-token",
        r"\bops_eyJ[A-Za-z0-9+/]{100,}",
    ),
    ("age-secret-key", r"\bAGE-SECRET-KEY-1[A-Z0-9]{58}"),
];
