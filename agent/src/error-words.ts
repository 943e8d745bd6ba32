/** What whoever threw it says about it. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
