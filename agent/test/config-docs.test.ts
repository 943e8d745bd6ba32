import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { knownWords } from "../src/config/known-words.ts";
import { ConfigFiles } from "./config-files.ts";

const page = readFileSync(new URL("../../docs/configuration.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = ""]) => text);

let files: ConfigFiles;
beforeEach(() => {
  files = new ConfigFiles();
});
afterEach(() => files.remove());

it("the page of the configuration names every key there is", () => {
  const tables = page.split("\n").filter((line) => line.startsWith("|"));
  // What stands within an env variable or an env_file.
  const words = knownWords().filter((word) => !["file", "path", "required"].includes(word));
  expect(words.filter((word) => !tables.some((line) => new RegExp(`[\`{ ]${word}[\`,} ]`).test(line)))).toEqual([]);
});

describe("every example on it can be read", () => {
  it.each(examples)("%s", (text) => {
    files.with({
      "afloat.yaml": text,
      ".env": "PORT=5001\nDATABASE=db\n",
      "api.env": "",
      "more.yaml": "services: {}\n",
      "conf.d/db.yaml": "services:\n  db: sleep 1\n",
    });
    expect(files.mistakes()).toEqual([]);
    expect(files.read({ AFLOAT_PROFILES: "*" }).spec.services).not.toEqual([]);
  });
});
