// The client of Heed. README.md shows its use, and index.d.ts has the types.
export { HeedError, InvalidSnapshot, InvalidWebhook, NoAnswer, NotUnderstood, Refused } from "./errors.js";
export { Heed } from "./heed.js";
export { Snapshot } from "./snapshot.js";
export { verifyWebhook } from "./webhook.js";
