/** The types of the client of Heed. Names of members are those of the API: openapi.yaml in Heed's repository. */

/** The routes of a sender. A key belongs on a server, never into a page or an app. */
export class Heed {
  /**
   * @param url of the deployment: HTTPS, or on this machine
   * @param key an API key with the scopes of the methods that you call
   */
  constructor(url: string, key: string, options?: Options);

  /** Returns all brands and topics, including retired ones. Scope `check`, `links` or `read`. */
  topics(): Promise<Topics>;

  /**
   * Asks whether a topic may be sent to these people now. Scope `check`.
   *
   * The results are in the order of the people. Only `sendable: true` permits a mail.
   */
  check(topic: string, people: People): Promise<CheckResult[]>;

  /** Makes the links and headers of a mail for each person, in their order. Scope `links`. */
  links(topic: string, request: LinksRequest): Promise<LinksAnswer>;

  /**
   * Requests a confirmation mail, for a form that posts to your server. Scope `write`.
   *
   * The choice counts only after the click in the mail. The answer does not say whether Heed knows the address.
   */
  requestSubscription(subscription: Subscription): Promise<void>;

  /**
   * Records choices of people for which you have proof, such as on the account page. Scope `write`.
   *
   * All are stored when it returns, unless an `outcome` is `refused`. If it throws, some may be stored: record all of them
   * again. Each request has up to 100 changes. An opt-in without `occurred_at` gets the time of this machine.
   */
  record(changes: Iterable<Change>): Promise<ChangeResult[]>;

  /**
   * Returns whether each topic may be sent to a person, and why, for the account page. Scope `read`.
   *
   * Heed enters it in the register of disclosures.
   */
  decisions(person: Person): Promise<Record<string, Decision>>;

  /**
   * Yields the pages of one pass of the feed of suppressions. Scope `read`.
   *
   * Keep the `cursor` of a page after you stored the page. Begin the next pass with the last cursor.
   */
  suppressions(query?: SuppressionsQuery): AsyncGenerator<SuppressionsPage, void, undefined>;
}

export interface Options {
  /** Instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** Milliseconds of one attempt: 35,000. */
  timeout?: number;
  /** Milliseconds of a request with all its attempts: 120,000. */
  patience?: number;
}

/**
 * Verifies a webhook, and returns its event.
 *
 * @param secrets the secret, with or without `whsec_`, or several while you change it
 * @param headers of the request
 * @param body of the request, as it arrived and before any parsing
 * @throws {InvalidWebhook} Heed did not send it, or not within five minutes of now. Then answer 401.
 * @throws {NotUnderstood} Heed sent it, and it is no event.
 */
export function verifyWebhook(
  secrets: string | Iterable<string>,
  headers: Headers | Record<string, string | string[] | undefined>,
  body: string | Uint8Array | ArrayBuffer,
): Promise<WebhookEvent>;

/** Who gets no mail, as of an instant. */
export class Snapshot {
  private constructor();

  /**
   * Opens a file, and verifies all of it.
   *
   * @param file its bytes
   * @param keys the JWKS of the deployment, or its HTTPS URL, `/.well-known/heed-keys.json`
   * @throws {InvalidSnapshot} it is damaged, not signed by one of the keys, expired, or older than `notBefore`
   */
  static open(file: Uint8Array, keys: Jwks | string, options?: SnapshotOptions): Promise<Snapshot>;

  /** Every change that was acknowledged before it is in the snapshot. */
  readonly asOf: Date;

  /**
   * Answers for one recipient id in base32 and one topic, as of `asOf` or of the last `follow`.
   *
   * `no`: the topic is stopped. `ask`: the snapshot does not know, so use `check`. `yes`: the topic may be sent.
   */
  maySend(recipient: string, topic: string): SnapshotAnswer;

  /**
   * Brings the snapshot forward by a pass of `suppressions` without a filter. It then answers `ask` about the people in
   * the pass.
   *
   * @param pages begun with `since: snapshot.asOf`, or with the last cursor of the pass before
   * @param startedAt the time before the first request of the pass
   */
  follow(pages: Iterable<SuppressionsPage> | AsyncIterable<SuppressionsPage>, startedAt: Date): Promise<void>;
}

export type SnapshotAnswer = "yes" | "ask" | "no";

export interface SnapshotOptions {
  /** Milliseconds from `asOf` after which `yes` becomes `ask`: one day. */
  maxAge?: number;
  /** Refuses an older file, which somebody may have put back. */
  notBefore?: Date;
}

export interface Jwks {
  keys: { kty: string; crv?: string; kid?: string; x?: string; y?: string }[];
}

/** The base of all errors of the client. After any of them, do not send. */
export class HeedError extends Error {}

/** Heed answered with an error. After 429 and 503, the client has tried again before. */
export class Refused extends HeedError {
  constructor(status: number, problem: Problem);
  readonly status: number;
  /** The name of the problem, such as `invalid-request`; "" if API Gateway answered. */
  readonly code: string;
  /** A text for people. Never decide by it. */
  readonly detail: string;
  readonly faults: Fault[];
  /** Seconds after which to try again, if Heed named them. */
  readonly retryAfter: number | null;
}

/** Heed did not answer, or not in time. */
export class NoAnswer extends HeedError {}

