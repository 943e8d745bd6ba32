import { groupsOf } from "@afloat/shared/config/groups";
import { expect, it } from "vitest";
import { namedServices } from "../src/cli/named-services.ts";

const instance = (number: number) => ({ name: `web-${number}`, groups: ["front"], instance: { of: "web", number } });
const services = [instance(1), instance(2), { name: "api", groups: ["back", "all"], instance: null }];
const known = services.map(({ name }) => name);
const meant = (...asked: string[]) => {
  const named = namedServices(asked, known, groupsOf(services));
  return "names" in named ? named.names : named.fault;
};

it("a group is written with @, and instances by the name they are written under", () => {
  expect(meant("@front")).toEqual(["web-1", "web-2"]);
  expect(meant("web")).toEqual(["web-1", "web-2"]);
  expect(meant("@back", "web-2")).toEqual(["web-2", "api"]);
  expect(meant("web-?")).toEqual(["web-1", "web-2"]);
});

it("a service that is called like a group's word is meant itself; `all` stays all", () => {
  expect(meant("all")).toEqual(known);
  expect(meant("@all")).toEqual(["api"]);
  expect(namedServices(["front"], ["front"], { "@front": ["x"] })).toEqual({ names: ["front"] });
});

it("a group that is not there is told with those that are", () => {
  expect(meant("@frond")).toBe("there is no group @frond; there are @front, @back, @all. Did you mean @front?");
  expect(meant("constructor")).toMatch(/^there is no service constructor/);
  expect(meant("__proto__")).toMatch(/^there is no service __proto__/);
});

it("a pattern of many stars is no long wait", () => {
  expect(namedServices([`${"*a".repeat(200)}b`], ["a".repeat(5000)])).toHaveProperty("fault");
  expect(namedServices([`${"*a".repeat(200)}*`], ["a".repeat(5000)])).toHaveProperty("names");
});
