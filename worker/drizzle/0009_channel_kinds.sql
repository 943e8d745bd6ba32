ALTER TABLE `channel` ADD `settings` text;--> statement-breakpoint
ALTER TABLE `channel` ADD `sealed_settings` text;--> statement-breakpoint
ALTER TABLE `channel` ADD `removed_ms` integer;--> statement-breakpoint
ALTER TABLE `channel` ADD `confirmed_ms` integer;--> statement-breakpoint
-- What was disabled so far was removed.
UPDATE `channel` SET `removed_ms` = `disabled_ms`;
