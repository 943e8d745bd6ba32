CREATE TABLE `sample_hour` (
	`host_id` text NOT NULL,
	`slot` integer NOT NULL,
	`organization_id` text NOT NULL,
	`hour_ms` integer NOT NULL,
	`covered_ms` integer NOT NULL,
	`services` text NOT NULL,
	PRIMARY KEY(`host_id`, `slot`)
) WITHOUT ROWID;
