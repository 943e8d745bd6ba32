// Loaded into an agent before anything else: the time of day is off by as many milliseconds as CLOCK_FILE says, again and
// again, as on a machine whose clock is wrong or is set. Other clocks are left alone, as setting the time leaves them alone.
const { readFileSync } = require("node:fs");

const { now } = Date;
const off = () => Number(readFileSync(process.env.CLOCK_FILE, "utf8"));

Date.now = () => now() + off();
globalThis.Date = class extends Date {
  constructor(...args) {
    if (args.length === 0) super(Date.now());
    else super(...args);
  }
};
