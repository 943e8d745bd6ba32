import type { Verb } from "@afloat/shared/domain";
import { render, useEffect, useState } from "hono/jsx/dom";
import type { CommandView, LiveMessage } from "../src/live.ts";
import { Dashboard } from "../src/pages/dashboard/dashboard.tsx";
import type { Acts, Model } from "../src/pages/dashboard/model.ts";
import { reduceFleet } from "../src/pages/fleet-reducer.ts";
import { listenToKeys } from "./keys.ts";
import { focusMenu } from "./menu-keys.ts";
import { focusQuestion, returnFromQuestion } from "./question-focus.ts";
import { watchLive } from "./live-socket.ts";

/** What makes the server's page live: the same components, kept up to date over a socket, and able to act. */

type Update = (change: (model: Model) => Partial<Model>) => void;

function Live({ first }: { first: Model }) {
  const [model, setModel] = useState(first);
  const update: Update = (change) => setModel((before) => ({ ...before, ...change(before) }));
  useEffect(() => {
    const tick = setInterval(() => update(() => ({ nowMs: Date.now() })), 1000);
    const stop = watchLive((messages, shards) =>
      update((model) => {
        const isLive = shards.live === shards.of;
        const staleSinceMs = isLive ? null : (model.staleSinceMs ?? Date.now());
        return { ...messages.reduce(heard, model), shards, staleSinceMs, nowMs: Date.now() };
      }),
    );
    const quiet = listenToKeys(update);
    return () => {
      clearInterval(tick);
      stop();
      quiet();
    };
  }, []);
  return <Dashboard model={model} acts={actsOf(update)} />;
}

/** Lines of output are this person's own; everything else is the fleet's. */
function heard(model: Model, message: LiveMessage): Model {
  return message.type === "tail"
    ? { ...model, tails: { ...model.tails, [message.command]: message } }
    : { ...model, fleet: reduceFleet(model.fleet, message) };
}

function actsOf(update: Update): Acts {
  return {
    ask: (id, what) => {
      update(({ faults }) => ({ asking: { id, what }, menu: null, faults: without(faults, id) }));
      focusQuestion();
    },
    leave: () =>
      update(({ asking }) => {
        if (asking !== null) returnFromQuestion(asking.id);
        return { asking: null };
      }),
    open: (menu) => {
      update(() => ({ menu, asking: null }));
      if (menu !== null) focusMenu();
    },
    close: (command) => update(({ closed }) => ({ closed: [...closed, command] })),
    order: (hostId, service, verb) => {
      const id = `${hostId}.${service}`;
      update(({ faults }) => ({ asking: null, menu: null, faults: without(faults, id) }));
      void order(hostId, service, verb).then((outcome) =>
        update(({ fleet, faults, lookedFor }) =>
          typeof outcome === "string"
            ? { faults: { ...faults, [id]: outcome } }
            : {
                fleet: reduceFleet(fleet, { type: "command", command: outcome }),
                lookedFor: verb === "logs" ? [...lookedFor, outcome.id] : lookedFor,
              },
        ),
      );
    },
  };
}

/** The command as it stands, or why it was not taken. */
async function order(hostId: string, service: string, verb: Verb): Promise<CommandView | string> {
  try {
    const answer = await fetch("/app/commands", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ hostId, service, verb }),
    });
    if (answer.status === 401) location.reload();
    const body: CommandView & { error?: { message: string } } = await answer.json();
    return answer.ok ? body : (body.error?.message ?? `refused with ${answer.status}`);
  } catch {
    return "the server cannot be reached; nothing was done";
  }
}

function without(faults: Record<string, string>, id: string | null): Record<string, string> {
  return Object.fromEntries(Object.entries(faults).filter(([key]) => key !== id));
}

const root = document.querySelector("#dashboard");
const written = document.querySelector("#model")?.textContent;
if (root instanceof HTMLElement && typeof written === "string") {
  const first: Model = JSON.parse(written);
  render(<Live first={first} />, root);
}