/** The answer is not one that Heed gives to this request, or the webhook is no event. Nothing follows from it. */
export class NotUnderstood extends HeedError {}

/** Heed did not send this webhook, or not now. */
export class InvalidWebhook extends HeedError {}

/** The file is no snapshot that may be used now. */
export class InvalidSnapshot extends HeedError {}

export interface Problem {
  code?: string;
  detail?: string;
  faults?: Fault[];
  retryAfter?: number | null;
}

export interface Fault {
  /** The field, as a JSON pointer. */
  pointer: string;
  detail: string;
}

/** E-mail addresses in any spelling, or recipient ids in base32 or as 32 hex digits; any number of either. */
export type People =
  | { addresses: Iterable<string>; recipients?: undefined }
  | { recipients: Iterable<string>; addresses?: undefined };

export type Person = { address: string; recipient?: undefined } | { recipient: string; address?: undefined };

export type Reason =
  | "minor"
  | "hold"
  | "undeliverable"
  | "complained"
  | "unsubscribed"
  | "topic_unsubscribed"
  | "paused"
  | "no_consent"
  | "ok";

export interface Decision {
  sendable: boolean;
  reason: Reason;
  /** RFC 3339, as all times. */
  since: string | null;
  source: string | null;
  until: string | null;
}

export interface CheckResult extends Omit<Decision, "reason"> {
  /** As it was sent; null if an id was sent. */
  address: string | null;
  /** Null if the address or id is not valid. */
  recipient: string | null;
  reason: Reason | "invalid" | "unreadable";
}

export type LinksRequest = People & {
  /** Your own id of each person, in the same order, "" for none. Never an address. */
  refs?: Iterable<string>;
  campaign?: string;
  /** One of the languages of the brand. */
  lang?: string;
};

export interface LinksAnswer {
  links: (Link | NoLink)[];
  /** Present if the deployment has no domain of its own. Then do not send these links. */
  warning?: string;
}

export interface Link {
  address: string | null;
  recipient: string;
  unsubscribe_url: string;
  preferences_url: string;
  /** Set them unchanged, each in one line, and sign them with DKIM. */
  headers: { "List-Unsubscribe": string; "List-Unsubscribe-Post": string; "List-Id": string };
  /** Message tags for SES. */
  tags: { "heed-recipient": string; "heed-ref"?: string };
  error?: undefined;
}

export interface NoLink {
  address: string | null;
  recipient: null;
  error: "invalid";
}

export interface Subscription {
  address: string;
  intent: "in" | "out";
  /** An opt-in needs one. An opt-out without topics is for everything. */
  topics?: string[];
  /** The language of the person. */
  lang?: string;
}

export type Change = Person & {
  /** `*`, a brand, or a topic that is not service mail. */
  scope: string;
  state: "out" | "in" | "paused";
  source: "phone" | "letter" | "mailbox" | "agent" | "api";
  /** The end of a pause. */
  until?: string;
  /** When the person chose it. */
  occurred_at?: string;
  /** Where to find the proof. An opt-in needs it. */
  reference?: string;
  agent?: string;
};

export interface ChangeResult {
  recipient: string;
  address?: string;
  record: "new" | "existing";
  outcome: "applied" | "superseded" | "refused";
  blocked_by: Reason[];
  sendable: Record<string, boolean>;
}

export interface Topics {
  brands: { number: number; name: string; title: string; domain: string; default: boolean }[];
  topics: {
    number: number;
    name: string;
    brand: string | null;
    kind: "marketing" | "service" | "signal";
    default: "in" | "out";
    retired: boolean;
    names: Record<string, string>;
  }[];
}

export interface SuppressionsQuery {
  /** Where the first pass begins. */
  since?: Date | string;
  /** The last cursor of the pass before. It contains the filter. */
  cursor?: string;
  reason?: Exclude<Reason, "no_consent" | "ok">;
  scope?: string;
  /** Suppressions of a page: 1,000. */
  limit?: number;
  purpose?: string;
}

export interface SuppressionsPage {
  suppressions: Suppression[];
  cursor: string;
  /** Whether the pass ends with this page. */
  end: boolean;
}

/** It replaces what you hold for the same recipient, reason and scope. */
export interface Suppression {
  recipient: string;
  reason: Exclude<Reason, "no_consent" | "ok"> | "unreadable";
  scope: string;
  since: string | null;
  source: string | null;
  until: string | null;
  except: string[];
  /** Only `lifted` ends it. */
  state: "standing" | "lifted";
}

/** News, not permission: before you send, ask `check`. Ignore the types of later versions. */
export type WebhookEvent = RecipientEvent | ImportEvent;

interface Event {
  /** The same at each delivery. */
  id: string;
  timestamp: string;
}

export interface RecipientEvent extends Event {
  type:
    | "recipient.opted_out"
    | "recipient.opted_in"
    | "recipient.paused"
    | "recipient.suppressed"
    | "recipient.lifted"
    | "recipient.purged";
  data: {
    id: string;
    recipient: string;
    scope: string;
    state: string;
    at: string;
    [member: string]: unknown;
  };
}

/** An import has counts, and names nobody. */
export interface ImportEvent extends Event {
  type: "import.done";
  data: { id: string; at: string; [member: string]: unknown };
}
