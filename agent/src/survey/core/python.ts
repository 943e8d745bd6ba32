import { type Found, proposal } from "./found.ts";

/** Where Django serves unless told otherwise (django-admin runserver). */
const DJANGO_PORT = 8000;

/** A Django project, by its manage.py: with the interpreter of its virtual environment, where there is one. */
export function fromManagePy(text: string, files: ReadonlySet<string>, folder: string): Found {
  if (!/\bdjango\b/i.test(text)) return { services: [], mentions: [] };
  const python = pythonOf(files);
  const notes = ["that is Django's server for development; for others: gunicorn PROJECT.wsgi"];
  const command = `${python} manage.py runserver --noreload 127.0.0.1:${DJANGO_PORT}`;
  return { services: [proposal(folder, command, "manage.py", { port: DJANGO_PORT, notes })], mentions: [] };
}

/** Programs that a pyproject.toml names may be servers or not: they are only mentioned. */
export function fromPyproject(text: string, files: ReadonlySet<string>): Found {
  const sections = text.split(/^[ \t]*\[/m);
  const scripts = sections.filter((section) => /^(project\.scripts|tool\.poetry\.scripts)\]/.test(section));
  const names = scripts.flatMap((section) =>
    [...section.matchAll(/^[ \t]*"?([\w.-]+)"?[ \t]*=/gm)].map(([, name]) => name ?? ""),
  );
  const runner = files.has("uv.lock") ? "uv run " : files.has("poetry.lock") ? "poetry run " : "";
  const from = "pyproject.toml";
  const mentions = names
    .slice(0, 20)
    .map((name) => ({ from, text: `a program, a service if it stays: ${runner}${name}` }));
  return { services: [], mentions };
}

function pythonOf(files: ReadonlySet<string>): string {
  if (files.has("uv.lock")) return "uv run python";
  if (files.has("poetry.lock")) return "poetry run python";
  return [".venv", "venv"].find((dir) => files.has(dir))?.concat("/bin/python") ?? "python3";
}
