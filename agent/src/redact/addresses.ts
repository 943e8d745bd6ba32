/** From `://` on, as far as an address goes, and before another one in it. */
const ADDRESS = /:\/\/((?:[^\s"'`<>:]|:(?!\/\/))+)/g;
const SCHEME_LIMIT = 30;
/** Their paths have no @, and people write passwords into them as they are. */
const OF_DATABASES = /^(?:postgres|mysql|mariadb|mongodb|redis|amqp|mqtt|nats|ldap|smtp|mssql|sqlserver|clickhouse)/i;
/** A host, or some, each with its port. */
const HOSTS = /^(?:\[[\w:.%]{0,60}\]|[^:,]*)(?::\d*)?(?:,(?:\[[\w:.%]{0,60}\]|[^:,]*)(?::\d*)?)*$/;
/** Of an address that was cut before its @: what stands where a port would. */
const CUT_OFF = /^[^:/?#[\]@]*:(?!port|\d+(?:\W|$))[A-Za-z0-9]*[A-Za-z]/i;

/** Hides who an address signs in as: a name and a password, or a token alone. */
export function redactAddresses(text: string): string {
  return text.replaceAll(ADDRESS, (whole, rest: string, at: number) => {
    const scheme = /[a-z][a-z0-9+.-]*$/i.exec(text.slice(Math.max(0, at - SCHEME_LIMIT), at))?.[0] ?? "";
    const end = credentialsEnd(scheme, rest);
    if (end === -1 && CUT_OFF.test(rest)) return "://[redacted]";
    return end <= 0 || isHarmlessUser(scheme, rest.slice(0, end)) ? whole : `://[redacted]${rest.slice(end)}`;
  });
}

/** Where the @ after the credentials is; -1 where there are none. */
function credentialsEnd(scheme: string, rest: string): number {
  if (OF_DATABASES.test(scheme)) return rest.lastIndexOf("@");
  const slash = rest.search(/[/?#]/);
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const end = authority.lastIndexOf("@");
  if (end !== -1) return end;
  // What is no port is a password that a slash is in.
  return HOSTS.test(authority) ? -1 : rest.lastIndexOf("@");
}

/** Of somebody who signs in with a key of his own, the name says nothing. */
const isHarmlessUser = (scheme: string, user: string) =>
  user === "git" || (/(?:^|\+)(?:ssh|sftp|scp)$/i.test(scheme) && /^[\w.-]+$/.test(user));
