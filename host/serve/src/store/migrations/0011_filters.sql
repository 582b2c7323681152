-- What lists are narrowed to beside the columns of 0007 and 0008. They are filled by the next scan, which writes every
-- row anew because its digest covers them.
ALTER TABLE objects ADD COLUMN service TEXT NOT NULL DEFAULT '';
ALTER TABLE objects ADD COLUMN is_running INTEGER;
ALTER TABLE findings ADD COLUMN service TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN is_running INTEGER;
-- Each standard after a line feed.
ALTER TABLE findings ADD COLUMN standards TEXT NOT NULL DEFAULT '';
-- Lists choose their rows in an index alone, and read the bodies of one page. The first one has every other column that
-- findings are narrowed to and counted by, in the default order; the others begin with what narrows most.
DROP INDEX findings_order;
DROP INDEX findings_registration;
DROP INDEX findings_control;
CREATE INDEX findings_worst ON findings (severity, since, id, result, control_id, registration_id, account_id, region,
    service, is_running, change, subject_object, cluster_arn, subject_uid, standards) WHERE gone_at IS NULL;
CREATE INDEX findings_registration ON findings (registration_id, severity, since, id, result, control_id, region, gone_at);
CREATE INDEX findings_control ON findings (control_id, result, severity, since, id) WHERE gone_at IS NULL;
CREATE INDEX findings_cluster ON findings (cluster_arn, result, severity, since, id) WHERE gone_at IS NULL;
CREATE INDEX findings_service ON findings (service, severity, since, id) WHERE gone_at IS NULL;
CREATE INDEX findings_since ON findings (since, id, result, severity) WHERE gone_at IS NULL;
CREATE INDEX findings_gone ON findings (gone_at) WHERE gone_at IS NOT NULL;
DROP INDEX objects_list;
CREATE INDEX objects_list ON objects (object, id, registration_id, account_id, region, cluster_arn, service, is_running,
    name) WHERE gone_at IS NULL;
CREATE INDEX objects_cluster ON objects (cluster_arn, object, id) WHERE gone_at IS NULL;
CREATE INDEX objects_service ON objects (service, object, id) WHERE gone_at IS NULL;
CREATE INDEX objects_gone ON objects (gone_at) WHERE gone_at IS NOT NULL;
