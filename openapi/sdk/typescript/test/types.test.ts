import assert from "node:assert/strict";
import { test } from "node:test";

import type { Gateway, OperationState, Pages, Schemas } from "@spe-gateway/client";

/** Never called: the compiler reads it, and fails where an error that is expected is none. */
async function compiled(gateway: Gateway): Promise<void> {
  const word: OperationState["status"] = "wordOfNextYear";
  // An editor offers the words that are known; of a plain string, nothing is extracted.
  const known: Extract<OperationState["status"], "succeeded"> = "succeeded";
  // @ts-expect-error: words are words
  const number: OperationState["status"] = 1;

  const list: Pages<Schemas["Instance"], Schemas["InstanceList"]> = gateway.instances.list();
  const run: Schemas["StoreRun"] = await gateway.stores
    .verify({ instance: "ins_1", store: 1 })
    .wait();
  const store: Schemas["Store"] = await gateway.stores.get({ instance: "ins_1", store: 1 });
  const gone: void = await gateway.clients.delete({ client: "cli_1" });
  const rehearsed: Schemas["InstanceRehearsal"] = await gateway.instances.create(
    { instanceID: "acme", displayName: "Acme" },
    { validateOnly: true },
  );

  // @ts-expect-error: the number of the store is missing
  gateway.stores.verify({ instance: "ins_1" });
  // @ts-expect-error: the body is missing
  gateway.resellers.create();
  // @ts-expect-error: there is no such filter
  gateway.instances.list({ colour: "blue" });
  // @ts-expect-error: reads take no key
  gateway.instances.get({ instance: "ins_1" }, { idempotencyKey: "mine" });
  // @ts-expect-error: there is no such noun
  gateway.mailboxes;
  void [word, known, number, list, run, store, gone, rehearsed];
}

test("the compiler has read what is right and what is wrong", () => {
  assert.equal(typeof compiled, "function");
});
