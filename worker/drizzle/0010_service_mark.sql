ALTER TABLE `service` ADD `journal_id` text;--> statement-breakpoint
ALTER TABLE `service` ADD `recorded_seq` integer;