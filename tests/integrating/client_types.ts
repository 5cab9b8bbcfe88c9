// Compiles if clients/js/index.d.ts describes what the modules of the client are.
import type * as declared from "../../clients/js/index.js";
import * as errors from "../../clients/js/errors.js";
import { Heed } from "../../clients/js/heed.js";
import { Snapshot } from "../../clients/js/snapshot.js";
import { verifyWebhook } from "../../clients/js/webhook.js";

const modules = { ...errors, Heed, verifyWebhook, Snapshot };
const parts: { [Name in keyof typeof declared]: (typeof modules)[Name] } = modules;
export const heed: declared.Heed = new parts.Heed("https://heed.example.com", "");
export const snapshot: Promise<declared.Snapshot> = parts.Snapshot.open(new Uint8Array(), { keys: [] });
export const refused: declared.Refused = new parts.Refused(422, {});
export const verify: typeof declared.verifyWebhook = parts.verifyWebhook;

/** A caller can tell events, and links from their absence, apart. */
export async function use(client: declared.Heed, event: declared.WebhookEvent): Promise<string> {
  const { links } = await client.links("offers", { addresses: new Set(["jane.doe@example.com"]) });
  const headers = links.map((link) => (link.error ? null : link.headers["List-Unsubscribe"]));
  return event.type === "import.done" ? String(event.data.applied) : event.data.recipient + headers.length;
}
