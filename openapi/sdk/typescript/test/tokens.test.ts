import assert from "node:assert/strict";
import { test } from "node:test";

import { Problem } from "@spe-gateway/client";
import { problem, staged, type Call, type Reply } from "./stage.js";

const CREDENTIALS = { clientId: "cli_1", clientSecret: "s&cret" };

function grant(number: number, seconds = 900): Reply {
  return { body: { access_token: `token-${number + 1}`, expires_in: seconds, scope: "" } };
}

const bearer = ({ headers }: Call) => headers.authorization;

test("a token is fetched once, and shared by calls at the same time", async (t) => {
  const stage = await staged(t, ({ path }, number) =>
    path === "/oauth/token" ? grant(number) : { body: {} },
  );
  const gateway = stage.client({ ...CREDENTIALS, token: undefined } as object);

  await Promise.all([gateway.me.get(), gateway.me.get(), gateway.me.get()]);

  assert.deepEqual(stage.asked.map(bearer), Array(3).fill("Bearer token-1"));
  const forms = stage.calls.filter(({ path }) => path === "/oauth/token");
  assert.equal(forms.length, 1);
  const form = new URLSearchParams(forms[0]!.body);
  assert.equal(form.get("grant_type"), "client_credentials");
  assert.equal(form.get("client_secret"), "s&cret");
});

test("a token is renewed before it ends", async (t) => {
  const stage = await staged(t, () => ({ body: {} }));
  let number = 0;
  const gateway = stage.client({
    token: () => ({ accessToken: `token-${(number += 1)}`, expiresIn: 100 }),
  });

  t.mock.method(Date, "now", () => 1_000_000);
  await gateway.me.get();
  t.mock.method(Date, "now", () => 1_000_000 + 79_000);
  await gateway.me.get();
  t.mock.method(Date, "now", () => 1_000_000 + 81_000);
  await gateway.me.get();

  assert.deepEqual(stage.asked.map(bearer), ["Bearer token-1", "Bearer token-1", "Bearer token-2"]);
});

test("a token that is refused is renewed once", async (t) => {
  const stage = await staged(t, ({ headers }) =>
    headers.authorization === "Bearer token-2" ? { body: {} } : problem(401, "UNAUTHENTICATED"),
  );
  let number = 0;

  await stage.client({ token: () => `token-${(number += 1)}` }).me.get();

  assert.deepEqual(stage.asked.map(bearer), ["Bearer token-1", "Bearer token-2"]);
});

test("a client that is refused with each token hears so, after the second", async (t) => {
  const stage = await staged(t, () => problem(401, "UNAUTHENTICATED"));
  let number = 0;

  const call = stage.client({ token: () => `token-${(number += 1)}` }).me.get();

  await assert.rejects(call, (error) => error instanceof Problem && error.status === 401);
  assert.equal(stage.asked.length, 2);
});

test("the words of the token endpoint are a problem, too, and hold no secret", async (t) => {
  const said = { error: "invalid_client", error_description: "The client is not known." };
  const stage = await staged(t, () => ({ status: 401, body: said }));
  const gateway = stage.client({ ...CREDENTIALS, token: undefined } as object);

  await assert.rejects(gateway.me.get(), (error) => {
    assert(error instanceof Problem);
    assert.equal(error.code, "INVALID_CLIENT");
    assert.equal(error.detail, "The client is not known.");
    assert(!JSON.stringify(error).includes("s&cret"));
    return true;
  });
});

test("what needs no token goes without one", async (t) => {
  const stage = await staged(t, () => ({ body: { status: "ok" } }));

  await stage.client({ token: () => assert.fail("There is no need for a token.") }).health.get();

  assert.equal(bearer(stage.calls[0]!), undefined);
});
