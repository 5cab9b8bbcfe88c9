// The routes of a sender.
import { readChanges, readCheck, readDecisions, readLinks, readPage, readTopics } from "./answers.js";
import { NotUnderstood } from "./errors.js";
import { Transport } from "./transport.js";

const MOST_PEOPLE = 1_000; // in a request
const MOST_CHANGES = 100;

export class Heed {
  #api;

  /**
   * @param {string} url
   * @param {string} key
   * @param {import("./index.d.ts").Options} [options]
   */
  constructor(url, key, options) {
    this.#api = new Transport(url, key, options ?? {});
  }

  /** @returns {Promise<import("./index.d.ts").Topics>} */
  async topics() {
    return readTopics(await this.#api.get("/v1/topics"));
  }

  /**
   * @param {string} topic
   * @param {import("./index.d.ts").People} people
   * @returns {Promise<import("./index.d.ts").CheckResult[]>}
   */
  async check(topic, people) {
    const results = [];
    for (const batch of batches(people)) {
      const answer = await this.#api.post("/v1/check", { topic, ...batch });
      results.push(...readCheck(answer, batch));
    }
    return results;
  }

  /**
   * @param {string} topic
   * @param {import("./index.d.ts").LinksRequest} request
   * @returns {Promise<import("./index.d.ts").LinksAnswer>}
   */
  async links(topic, { refs, campaign, lang, ...people }) {
    if (typeof refs === "string") throw new TypeError("give a list of refs");
    const all = refs && [...refs];
    /** @type {import("./index.d.ts").LinksAnswer} */
    const made = { links: [] };
    for (const batch of batches(people, all?.length)) {
      const own = all && { refs: all.slice(made.links.length, made.links.length + MOST_PEOPLE) };
      const answer = await this.#api.post("/v1/links", { topic, ...batch, ...own, campaign, lang });
      const { links, ...warning } = readLinks(answer, batch);
      made.links.push(...links);
      Object.assign(made, warning);
    }
    return made;
  }

  /**
   * @param {import("./index.d.ts").Subscription} subscription
   * @returns {Promise<void>}
   */
  async requestSubscription(subscription) {
    await this.#api.post("/v1/subscriptions", subscription);
  }

  /**
   * @param {Iterable<import("./index.d.ts").Change>} changes
   * @returns {Promise<import("./index.d.ts").ChangeResult[]>}
   */
  async record(changes) {
    const all = [...changes];
    // Recorded a second time, it must not be newer than an opt-out that came in between.
    if (all.some(({ state, occurred_at: time }) => state === "in" && !time)) {
      throw new TypeError("an opt-in has no occurred_at");
    }
    const results = [];
    for (let at = 0; at < all.length; at += MOST_CHANGES) {
      const batch = all.slice(at, at + MOST_CHANGES);
      const answer = await this.#api.post("/v1/changes", { changes: batch });
      results.push(...readChanges(answer, batch.length));
    }
    return results;
  }

  /**
   * @param {import("./index.d.ts").Person} person
   * @returns {Promise<Record<string, import("./index.d.ts").Decision>>}
   */
  async decisions(person) {
    return readDecisions(await this.#api.post("/v1/recipients/lookup", person));
  }

  /**
   * @param {import("./index.d.ts").SuppressionsQuery} [query]
   * @returns {AsyncGenerator<import("./index.d.ts").SuppressionsPage, void, undefined>}
   */
  async *suppressions({ since, limit = 1_000, ...query } = {}) {
    const start = since instanceof Date ? since.toISOString() : since;
    const filter = defined({ ...query, limit: String(limit), since: start });
    for (let end = false; !end;) {
      const page = readPage(await this.#api.get("/v1/suppressions", filter));
      if (!page.end && page.cursor === filter.cursor) throw new NotUnderstood("the feed does not go on");
      yield page;
      filter.cursor = page.cursor;
      end = page.end;
    }
  }
}

/**
 * @param {import("./index.d.ts").People} people
 * @param {number} [refs] the number of refs
 * @returns {import("./answers.js").Requested[]}
 */
function batches({ addresses, recipients }, refs) {
  const given = addresses ?? recipients;
  if ((addresses === undefined) === (recipients === undefined) || typeof given === "string" || !given) {
    throw new TypeError("give a list of addresses, or one of recipients");
  }
  const all = [...given];
  if (!all.every((each) => typeof each === "string"))
    throw new TypeError("an address or recipient is no text");
  if (refs !== undefined && refs !== all.length) throw new TypeError("there must be as many refs as people");
  return [...Array(Math.ceil(all.length / MOST_PEOPLE)).keys()].map((number) => {
    const batch = all.slice(number * MOST_PEOPLE, (number + 1) * MOST_PEOPLE);
    return addresses ? { addresses: batch } : { recipients: batch };
  });
}

/**
 * @param {Record<string, string | undefined>} query
 * @returns {Record<string, string>}
 */
function defined(query) {
  return Object.fromEntries(
    Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
