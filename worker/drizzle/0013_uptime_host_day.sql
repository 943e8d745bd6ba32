CREATE TABLE `uptime_host_day` (
	`host_id` text NOT NULL,
	`day` integer NOT NULL,
	`organization_id` text NOT NULL,
	`services` text NOT NULL,
	PRIMARY KEY(`host_id`, `day`)
) WITHOUT ROWID;
