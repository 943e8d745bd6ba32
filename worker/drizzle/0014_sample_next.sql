ALTER TABLE `sample_hour` ADD `next_covered_ms` integer;--> statement-breakpoint
ALTER TABLE `sample_hour` ADD `next_services` text;