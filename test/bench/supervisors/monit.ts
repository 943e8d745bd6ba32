import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpackDebian } from "./debian.ts";
import { WebKeeper } from "./web-keeper.ts";

/** How soon it acts: its manual's rule with its defaults, or as patient as the agent is by default. */
export type Patience = "default" | "patient";

const PATIENCE = {
  // For 30 s after a start, its default, it looks at no port.
  default: { title: "monit 5.33", start: "", cycles: "" },
  patient: { title: "monit 5.33, 3 in a row", start: " with timeout 10 seconds", cycles: " for 3 cycles" },
};

/** monit, from Debian's packages, with the rule that its manual shows for a web server, looked at every 5 s. */
export class Monit extends WebKeeper {
  readonly title: string;
  readonly #patience: Patience;

  constructor(port: number, patience: Patience) {
    super(port);
    this.#patience = patience;
    this.title = PATIENCE[patience].title;
  }

  install(): void {
    unpackDebian(join(this.dir, "root"), ["monit"]);
  }

  start(): void {
    const script = (name: string, text: string) => {
      const path = join(this.dir, name);
      writeFileSync(path, `#!/bin/sh\ncd ${this.dir}\n${text}\n`, { mode: 0o755 });
      return path;
    };
    // It starts programs that go into the background, and finds them by a file with their pid.
    const start = script("start.sh", `setsid ${this.line} >>log 2>&1 </dev/null &\necho $! >pid`);
    const stop = script("stop.sh", "kill $(cat pid)");
    const { start: startLimit, cycles } = PATIENCE[this.#patience];
    const config = `set daemon 5
set logfile ${join(this.dir, "monit.log")}
set pidfile ${join(this.dir, "monit.pid")}
set idfile ${join(this.dir, "monit.id")}
set statefile ${join(this.dir, "monit.state")}
check process web with pidfile ${join(this.dir, "pid")}
  start program = "${start}"${startLimit}
  stop program = "${stop}"
  if failed host 127.0.0.1 port ${this.port} protocol http request "/health"${cycles} then restart
`;
    writeFileSync(join(this.dir, "monitrc"), config, { mode: 0o600 });
    this.run(join(this.dir, "root/usr/bin/monit"), ["-I", "-c", join(this.dir, "monitrc")]);
  }
}
