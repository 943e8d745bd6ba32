import * as v from "valibot";
import type { Answered } from "../../outgoing/post.ts";
import { answeredWords, channelKind, type Judgement, judgeByStatus, type Request } from "../channel-kind.ts";
import type { Telling } from "../telling.ts";
import { slackMessage } from "./blocks.ts";

const settings = v.object({
  url: v.pipe(v.string("expected the address of an incoming webhook"), v.trim(), v.minLength(1, "expected an address")),
});
type Settings = v.InferOutput<typeof settings>;

/** Slack by an incoming webhook (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
export const slack = channelKind<Settings>({
  name: "slack",
  label: "Slack",
  about: "A channel of Slack, by an incoming webhook: Slack shows its address once you add one to an app of yours.",
  settings,
  // Who knows the address can post: it is kept as a secret.
  secrets: ["url"],
  fields: [
    {
      ...{ name: "url", label: "Address of the incoming webhook", type: "url", required: true },
      placeholder: "https://hooks.slack.com/services/T…/B…/…",
    },
  ],
  whereOf: ({ url }) => (URL.canParse(url) ? new URL(url).hostname : "Slack"),
  requestOf: (telling: Telling, { url }): Request => ({
    via: "post",
    post: { url, headers: {}, body: JSON.stringify(slackMessage(telling)) },
  }),
  judge,
});

/** What Slack answers for good (docs.slack.dev, incoming webhooks, "Handling errors"), and what mends it. */
const REFUSALS: Record<string, string> = {
  no_service: "the incoming webhook was removed or switched off in Slack: make another, and write its address",
  no_active_hooks: "the incoming webhook was switched off in Slack: make another, and write its address",
  no_team: "the workspace is not there any more: write the address of another",
  team_disabled: "the workspace is disabled: write the address of another",
  invalid_token: "Slack does not know this address: copy it again, whole",
  channel_not_found: "the Slack channel was deleted: make a webhook for another",
  channel_is_archived: "the Slack channel is archived: unarchive it, or make a webhook for another",
  user_not_found: "the person whom the webhook writes to left Slack: make another",
  action_prohibited: "an admin of the Slack workspace forbids it: ask there, or make a webhook for another channel",
  posting_to_general_channel_denied: "only some may post to this Slack channel: make a webhook for another",
  invalid_payload: "Slack does not understand the message: this is a fault of ours, please report it",
  invalid_blocks: "Slack does not understand the message: this is a fault of ours, please report it",
  msg_too_long: "Slack finds the message too long: this is a fault of ours, please report it",
};

function judge(answer: Answered): Judgement {
  const { status, head } = answer;
  if (status < 400 || status >= 500 || status === 429 || status === 408) return judgeByStatus(answer);
  const mend = REFUSALS[head.trim()];
  if (mend !== undefined) return { kind: "refused", why: `${head.trim()}: ${mend}` };
  // 410 and 404 without a word that is known: the address is gone.
  if (status === 404 || status === 410) {
    return {
      kind: "refused",
      why: `${answeredWords(status, head)}: nobody takes messages there; make another webhook`,
    };
  }
  return judgeByStatus(answer);
}
