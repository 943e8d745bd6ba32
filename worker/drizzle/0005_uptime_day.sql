CREATE TABLE `maintenance` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`title` text NOT NULL,
	`starts_ms` integer NOT NULL,
	`ends_ms` integer NOT NULL,
	`scope` text NOT NULL,
	`cancelled_ms` integer,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `maintenance_organization` ON `maintenance` (`organization_id`,`ends_ms`);--> statement-breakpoint
CREATE TABLE `retention` (
	`organization_id` text PRIMARY KEY NOT NULL,
	`flip_days` integer NOT NULL,
	`uptime_days` integer NOT NULL,
	`incident_days` integer NOT NULL,
	`audit_days` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `uptime_day` (
	`service_id` text NOT NULL,
	`day` integer NOT NULL,
	`organization_id` text NOT NULL,
	`operational_ms` integer NOT NULL,
	`degraded_ms` integer NOT NULL,
	`outage_ms` integer NOT NULL,
	`maintenance_ms` integer NOT NULL,
	`unknown_ms` integer NOT NULL,
	PRIMARY KEY(`service_id`, `day`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `host` ADD `folded_until_ms` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `host` ADD `fold_turn` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `host` ADD `flips_from_ms` integer DEFAULT 0 NOT NULL;