CREATE TABLE `audit` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`at_ms` integer NOT NULL,
	`actor_kind` text NOT NULL,
	`actor_id` text NOT NULL,
	`actor_name` text NOT NULL,
	`action` text NOT NULL,
	`target` text NOT NULL,
	`detail` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_organization` ON `audit` (`organization_id`,`at_ms`);--> statement-breakpoint
CREATE TABLE `channel` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`url` text NOT NULL,
	`sealed_secret` text NOT NULL,
	`created_ms` integer NOT NULL,
	`disabled_ms` integer
);
--> statement-breakpoint
CREATE INDEX `channel_organization` ON `channel` (`organization_id`);--> statement-breakpoint
CREATE TABLE `command` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`host_id` text NOT NULL,
	`service_name` text NOT NULL,
	`verb` text NOT NULL,
	`step` text NOT NULL,
	`steps` text NOT NULL,
	`by_user_id` text NOT NULL,
	`by_name` text NOT NULL,
	`created_ms` integer NOT NULL,
	`expires_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `command_organization` ON `command` (`organization_id`,`created_ms`);--> statement-breakpoint
CREATE TABLE `delivery` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`notice_id` text NOT NULL,
	`channel_id` text NOT NULL,
	`attempt` integer NOT NULL,
	`at_ms` integer NOT NULL,
	`ok` integer NOT NULL,
	`status` integer,
	`answer` text NOT NULL,
	`took_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `delivery_notice` ON `delivery` (`notice_id`);--> statement-breakpoint
CREATE TABLE `enrolment_key` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`name` text NOT NULL,
	`key_hash` text NOT NULL,
	`single_use` integer NOT NULL,
	`tags` text NOT NULL,
	`used_count` integer DEFAULT 0 NOT NULL,
	`created_by` text NOT NULL,
	`created_ms` integer NOT NULL,
	`expires_ms` integer,
	`revoked_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `enrolment_key_hash` ON `enrolment_key` (`key_hash`);--> statement-breakpoint
CREATE INDEX `enrolment_key_organization` ON `enrolment_key` (`organization_id`);--> statement-breakpoint
CREATE TABLE `flip` (
	`subject_id` text NOT NULL,
	`at_ms` integer NOT NULL,
	`journal_id` text NOT NULL,
	`seq` integer NOT NULL,
	`organization_id` text NOT NULL,
	`verdict` text NOT NULL,
	`reason_code` text NOT NULL,
	`reason` text NOT NULL,
	`public_status` text NOT NULL,
	PRIMARY KEY(`subject_id`, `at_ms`, `journal_id`, `seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `host` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`name` text NOT NULL,
	`os` text NOT NULL,
	`arch` text NOT NULL,
	`tags` text NOT NULL,
	`credential_version` integer DEFAULT 1 NOT NULL,
	`revoked_ms` integer,
	`agent_version` text,
	`journal_id` text,
	`boot_id` text,
	`run_id` text,
	`recorded_seq` integer DEFAULT 0 NOT NULL,
	`remote` text NOT NULL,
	`link` text DEFAULT 'never' NOT NULL,
	`link_since_ms` integer NOT NULL,
	`last_seen_ms` integer,
	`offline_after_ms` integer DEFAULT 90000 NOT NULL,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `host_organization` ON `host` (`organization_id`);--> statement-breakpoint
CREATE TABLE `incident` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`kind` text NOT NULL,
	`subject_id` text NOT NULL,
	`host_id` text NOT NULL,
	`service_name` text,
	`title` text NOT NULL,
	`cause` text NOT NULL,
	`opened_ms` integer NOT NULL,
	`closed_ms` integer,
	`evidence` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `incident_open` ON `incident` (`subject_id`,`kind`) WHERE closed_ms is null;--> statement-breakpoint
CREATE INDEX `incident_organization` ON `incident` (`organization_id`,`opened_ms`);--> statement-breakpoint
CREATE TABLE `notice` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`incident_id` text NOT NULL,
	`phase` text NOT NULL,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `notice_incident_phase` ON `notice` (`incident_id`,`phase`);--> statement-breakpoint
CREATE TABLE `service` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`host_id` text NOT NULL,
	`name` text NOT NULL,
	`snapshot` text NOT NULL,
	`public_status` text NOT NULL,
	`seq` integer NOT NULL,
	`created_ms` integer NOT NULL,
	`removed_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `service_host_name` ON `service` (`host_id`,`name`);--> statement-breakpoint
CREATE INDEX `service_organization` ON `service` (`organization_id`);--> statement-breakpoint
CREATE TABLE `status_component` (
	`page_id` text NOT NULL,
	`service_id` text NOT NULL,
	`organization_id` text NOT NULL,
	`name` text NOT NULL,
	`group_name` text,
	`position` integer NOT NULL,
	PRIMARY KEY(`page_id`, `service_id`)
);
--> statement-breakpoint
CREATE TABLE `status_page` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`slug` text NOT NULL,
	`title` text NOT NULL,
	`shows` text NOT NULL,
	`published_ms` integer,
	`created_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `status_page_slug` ON `status_page` (`slug`);--> statement-breakpoint
CREATE TABLE `account` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`provider_id` text NOT NULL,
	`user_id` text NOT NULL,
	`access_token` text,
	`refresh_token` text,
	`id_token` text,
	`access_token_expires_at` integer,
	`refresh_token_expires_at` integer,
	`scope` text,
	`password` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `account_user` ON `account` (`user_id`);--> statement-breakpoint
CREATE TABLE `invitation` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`email` text NOT NULL,
	`role` text,
	`status` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`inviter_id` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `invitation_email` ON `invitation` (`email`);--> statement-breakpoint
CREATE INDEX `invitation_organization` ON `invitation` (`organization_id`);--> statement-breakpoint
CREATE TABLE `member` (
	`id` text PRIMARY KEY NOT NULL,
	`organization_id` text NOT NULL,
	`user_id` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `member_user` ON `member` (`user_id`);--> statement-breakpoint
CREATE INDEX `member_organization` ON `member` (`organization_id`);--> statement-breakpoint
CREATE TABLE `organization` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`slug` text NOT NULL,
	`logo` text,
	`metadata` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `organization_slug_unique` ON `organization` (`slug`);--> statement-breakpoint
CREATE TABLE `rate_limit` (
	`id` text PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`count` integer NOT NULL,
	`last_request` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `rate_limit_key_unique` ON `rate_limit` (`key`);--> statement-breakpoint
CREATE TABLE `session` (
	`id` text PRIMARY KEY NOT NULL,
	`token` text NOT NULL,
	`user_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	`ip_address` text,
	`user_agent` text,
	`active_organization_id` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `session_token_unique` ON `session` (`token`);--> statement-breakpoint
CREATE INDEX `session_user` ON `session` (`user_id`);--> statement-breakpoint
CREATE TABLE `user` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`email_verified` integer NOT NULL,
	`image` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `user_email_unique` ON `user` (`email`);--> statement-breakpoint
CREATE TABLE `verification` (
	`id` text PRIMARY KEY NOT NULL,
	`identifier` text NOT NULL,
	`value` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `verification_identifier` ON `verification` (`identifier`);