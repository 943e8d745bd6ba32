import { durationWords } from "@afloat/shared/core/duration";
import { count, type Model } from "./model.ts";

/** For whoever can mend it: what hosts told and could not be recorded. Nothing else waits for it. */
export function SetAside({ model }: { model: Model }) {
  const { setAside, hosts } = model.fleet;
  if (setAside === null || setAside === undefined || !model.mayRevoke) return null;
  const host = hosts.find(({ id }) => id === setAside.hostId);
  return (
    <section class="trouble calm" data-notice="set-aside" aria-label="Something could not be recorded">
      <header>
        <div>
          <h2>
            <span class="deg" aria-hidden="true">
              ◐
            </span>{" "}
            {count(setAside.count, "thing")} could not be recorded
          </h2>
          <p>
            the last of {host?.name ?? "a host that is gone"}, {durationWords(model.nowMs - setAside.atMs)} ago:{" "}
            {setAside.why} · kept aside, and nothing else waits for it · most likely agent and cloud are of different
            versions: update the older one
          </p>
        </div>
      </header>
    </section>
  );
}
