import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { verifyWebhook, WebhookRejected } from "@spe-gateway/client";

/** Signed by the gateway's own code: `WEBHOOK_VECTORS` names the file. */
interface Vector {
  readonly secrets: string[];
  readonly headers: Record<string, string>;
  readonly body: string;
}

const file = process.env["WEBHOOK_VECTORS"];
assert(file, "WEBHOOK_VECTORS names no file.");
const vectors = JSON.parse(readFileSync(file, "utf8")) as Vector[];
const [first] = vectors as [Vector];
const now = (vector: Vector) => Number(vector.headers["webhook-timestamp"]);

test("what the gateway signs is believed, with each of its secrets", async () => {
  assert(vectors.length > 2);
  for (const vector of vectors) {
    for (const secret of vector.secrets) {
      const event = await verifyWebhook(vector, secret, { now: now(vector) });
      assert.deepEqual(event, JSON.parse(vector.body));
    }
  }
});

test("bytes and the headers of fetch do as well, and one of two secrets", async () => {
  const delivery = {
    headers: new Headers(first.headers),
    body: new TextEncoder().encode(first.body),
  };
  const other = "whsec_" + Buffer.alloc(32).toString("base64");

  await verifyWebhook(delivery, [other, ...first.secrets], { now: now(first) });
});

for (const [what, change] of Object.entries({
  "another body": { body: first.body + " " },
  "another id": { headers: { ...first.headers, "webhook-id": "evt_2" } },
  "another time": { headers: { ...first.headers, "webhook-timestamp": String(now(first) + 1) } },
  "no signature": { headers: { ...first.headers, "webhook-signature": "" } },
  "a signature of another kind": { headers: { ...first.headers, "webhook-signature": "v1a,AAAA" } },
  "a signature that is no base64": { headers: { ...first.headers, "webhook-signature": "v1,!" } },
  "a time that is none": { headers: { ...first.headers, "webhook-timestamp": "soon" } },
})) {
  test(`${what} is not believed`, async () => {
    const delivery = { ...first, ...change };

    await assert.rejects(
      verifyWebhook(delivery, first.secrets, { now: now(first) }),
      WebhookRejected,
    );
  });
}

for (const [what, seconds] of [
  ["too old", 301],
  ["from the future", -301],
] as const) {
  test(`a delivery that is ${what} is not believed`, async () => {
    const late = verifyWebhook(first, first.secrets, { now: now(first) + seconds });

    await assert.rejects(late, WebhookRejected);
  });
}

test("another secret fits nothing", async () => {
  const other = "whsec_" + Buffer.alloc(32).toString("base64");

  await assert.rejects(verifyWebhook(first, other, { now: now(first) }), WebhookRejected);
});

test("a secret that is none is the caller's error", async () => {
  await assert.rejects(verifyWebhook(first, "", { now: now(first) }), TypeError);
});
