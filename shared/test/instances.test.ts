import { expect, it } from "vitest";
import { instancesOf } from "../src/config/instances.ts";
import { resolveTree, writtenPath } from "../src/config/resolve.ts";

const portsOf = (raw: Record<string, unknown>) => {
  const made = instancesOf("web", raw);
  return Array.isArray(made) ? made.map(({ port }) => port) : made;
};

it.each([
  [{ instances: 3, port: 5001 }, [5001, 5002, 5003]],
  [{ instances: 3, port: "5001-5003" }, [5001, 5002, 5003]],
  [{ instances: 2, ports: [80, 8080] }, [80, 8080]],
  [{ instances: 2 }, [null, null]],
  [{ instances: 1, port: 80 }, [80]],
  [{ instances: 2, port: 65_534 }, [65_534, 65_535]],
])("%j: the ports of its instances", (raw, ports) => {
  expect(portsOf(raw)).toEqual(ports);
});

it.each([
  [{ instances: 3, port: "5001-5002" }, "expected 3 ports, one for each instance, got 2"],
  [{ instances: 3, ports: [80] }, "expected 3 ports, one for each instance, got 1"],
  [{ instances: 2, port: "5002-5001" }, "expected 2 ports, one for each instance, got 0"],
  [{ instances: 2, port: 80, ports: [80, 81] }, "write one of them"],
  [{ instances: 2, port: 65_535 }, "above 65535"],
])("%j is refused", (raw, fault) => {
  expect(portsOf(raw)).toMatchObject({ fault: expect.stringContaining(fault) });
});

it("what is no number of instances is left to the schema, and no million of services is made", () => {
  for (const instances of [0, -1, 1.5, 101, 1e9, "many", null, [], Number.NaN])
    expect(portsOf({ instances })).toBe(null);
});

it("each instance is a service of its own, with its number and port where it names them", () => {
  const web = { command: ["serve", "${AFLOAT_PORT}"], instances: 2, port: "${PORT}", env: { N: "${AFLOAT_INSTANCE}" } };
  const resolved = resolveTree({ services: { web } }, (name) => (name === "PORT" ? { value: "80", from: "x" } : null));
  expect(resolved.faults).toEqual([]);
  expect(resolved.tree).toEqual({
    services: {
      "web-1": { command: ["serve", "80"], instances: 2, port: 80, env: { N: "1" } },
      "web-2": { command: ["serve", "81"], instances: 2, port: 81, env: { N: "2" } },
    },
  });
  expect(writtenPath(resolved, ["services", "web-2", "env", "N"])).toEqual(["services", "web", "env", "N"]);
});

it("a line for the shell is left to the shell; a list of words is not", () => {
  const services = {
    short: "echo ${A}",
    long: { command: "echo ${A}", health: { command: "test ${A}" }, stop: { command: ["kill", "${A}"] } },
  };
  const { tree, faults, lines } = resolveTree({ services }, () => ({ value: "; rm -rf x", from: "" }));
  expect(faults).toEqual([]);
  expect(tree).toMatchObject({
    services: {
      short: "echo ${A}",
      long: { command: "echo ${A}", health: { command: "test ${A}" }, stop: { command: ["kill", "; rm -rf x"] } },
    },
  });
  expect(lines.map(({ path }) => path.join("."))).toEqual([
    "services.short",
    "services.long.command",
    "services.long.health.command",
  ]);
});

it("keys are never touched, and those of JavaScript's own objects are refused wherever they are", () => {
  const tree: unknown = JSON.parse(
    '{ "services": { "__proto__": "x", "${A}": "y", "web": { "env": { "constructor": "1", "__proto__": "2" } } } }',
  );
  const { faults, tree: made } = resolveTree(tree, () => ({ value: "z", from: "" }));
  expect(faults.map(({ path }) => path.join("."))).toEqual([
    "services.__proto__",
    "services.web.env.constructor",
    "services.web.env.__proto__",
  ]);
  expect(JSON.stringify(made)).toContain('"${A}":"y"');
  expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
});

it("a service that is called like an instance is refused", () => {
  const services = { web: { command: "x", instances: 2 }, "web-2": "y" };
  const { faults } = resolveTree({ services }, () => null);
  expect(faults).toEqual([{ path: ["services", "web-2"], text: "is there already, as an instance of web" }]);
});
