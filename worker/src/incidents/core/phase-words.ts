/** What a notice says, by its phase; there may be several `reminder-2`. */
export function phaseWords(phase: string): string {
  const [name = "", nth] = phase.split(/[.-]/);
  const ofChannel = OF_CHANNEL[name];
  if (ofChannel !== undefined) return ofChannel;
  const words = PHASES[name] ?? name;
  return nth === undefined ? words : `${words} (${nth})`;
}

const PHASES: Record<string, string> = {
  opened: "it began",
  noted: "it happened",
  updated: "there is more of it",
  reminder: "it still stands",
  escalated: "the next in line is asked",
  acknowledged: "somebody looks after it",
  closed: "it is over",
  late: "it was, and is over",
};

/** Of a channel itself, told by the others; what follows is a time. */
const OF_CHANNEL: Record<string, string> = {
  dead: "it hears nothing",
  refusing: "it refuses what is sent",
  back: "it hears again",
};
