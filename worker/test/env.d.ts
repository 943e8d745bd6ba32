import type { D1Migration } from "cloudflare:test";
import type { Env as WorkerEnv } from "../src/env.ts";

declare global {
  namespace Cloudflare {
    /** What tests get from `cloudflare:workers`: the Worker's own bindings, and the migrations to apply. */
    interface Env extends WorkerEnv {
      TEST_MIGRATIONS: D1Migration[];
      /** Which day is simulated (day/day.test.ts), as JSON: what differs from the small one. */
      DAY: string;
    }
    interface GlobalProps {
      mainModule: typeof import("../src/index.ts");
    }
  }
}
