ALTER TABLE `heartbeat_out` ADD `interval_ms` integer DEFAULT 60000 NOT NULL;--> statement-breakpoint
ALTER TABLE `heartbeat_out` ADD `next_ms` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `heartbeat_out` ADD `runs` text;