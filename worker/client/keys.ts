import { type Model, shownHosts } from "../src/pages/dashboard/model.ts";
import { whyNot } from "../src/pages/dashboard/verbs.ts";
import { focusMenu, moveInMenu, returnFromMenu } from "./menu-keys.ts";
import { focusQuestion, returnFromQuestion } from "./question-focus.ts";

/**
 * `/` searches, `j` and `k` move, `r` asks to restart, `m` opens the menu, `Escape` leaves it, `?` says so. Answers how to stop
 * listening.
 */
export function listenToKeys(update: (change: (model: Model) => Partial<Model>) => void): () => void {
  const pressed = (event: KeyboardEvent) => {
    const typing = event.target instanceof HTMLInputElement;
    if (moveInMenu(event)) return;
    if (event.key === "Tab") update(() => ({ menu: null }));
    if (event.key === "Escape") {
      returnFromMenu();
      update(({ asking }) => {
        if (asking !== null) returnFromQuestion(asking.id);
        return { asking: null, menu: null, filter: "" };
      });
      if (typing) event.target.blur();
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      event.preventDefault();
      document.querySelector<HTMLInputElement>("#filter")?.focus();
    }
    if (event.key === "j" || event.key === "k")
      update((model) => ({ at: neighbour(model, event.key === "j" ? 1 : -1) }));
    if (event.key === "r") {
      update(askRestart);
      focusQuestion();
    }
    if (event.key === "m") {
      update(({ at }) => ({ menu: at === null ? null : `row:${at}`, asking: null }));
      focusMenu();
    }
    if (event.key === "?") help();
  };
  const typed = (event: Event) => {
    const { target } = event;
    if (target instanceof HTMLInputElement && target.id === "filter") update(() => ({ filter: target.value }));
  };
  const clicked = ({ target }: Event) => {
    if (target instanceof Element && target.closest(".acts") === null) update(() => ({ menu: null }));
  };
  document.addEventListener("keydown", pressed);
  document.addEventListener("input", typed);
  document.addEventListener("click", clicked);
  return () => {
    document.removeEventListener("click", clicked);
    document.removeEventListener("keydown", pressed);
    document.removeEventListener("input", typed);
  };
}

/** Only where the button is, too. */
function askRestart(model: Model): Partial<Model> {
  const { at, role, mayAsk } = model;
  const host = model.fleet.hosts.find(({ services }) => services.some(({ id }) => id === at));
  const service = host?.services.find(({ id }) => id === at);
  if (host === undefined || service === undefined) return {};
  const may = whyNot("restart", host, service.snapshot, { role, verbs: mayAsk }) === null;
  return { asking: may ? { id: service.id, what: "restart" } : null, menu: null };
}

function neighbour(model: Model, by: 1 | -1): string | null {
  const ids = shownHosts(model).flatMap(({ services }) => services.map(({ id }) => id));
  const at = model.at === null ? -1 : ids.indexOf(model.at);
  if (at === -1) return ids[0] ?? null;
  return ids[Math.min(ids.length - 1, Math.max(0, at + by))] ?? null;
}

const KEYS = [
  ["/", "search"],
  ["j k", "next, previous service"],
  ["r", "restart it (asks first)"],
  ["m", "what else may be asked of it"],
  ["Esc", "leave it"],
];

function help(): void {
  const dialog = document.createElement("dialog");
  const list = document.createElement("p");
  for (const [key, does] of KEYS) {
    const name = document.createElement("kbd");
    name.textContent = key ?? "";
    list.append(name, ` ${does}`, document.createElement("br"));
  }
  const close = document.createElement("button");
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.append(list, close);
  document.body.append(dialog);
  dialog.showModal();
}
