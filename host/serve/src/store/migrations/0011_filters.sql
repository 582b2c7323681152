-- What lists are narrowed to beside the columns of 0007 and 0008. They are filled by the next scan, which writes every
-- row anew because its digest covers them.
ALTER TABLE objects ADD COLUMN service TEXT NOT NULL DEFAULT '';
ALTER TABLE objects ADD COLUMN is_running INTEGER;
ALTER TABLE findings ADD COLUMN service TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN is_running INTEGER;
-- Each standard after a line feed.
ALTER TABLE findings ADD COLUMN standards TEXT NOT NULL DEFAULT '';
