// Stands between a host and its cloud, and says for each piece that passes, either way, how many bytes it had.
// counts-bytes.mjs TARGET-PORT: first says the port it listens on.
import { connect, createServer } from "node:net";

const target = Number(process.argv[2]);
createServer((near) => {
  const far = connect(target, "127.0.0.1");
  for (const [from, to] of [
    [near, far],
    [far, near],
  ]) {
    from.on("data", (chunk) => {
      console.log(chunk.byteLength);
      to.write(chunk);
    });
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
  }
}).listen(0, "127.0.0.1", function () {
  console.log(this.address().port);
});
