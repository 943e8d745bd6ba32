CREATE TABLE `placement` (
	`organization_id` text PRIMARY KEY NOT NULL,
	`place` text NOT NULL,
	`next_place` text
);
--> statement-breakpoint
CREATE INDEX `placement_next` ON `placement` (`next_place`) WHERE next_place is not null;