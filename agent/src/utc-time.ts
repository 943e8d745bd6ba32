/**
 * A time as ISO 8601 has it, with milliseconds, as `toISOString` writes it. That one makes Node 24 load the names of all time zones
 * first, though none is in it: 1 MB of the daemon's memory.
 */
export function utcTime(ms: number): string {
  const at = new Date(ms);
  const day = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()].map((each) => padded(each, 2)).join("-");
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map((each) => padded(each, 2)).join(":");
  return `${day}T${time}.${padded(at.getUTCMilliseconds(), 3)}Z`;
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
