/** One mail to one address. `headers` beyond From, To, Subject, Date and Message-ID. */
export interface Mail {
  /** The same for every attempt: who sends it may leave out what was sent already. */
  id: string;
  to: string;
  /** One line. */
  subject: string;
  text: string;
  /** Null where the text says it all. */
  html: string | null;
  headers: Record<string, string>;
}
