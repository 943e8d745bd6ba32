CREATE TABLE `acknowledgement` (
	`incident_id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`at_ms` integer NOT NULL,
	`via` text NOT NULL,
	`by_id` text NOT NULL,
	`by_name` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `alert_backlog` (
	`organization_id` text PRIMARY KEY NOT NULL,
	`waiting` integer NOT NULL,
	`oldest_ms` integer NOT NULL,
	`at_ms` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `alert_incident` (
	`incident_id` text NOT NULL,
	`notice_id` text NOT NULL,
	`organization_id` text NOT NULL,
	PRIMARY KEY(`incident_id`, `notice_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `alert_rule` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`position` integer NOT NULL,
	`rule` text NOT NULL,
	`created_ms` integer NOT NULL,
	`changed_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `alert_rule_organization` ON `alert_rule` (`organization_id`,`position`);--> statement-breakpoint
CREATE TABLE `alert_why` (
	`incident_id` text NOT NULL,
	`at_ms` integer NOT NULL,
	`position` integer NOT NULL,
	`organization_id` text NOT NULL,
	`why` text NOT NULL,
	PRIMARY KEY(`incident_id`, `at_ms`, `position`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `heartbeat_out` (
	`organization_id` text PRIMARY KEY NOT NULL,
	`sealed_url` text NOT NULL,
	`created_ms` integer NOT NULL,
	`called_ms` integer,
	`heard_ms` integer,
	`answer` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `incident_note` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`at_ms` integer NOT NULL,
	`by_user_id` text NOT NULL,
	`by_name` text NOT NULL,
	`text` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `incident_note_incident` ON `incident_note` (`incident_id`,`at_ms`);--> statement-breakpoint
CREATE TABLE `silence` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`matcher` text NOT NULL,
	`reason` text NOT NULL,
	`starts_ms` integer NOT NULL,
	`ends_ms` integer NOT NULL,
	`ended_ms` integer,
	`by_user_id` text NOT NULL,
	`by_name` text NOT NULL,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `silence_organization` ON `silence` (`organization_id`,`ends_ms`);--> statement-breakpoint
CREATE TABLE `worker_pulse` (
	`name` text PRIMARY KEY NOT NULL,
	`at_ms` integer NOT NULL,
	`lag_ms` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `delivery` ADD `outcome` text;--> statement-breakpoint
ALTER TABLE `notice` ADD `severity` text;--> statement-breakpoint
ALTER TABLE `notice` ADD `message` text;