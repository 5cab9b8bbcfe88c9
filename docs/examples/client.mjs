// A sender in JavaScript, with the client of Heed (docs/clients.md).
import { createServer } from "node:http";
import { Heed, InvalidWebhook, verifyWebhook } from "heed-client";

/** Yields what the mail of each customer who may get it needs: links for its text, and headers for the mail library. */
export async function* prepareMailing(heed, topic, campaign, customers) {
  const answers = await heed.check(topic, { addresses: customers.map(({ address }) => address) });
  const allowed = customers.filter((_, at) => answers[at].sendable);
  const people = { addresses: allowed.map(({ address }) => address), refs: allowed.map(({ id }) => id) };
  const { links, warning } = await heed.links(topic, { ...people, campaign });
  if (warning) throw new Error(warning);
  for (const link of links) {
    if (!link.error) yield { to: link.address, headers: link.headers, unsubscribe: link.unsubscribe_url };
  }
}

/** Returns which topics the account page of a customer shows as chosen. */
export async function readChoices(heed, address) {
  const decisions = Object.entries(await heed.decisions({ address }));
  return Object.fromEntries(decisions.map(([topic, { sendable }]) => [topic, sendable]));
}

/** Records what a customer stopped on the account page. Returns whether no mail of the topic may be sent any more. */
export async function stopTopic(heed, address, topic) {
  const [result] = await heed.record([{ address, scope: topic, state: "out", source: "api" }]);
  return result.outcome !== "refused" && !result.sendable[topic];
}

/** Brings your own list up to date, and returns the cursor of the next time. `list` is any store with these two. */
export async function followSuppressions(heed, list, cursor) {
  for await (const page of heed.suppressions({ cursor })) {
    await list.replace(page.suppressions);
    await list.keepCursor(page.cursor);
    cursor = page.cursor;
  }
  return cursor;
}

/** Returns a server that hands each verified event to `handle`, and answers when that has stored it. */
export function receiveWebhooks(secret, handle) {
  return createServer(async (request, response) => {
    try {
      const parts = [];
      for await (const part of request) parts.push(part);
      await handle(await verifyWebhook(secret, request.headers, Buffer.concat(parts)));
      response.writeHead(204).end();
    } catch (error) {
      response.writeHead(error instanceof InvalidWebhook ? 401 : 500).end();
    }
  });
}

/** Returns the client of this machine's settings. */
export function openHeed({ HEED_URL, HEED_API_KEY }) {
  return new Heed(HEED_URL, HEED_API_KEY);
}
