/** Webhooks: whether a delivery is from the gateway (Standard Webhooks 1.0.0). */

import { webcrypto } from "#crypto";
import type { components } from "./generated/contract.js";
import { GatewayError } from "./problem.js";

/** Something that has happened, as CloudEvents 1.0 has it. */
export type CloudEvent = components["schemas"]["CloudEvent"];

const PREFIX = "whsec_";
const VERSION = "v1,";
/** Seconds that the sender's clock and ours may differ; what is older may be a replay. */
const TOLERANCE = 300;

/** A delivery that is not from the gateway, was altered, or is too old. Answer it 400. */
export class WebhookRejected extends GatewayError {
  override name = "WebhookRejected";
}

/** A delivery as it came. */
export interface Delivery {
  /** Of `fetch`, or of `node:http`, with their names in lower case. */
  readonly headers: Headers | Readonly<Record<string, string | string[] | undefined>>;
  /** Exactly the bytes that came, before anybody parses them. */
  readonly body: Uint8Array | string;
}

/** How a delivery is checked. */
export interface WebhookOptions {
  /** Seconds that a delivery may be old, or from the future. */
  readonly tolerance?: number;
  /** The time in seconds since 1970, for tests. */
  readonly now?: number;
}

/**
 * Check a delivery, and return its event.
 *
 * An event comes at least once: take each `id` once.
 *
 * @param secret one that counts now (`whsec_…`), or two while one replaces the other
 * @throws {WebhookRejected} it is not to be believed
 */
export async function verifyWebhook(
  delivery: Delivery,
  secret: string | readonly string[],
  { tolerance = TOLERANCE, now = Date.now() / 1000 }: WebhookOptions = {},
): Promise<CloudEvent> {
  const [id, timestamp, signatures] = [
    header(delivery, "webhook-id"),
    header(delivery, "webhook-timestamp"),
    header(delivery, "webhook-signature"),
  ];
  if (!/^\d{1,15}$/.test(timestamp)) {
    throw new WebhookRejected("The timestamp is no Unix time.");
  }
  const body = typeof delivery.body === "string" ? encoded(delivery.body) : delivery.body;
  const signed = joined(encoded(`${id}.${timestamp}.`), body);
  if (!(await isSigned(signed, signatures, [secret].flat()))) {
    throw new WebhookRejected("No signature fits.");
  }
  if (Math.abs(now - Number(timestamp)) > tolerance) {
    throw new WebhookRejected("The delivery is too old, or from the future.");
  }
  return event(body);
}

function header({ headers }: Delivery, name: string): string {
  const found = headers instanceof Headers ? headers.get(name) : headers[name];
  if (typeof found !== "string" || found === "") {
    throw new WebhookRejected(`There is no header ${name}.`);
  }
  return found;
}

/** Every pair is compared, each by WebCrypto in constant time: how long it takes says nothing. */
async function isSigned(
  signed: Uint8Array<ArrayBuffer>,
  signatures: string,
  secrets: readonly string[],
): Promise<boolean> {
  const keys = await Promise.all(secrets.map(keyOf));
  const given = signatures.split(" ").filter((each) => each.startsWith(VERSION));
  const fits = given.flatMap((each) => {
    const bytes = base64(each.slice(VERSION.length));
    return bytes ? keys.map((key) => webcrypto.subtle.verify("HMAC", key, bytes, signed)) : [];
  });
  return (await Promise.all(fits)).includes(true);
}

function keyOf(secret: string): Promise<CryptoKey> {
  const bytes = base64(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret);
  if (!bytes?.length) {
    throw new TypeError("A secret is whsec_ and base64.");
  }
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return webcrypto.subtle.importKey("raw", bytes, algorithm, false, ["verify"]);
}

function base64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}

function event(body: Uint8Array): CloudEvent {
  try {
    return JSON.parse(new TextDecoder().decode(body)) as CloudEvent;
  } catch (cause) {
    throw new WebhookRejected("The body is no JSON.", { cause });
  }
}
