const WORDS = "another Fleet looks after this organization, or it is being moved: try again in a moment";

/** What a Fleet answers to an upgrade of an organization that it does not look after (RFC 9110, 15.5.20). */
export const MISDIRECTED = 421;

/** A Fleet was asked about an organization that it does not look after. Nothing was done. */
export class Elsewhere extends Error {
  constructor() {
    super(WORDS);
  }
}

/** By its words: between a Fleet and who asks it, an error's class is lost. */
export function isElsewhere(error: unknown): boolean {
  return error instanceof Error && error.message.includes(WORDS);
}
