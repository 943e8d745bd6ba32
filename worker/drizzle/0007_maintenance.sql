CREATE TABLE `maintenance_series` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`title` text NOT NULL,
	`note` text NOT NULL,
	`scope` text NOT NULL,
	`time_zone` text NOT NULL,
	`starts_wall_ms` integer NOT NULL,
	`until_wall_ms` integer,
	`length_ms` integer NOT NULL,
	`repeats` text NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`written_until_ms` integer DEFAULT 0 NOT NULL,
	`ended_ms` integer,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `maintenance_series_organization` ON `maintenance_series` (`organization_id`);--> statement-breakpoint
ALTER TABLE `maintenance` ADD `note` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `maintenance` ADD `time_zone` text DEFAULT 'UTC' NOT NULL;--> statement-breakpoint
ALTER TABLE `maintenance` ADD `series_id` text;--> statement-breakpoint
ALTER TABLE `maintenance` ADD `told_ms` integer;--> statement-breakpoint
CREATE INDEX `maintenance_untold` ON `maintenance` (`organization_id`) WHERE told_ms is null;