// The errors of the client. No message contains a key, an address or a secret. After any of them, do not send.

export class HeedError extends Error {
  get name() {
    return this.constructor.name;
  }
}

/** Heed answered with an error. After 429 and 503, the client has tried again before it throws this. */
export class Refused extends HeedError {
  /**
   * @param {number} status
   * @param {import("./index.d.ts").Problem} problem
   */
  constructor(status, { code = "", detail = "", faults = [], retryAfter = null }) {
    super(["Heed refuses the request:", status, code, ...faults.map(pointerOf)].filter(Boolean).join(" "));
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.faults = faults;
    this.retryAfter = retryAfter;
  }
}

/** Heed did not answer, or not in time. */
export class NoAnswer extends HeedError {}

/** The answer is not one that Heed gives to this request, so nothing follows from it. */
export class NotUnderstood extends HeedError {}

/** Heed did not send this webhook, or not now. */
export class InvalidWebhook extends HeedError {}

/** The file is no snapshot that may be used now. */
export class InvalidSnapshot extends HeedError {}

/** @param {import("./index.d.ts").Fault} fault */
function pointerOf({ pointer }) {
  return /^(\/[a-z_]+|\/\d+)+$/.test(pointer) ? pointer : ""; // the name of a field that the caller made up is not shown
}
