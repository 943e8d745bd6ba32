/** What happens to a fleet under load, one after the other. Shares are of all hosts, or of all services, 0 to 1. */
export type Phase =
  /** Everybody connects, in the same moment. */
  | { kind: "connect" }
  /** Nothing happens but heartbeats. */
  | { kind: "idle"; seconds: number }
  /** This share of services exits, and is well again, over and over: so many changes a second in all. */
  | { kind: "changes"; share: number; perSecond: number; seconds: number }
  /** This share of services exits and stays down. */
  | { kind: "fail"; share: number }
  /** Whatever is down is well again. */
  | { kind: "mend" }
  /** A service on so many hosts is restarted in a loop. */
  | { kind: "loop"; hosts: number }
  /** This share of hosts freezes: their sockets stay, nothing is heard. It is over when all of them are shown as silent. */
  | { kind: "freeze"; share: number }
  /** The frozen hosts are back. */
  | { kind: "thaw" }
  /** Every connection is lost at once; agents come back by themselves. */
  | { kind: "cut" }
  /** The server is replaced by a new one. */
  | { kind: "deploy" };

export interface Script {
  name: string;
  /** One line: what it tries. */
  title: string;
  phases: readonly Phase[];
}

const FAILING = { kind: "changes", share: 0.01, perSecond: 20, seconds: 15 } as const;

export const SCRIPTS: readonly Script[] = [
  {
    name: "day",
    title: "all connect, 1 % of services fail again and again, a crash loop on ten hosts, a deploy, and all is well",
    phases: [
      { kind: "connect" },
      FAILING,
      { kind: "loop", hosts: 10 },
      { kind: "deploy" },
      { kind: "mend" },
      { kind: "idle", seconds: 5 },
    ],
  },
  {
    name: "failing",
    title: "1 % of services fail and are well again, 20 changes a second",
    phases: [{ kind: "connect" }, { ...FAILING, seconds: 30 }],
  },
  {
    name: "storm",
    title: "all connect, all are cut off at once, the server is replaced: three times the rush to the door",
    phases: [{ kind: "connect" }, { kind: "cut" }, { kind: "deploy" }],
  },
  {
    name: "silence",
    title: "four hosts in ten freeze, and come back once they are shown as silent; takes two minutes",
    phases: [{ kind: "connect" }, { kind: "freeze", share: 0.4 }, { kind: "thaw" }],
  },
];
