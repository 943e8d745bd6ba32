import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpackDebian } from "./debian.ts";
import { WebKeeper } from "./web-keeper.ts";

const PACKAGES = [
  "ruby-god",
  "ruby3.1",
  "libruby3.1",
  "ruby-webrick",
  "ruby-xmlrpc",
  "rubygems-integration",
  "ruby-rubygems",
];

/** god, from Debian's packages, with its manual's condition on an HTTP answer: looks every 5 s, restarts after three. */
export class God extends WebKeeper {
  readonly title = "god 0.13";

  install(): void {
    unpackDebian(join(this.dir, "root"), PACKAGES);
  }

  start(): void {
    writeFileSync(
      join(this.dir, "web.god"),
      `God.pid_file_directory = "${this.dir}"
God.watch do |w|
  w.name = "web"
  w.dir = "${this.dir}"
  w.start = "${this.line}"
  w.interval = 5.seconds
  w.keepalive
  w.restart_if do |restart|
    restart.condition(:http_response_code) do |c|
      c.host = "127.0.0.1"
      c.port = ${this.port}
      c.path = "/health"
      c.code_is_not = 200
      c.timeout = 2.seconds
      c.times = 3
    end
  end
end
`,
    );
    const usr = join(this.dir, "root/usr/lib");
    const machine = `${usr}/${MACHINES[process.arch] ?? ""}`;
    const env = {
      ...process.env,
      LD_LIBRARY_PATH: machine,
      RUBYLIB: [
        `${usr}/ruby/vendor_ruby`,
        `${machine}/ruby/vendor_ruby/3.1.0`,
        `${usr}/ruby/3.1.0`,
        `${machine}/ruby/3.1.0`,
      ].join(":"),
    };
    const args = ["-c", join(this.dir, "web.god"), "-D", "--no-syslog", "--no-events", "-p", String(this.port + 1)];
    const bin = join(this.dir, "root/usr/bin");
    this.run(join(bin, "ruby3.1"), [join(bin, "god"), ...args], env);
  }
}

/** What Debian calls the machines that Node knows by other names. */
const MACHINES: Partial<Record<NodeJS.Architecture, string>> = {
  x64: "x86_64-linux-gnu",
  arm64: "aarch64-linux-gnu",
};
