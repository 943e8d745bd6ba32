/** How often hosts say what their services use while somebody looks, milliseconds. */
const STREAM_MS = 5_000;
/** A page hears so many of them a second at most, however many there are. */
const A_SECOND = 500;

/** The pace for each of so many hosts of one organization, milliseconds. */
export function streamMsOf(hosts: number): number {
  return Math.max(STREAM_MS, Math.ceil(hosts / A_SECOND) * 1_000);
}
