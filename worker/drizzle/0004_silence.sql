ALTER TABLE `host` ADD `sleeps` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `host` ADD `absence` text;